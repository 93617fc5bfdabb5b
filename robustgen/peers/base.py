"""The contract that every peer keeps, but for the fit and the score of its own library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from robustgen._checks import UsageError, check_choice
from robustgen._fitting import all_at_once
from robustgen._rows import is_text
from robustgen._seeds import base_seed
from robustgen._validation import expect_numbered_columns, unmasked
from robustgen.inference.audit import finite_scores
from robustgen.inference.ties import Tolerance
from robustgen.peers.randomness import isolated_randomness


def as_vectors(X: Any) -> NDArray[np.float64]:
    """Flatten images, densify a sparse matrix, and turn everything into floats (n, d).

    Raises
    ------
    UsageError
        If the numbers are complex, or there are dates, durations or text instead.

    Examples
    --------
    >>> as_vectors(np.zeros((5, 8, 8), dtype=np.uint8)).shape
    (5, 64)
    """
    dense = np.asarray(X.toarray() if issparse(X) else unmasked(X))
    if np.iscomplexobj(dense):
        raise UsageError("Complex data not supported: give the real and imaginary parts as columns")
    if dense.dtype.kind in "mMSUV":
        raise UsageError(f"got values of type {dense.dtype}, expected numbers: encode them first")
    rows = dense.astype(np.float64, copy=False)
    return rows.reshape(rows.shape[0], -1) if rows.ndim > 2 else rows


def make_scaler(scaling: str | None, rows: NDArray[np.float64]) -> Any:
    """Build scikit-learn's scaler of that name for rows (n, d), or None for no scaling.

    Raises
    ------
    UsageError
        If the name is not "auto", "standard", "robust" or None.
    """
    from sklearn.preprocessing import RobustScaler, StandardScaler

    check_choice("scaling", scaling, ("auto", "standard", "robust", None))
    if scaling is None or (scaling == "auto" and is_text(rows)):
        return None
    return RobustScaler() if scaling == "robust" else StandardScaler()


class Peer(OutlierMixin, BaseEstimator, ABC):
    """A detector of another library with scikit-learn's sign, fed with scaled vectors.

    Parameters
    ----------
    detector : estimator
        The unfitted detector; it is cloned at `fit`, never fitted itself.
    scaling : {"auto", "standard", "robust"} or None
        How columns are scaled, by the training rows; None leaves them, and "auto" leaves bags of words
        (:func:`robustgen._rows.is_text`) and standardises all else.
    random_state : int or None
        Given to the clone where its constructor takes one; None leaves its own. Whatever the
        detector draws from a global generator is seeded by it too, and the caller's generators
        are left as they were.

    Attributes
    ----------
    detector_ : estimator
        The fitted clone.
    offset_ : float
        The score below which a row is called an outlier.
    seed_ : int
        What the global generators are seeded by for the fit and for each scoring.
    """

    def __init__(
        self, detector: Any, *, scaling: str | None = "auto", random_state: int | None = None
    ) -> None:
        self.detector = detector
        self.scaling = scaling
        self.random_state = random_state

    @all_at_once
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
        rows = self._checked(X, fitting=True)
        self.scaler_ = make_scaler(self.scaling, rows)
        scaled = rows if self.scaler_ is None else self.scaler_.fit_transform(rows)
        self.seed_ = base_seed(self.random_state)
        with isolated_randomness(self.seed_):
            self.detector_ = self._fitted(self._suited_clone(scaled), scaled)
        self.offset_ = self._offset()
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score the rows: larger = more normal."""
        check_is_fitted(self, "detector_")
        rows = self._checked(X, fitting=False)
        scaled = rows if self.scaler_ is None else self.scaler_.transform(rows)
        with isolated_randomness(self.seed_):  # some draw when they score, too
            return finite_scores(np.asarray(self._score(scaled), dtype=np.float64))

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score the rows against the threshold: below 0 is an outlier, a difference by rounding is 0."""
        return Tolerance().margins(self.score_samples(X), self.offset_)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Call each row an inlier (+1) or an outlier (-1)."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _checked(self, X: Any, *, fitting: bool) -> NDArray[np.float64]:
        """Return rows (n, d), whose columns have the names of the training rows' in the same order."""
        expect_numbered_columns(self, X, fitting=fitting)
        vectors = as_vectors(X)  # refuses what scikit-learn takes, such as dates, whose number is of a unit
        named = X if hasattr(X, "columns") else vectors
        checked = validate_data(self, named, reset=fitting, ensure_min_samples=2 if fitting else 1)
        return as_vectors(checked)

    def _suited_clone(self, scaled: NDArray[np.float64]) -> Any:
        """Return a clone with the parameters that the rows and the seed decide.

        It is cloned once more with them, for constructors that already draw by ``random_state``.
        """
        changes = self._parameters_for(scaled)
        if self.random_state is not None and "random_state" in self.detector.get_params():
            changes["random_state"] = self.seed_
        return clone(clone(self.detector).set_params(**changes))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        return tags

    @abstractmethod
    def _parameters_for(self, scaled: NDArray[np.float64]) -> dict[str, Any]:
        """Return the detector's parameters that the training rows decide."""

    @abstractmethod
    def _fitted(self, detector: Any, scaled: NDArray[np.float64]) -> Any:
        """Return the detector, fitted to scaled vectors."""

    @abstractmethod
    def _score(self, scaled: NDArray[np.float64]) -> NDArray:
        """Score scaled vectors with the fitted detector: larger = more normal."""

    @abstractmethod
    def _offset(self) -> float:
        """Return the fitted detector's own threshold, on the scale of `_score`."""
