"""Who judges samples: a classifier trained on clean labels, and its features."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

HIDDEN = (128, 32)
"""Widths; the last is that of the features."""
EPOCHS = 30


class Judge:
    """A small classifier of clean rows, whose last hidden layer is the feature space.

    It never sees a detector or its training rows' corruption, so it judges all of them alike.

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

    def fit(self, X: NDArray, labels: NDArray, inlier: NDArray[np.bool_]) -> Judge:
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
