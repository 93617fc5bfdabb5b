"""The task "generation": samples of a detector, measured by a classifier of clean labels."""

from __future__ import annotations

import base64
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from robustgen._seeds import seed_from
from robustgen.bench.spec import Cell
from robustgen.data.splits import Split
from robustgen.metrics.generation import generation_report

HIDDEN = (128, 32)
"""Widths; the last is that of the features."""
EPOCHS = 30


class SampleClassifier:
    """A small classifier of clean rows, whose last hidden layer is the feature space.

    It never sees a detector or its training rows' corruption, so it is the same measure for all of them.

    Parameters
    ----------
    seed
        Of its start and shuffles.
    """

    def __init__(self, seed: int) -> None:
        self._classifier = MLPClassifier(
            HIDDEN, max_iter=EPOCHS, early_stopping=True, n_iter_no_change=EPOCHS, random_state=seed
        )
        self._scale = 1.0

    def fit(self, X: NDArray, labels: NDArray, inlier: NDArray[np.bool_]) -> SampleClassifier:
        """Learn the labels (n,) of clean rows (n, ...); ``inlier`` says which labels' rows are inliers."""
        self._scale = float(np.abs(X).max()) or 1.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # as many epochs are enough for it
            self._classifier.fit(self._flat(X), labels)
        self._inlier_labels = np.unique(labels[inlier])
        return self

    def accepts(self, X: NDArray) -> NDArray[np.bool_]:
        """Tell which rows (n,) are taken for an inlier label."""
        return np.isin(self._classifier.predict(self._flat(X)), self._inlier_labels)

    def features(self, X: NDArray) -> NDArray[np.float64]:
        """Return the last hidden layer (n, 32)."""
        hidden = self._flat(X)
        for weights, bias in zip(
            self._classifier.coefs_[:-1], self._classifier.intercepts_[:-1], strict=True
        ):
            hidden = np.maximum(hidden @ weights + bias, 0)
        return hidden

    def _flat(self, X: NDArray) -> NDArray[np.float64]:
        return np.asarray(X, dtype=np.float64).reshape(len(X), -1) / self._scale


N_SAMPLES = 1000
N_PICTURED = 40
LEAST_ROWS = 8
"""Held-out inliers that the nearest-neighbour measures need."""


def measures(made: NDArray, split: Split, labels: NDArray, cell: Cell) -> dict[str, float | None]:
    """Return the measures of samples.

    The held-out rows are dealt in two: one part trains the classifier, the inliers of the other
    are what samples are compared with. No detector ever sees either.

    Parameters
    ----------
    made
        Samples (n, ...).
    split
        The draw of the cell.
    labels
        The clean label of each test row.
    cell
        Whose draw, not whose detector, seeds the classifier.
    """
    seed = seed_from("judge", cell.dataset, cell.inlier_class, cell.repetition) % 2**32
    order = np.random.default_rng(seed).permutation(len(labels))
    X, outlier = split.X_test, split.outlier_test
    learns, compares = np.array_split(order, 2)
    compares = compares[~outlier[compares]]
    if len(compares) < LEAST_ROWS:
        raise ValueError(
            f"got {len(compares)} held-out inliers to compare samples with, expected {LEAST_ROWS} at least: "
            "take a larger data set"
        )
    classifier = SampleClassifier(seed).fit(X[learns], labels[learns], ~outlier[learns])
    real = classifier.features(X[compares])
    return generation_report(real, classifier.features(made), classifier.accepts(made))


def pictures(made: NDArray) -> dict[str, Any] | None:
    """Return the first samples as a record keeps them; None where they are no grey or coloured images.

    Examples
    --------
    >>> pictures(np.zeros((2, 1, 3)))
    {'shape': [2, 1, 3], 'pixels': 'AAAAAAAA'}
    """
    shown = np.asarray(made[:N_PICTURED], dtype=np.float64)
    if shown.ndim < 3:
        return None
    low, high = shown.min(), shown.max()
    pixels = (255 * (shown - low) / max(high - low, 1e-12)).round().astype(np.uint8)
    return {"shape": list(shown.shape), "pixels": base64.b64encode(pixels.tobytes()).decode()}
