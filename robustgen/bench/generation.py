"""The task "generation": samples of a detector, judged by a classifier of clean labels."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._random import seed_from
from robustgen.bench.judge import Judge
from robustgen.bench.spec import Cell
from robustgen.data.splits import Split
from robustgen.metrics.generation import generation_report

N_SAMPLES = 1000
N_PICTURED = 40
LEAST_ROWS = 8
"""Held-out inliers that the nearest-neighbour measures need."""


def judged(made: NDArray, split: Split, labels: NDArray, cell: Cell) -> dict[str, float | None]:
    """Return the measures of samples.

    The held-out rows are dealt in two: one part trains the judge, the inliers of the other are
    what samples are compared with. No detector ever sees either.

    Parameters
    ----------
    made
        Samples (n, ...).
    split
        The draw of the cell.
    labels
        The clean label of each test row.
    cell
        Whose draw, not whose detector, seeds the judge.
    """
    seed = seed_from("judge", cell.dataset, cell.inlier_class, cell.repetition) % 2**32
    order = np.random.default_rng(seed).permutation(len(labels))
    learns, compares = np.array_split(order, 2)
    compares = compares[~split.outlier_test[compares]]
    if len(compares) < LEAST_ROWS:
        raise ValueError(
            f"{len(compares)} held-out inliers are too few to judge samples by, of {LEAST_ROWS} at least"
        )
    judge = Judge(seed).fit(split.X_test[learns], labels[learns], ~split.outlier_test[learns])
    real = judge.features(split.X_test[compares])
    return generation_report(real, judge.features(made), judge.accepts(made))


def pictured(made: NDArray) -> dict[str, Any] | None:
    """Return the first samples as a record keeps them; None where they are no grey or coloured images.

    Examples
    --------
    >>> pictured(np.zeros((2, 1, 3)))
    {'shape': [2, 1, 3], 'pixels': 'AAAAAAAA'}
    """
    shown = np.asarray(made[:N_PICTURED], dtype=np.float64)
    if shown.ndim < 3:
        return None
    low, high = shown.min(), shown.max()
    pixels = (255 * (shown - low) / max(high - low, 1e-12)).round().astype(np.uint8)
    return {"shape": list(shown.shape), "pixels": base64.b64encode(pixels.tobytes()).decode()}
