"""The share of outliers, estimated from what models say of training rows that they have not seen."""

from __future__ import annotations

import numpy as np

from benchmarks.choosing.cells import Mask
from benchmarks.choosing.kept import Kept
from benchmarks.choosing.members import Errors
from benchmarks.choosing.rules import DEFAULT, Design
from robustgen.inference.corruption import Bulk

PRIOR = 0.1
BY_FAR, CLEARLY, AT_ALL = 5.0, 3.0, 2.0
"""Spreads above the centre of the bulk."""


def held_out(kept: Kept, design: Design = DEFAULT) -> list[Errors]:
    """Return the errors of training rows by the models of the score, of their own rows by half of them."""
    core, trusted, extended, _ = design.selections(kept)
    pairs = [kept.core(rows, "gauss_out", "knn5") for rows in (core, extended)]
    errors = [pair[name][0] for pair in pairs for name in ("gauss_out", "knn5")]
    return [*errors, kept.core(trusted, "forest")["forest"][0], kept.train("ae_rob")]


def estimated_share(errors: list[Errors]) -> tuple[float, float, float]:
    """Return the share, and the ends of its interval.

    The interval runs from the rows that all models set apart by far to those that any sets apart at all. The
    share is the prior, moved as little as the rows require that all set apart clearly, or none at all.
    """
    lower = _apart(errors, BY_FAR).all(0).mean()
    upper = min(_apart(errors, AT_ALL).any(0).mean(), 0.5)
    share = np.clip(PRIOR, min(_apart(errors, CLEARLY).all(0).mean(), upper), upper)
    return float(share), float(lower), float(upper)


def _apart(errors: list[Errors], cut: float) -> Mask:
    """Mark what each model leaves out of its bulk (M, n)."""
    limits = [np.sort(e)[Bulk.of(np.sort(e), cut).n_rows - 1] for e in errors]
    return np.array([e > limit for e, limit in zip(errors, limits, strict=True)])
