"""The contract that every peer keeps, but for the fit and the score of its own library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from robustgen.peers.vectors import as_vectors, make_scaler


class Peer(OutlierMixin, BaseEstimator, ABC):
    """A detector of another library with scikit-learn's sign, fed with scaled vectors.

    Parameters
    ----------
    detector : estimator
        The unfitted detector; it is cloned at `fit`, never fitted itself.
    scaling : {"standard", "robust"} or None
        How columns are scaled, by the training rows; None leaves them.
    random_state : int or None
        Given to the clone where its constructor takes one; None leaves its own.

    Attributes
    ----------
    detector_ : estimator
        The fitted clone.
    offset_ : float
        The score below which a row is called an outlier.
    """

    def __init__(
        self, detector: Any, *, scaling: str | None = "standard", random_state: int | None = None
    ) -> None:
        self.detector = detector
        self.scaling = scaling
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Peer:
        """Fit a clone of the detector to the rows; `y` is ignored.

        Parameters
        ----------
        X : (n, d), images (n, H, W) or (n, C, H, W), or CSR
            The training rows.
        y : object
            Ignored.

        Returns
        -------
        Peer
            The fitted peer itself.
        """
        rows = validate_data(self, as_vectors(X), ensure_min_samples=2)
        self.scaler_ = make_scaler(self.scaling)
        scaled = rows if self.scaler_ is None else self.scaler_.fit_transform(rows)
        detector = clone(self.detector)
        if self.random_state is not None and "random_state" in detector.get_params():
            detector.set_params(random_state=self.random_state)
        self.detector_ = detector.fit(scaled)
        self.offset_ = self._offset()
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score the rows: larger = more normal."""
        check_is_fitted(self, "detector_")
        rows = validate_data(self, as_vectors(X), reset=False)
        scaled = rows if self.scaler_ is None else self.scaler_.transform(rows)
        return np.asarray(self._score(scaled), dtype=np.float64)

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score the rows against the threshold: below 0 is an outlier."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Call each row an inlier (+1) or an outlier (-1)."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    @abstractmethod
    def _score(self, scaled: NDArray[np.float64]) -> NDArray:
        """Score scaled vectors with the fitted detector: larger = more normal."""

    @abstractmethod
    def _offset(self) -> float:
        """Return the fitted detector's own threshold, on the scale of `_score`."""
