"""Repeats are a flood while they are few and the norm when they are many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from robustgen.densities.repeats import without_flood

KINDS = np.random.default_rng(0).integers(0, 3, size=(60, 8)).astype(float)


def repeated(times: int) -> np.ndarray:
    return np.vstack([KINDS, np.repeat(KINDS[:1], times, axis=0)])


def test_the_copies_of_a_flood_count_once():
    X = repeated(30)
    kept = without_flood(X, 0.4)
    assert (kept == without_flood(KINDS, 0.4)).all()
    assert len(np.unique(X[kept], axis=0)) == len(kept)


def test_where_repeats_are_the_norm_every_row_counts():
    assert (without_flood(repeated(60), 0.4) == np.arange(120)).all()


def test_no_repeats_no_change():
    assert (without_flood(np.arange(50.0)[:, None], 0.4) == np.arange(50)).all()


@pytest.mark.parametrize(
    "form",
    [sparse.csr_matrix, np.asfortranarray, lambda X: X.reshape(-1, 2, 4), lambda X: X.astype(np.uint8)],
)
def test_the_form_of_the_rows_does_not_matter(form):
    X = repeated(30)
    assert (without_flood(form(X), 0.4) == without_flood(X, 0.4)).all()


def test_two_rows_at_least_are_kept():
    assert len(without_flood(np.ones((9, 3)), 1.0)) == 9
