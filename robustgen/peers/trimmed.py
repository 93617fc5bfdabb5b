"""The cheap way to be robust, which every robust method has to beat: fit, drop the worst rows, fit again."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin, clone
from sklearn.utils import Tags, _safe_indexing, get_tags, indexable
from sklearn.utils.validation import _num_samples, check_is_fitted

from robustgen._checks import UsageError
from robustgen._fitting import all_at_once
from robustgen._rounding import whole_below
from robustgen.inference.audit import contamination_offset
from robustgen.inference.scores import refuse_opposite_sign, scores_of, tolerance_of


class Trimmed(MetaEstimatorMixin, OutlierMixin, BaseEstimator):
    """A detector that is fitted again to the rows that it found most normal.

    With the share f and R rounds, S_0 being all n rows,

        S_{r+1} = all rows without the floor(f n) that score lowest under the fit to S_r,

    and the fit to S_R is the result: a row that was dropped may come back. Each round is a trimming
    step of FAST-MCD (Rousseeuw & Van Driessen, Technometrics 1999, section 2) for any detector. The
    threshold marks the share of all rows that the first fit marked, so that the detector's own
    ``contamination`` keeps its meaning.

    Parameters
    ----------
    detector : estimator
        An unfitted detector with ``decision_function``, below 0 for outliers; it is cloned for each fit.
        Scores are its ``score_samples`` where it has that.
    fraction : float in [0, 1)
        The share f of all training rows that a fit leaves out.
    rounds : int, at least 0
        How often rows are dropped, R; with 0 this is the detector itself.

    Attributes
    ----------
    detector_ : estimator
        The detector of the last fit.
    support_ : ndarray of bool, (n,)
        The training rows that it was fitted to.
    offset_ : float
        The score below which a row is called an outlier.

    Examples
    --------
    >>> from sklearn.ensemble import IsolationForest
    >>> X = np.append(np.random.default_rng(0).normal(size=(70, 2)), np.full((30, 2), 9.0), axis=0)
    >>> trimmed = Trimmed(IsolationForest(random_state=0), fraction=0.3, rounds=1).fit(X)
    >>> int(trimmed.support_.sum())
    70
    """

    def __init__(self, detector: Any, *, fraction: float = 0.3, rounds: int = 2) -> None:
        self.detector = detector
        self.fraction = fraction
        self.rounds = rounds

    @all_at_once
    def fit(self, X: Any, y: object = None) -> Trimmed:
        """Fit the detector, drop the worst rows and fit it to the rest, round after round.

        Parameters
        ----------
        X : what the detector takes
            The training rows.
        y : object
            Ignored.

        Returns
        -------
        Trimmed
            The fitted detector itself.

        Raises
        ------
        UsageError
            If a parameter is out of its range.
        """
        self._check_parameters()
        refuse_opposite_sign(self.detector)
        (rows,) = indexable(X)
        self.detector_ = clone(self.detector).fit(rows)
        refuse_opposite_sign(self.detector_)
        marked = np.mean(self.detector_.decision_function(rows) < 0)
        self.support_ = np.ones(_num_samples(rows), dtype=bool)
        for _ in range(self.rounds):
            self.support_ = self._most_normal(rows)
            kept = np.flatnonzero(self.support_)
            self.detector_ = clone(self.detector).fit(_safe_indexing(rows, kept))
        self.offset_ = contamination_offset(self._scores(rows), float(marked))
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Score the rows by the last fit.

        Parameters
        ----------
        X : what the detector takes
            Rows like the training rows.

        Returns
        -------
        ndarray of float64, (n,)
            Larger = more normal.
        """
        check_is_fitted(self, "offset_")
        return self._scores(X)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Score the rows against the threshold.

        Parameters
        ----------
        X : what the detector takes
            Rows like the training rows.

        Returns
        -------
        ndarray of float64, (n,)
            ``score_samples(X) - offset_``: below 0 is an outlier, a difference by rounding is 0.
        """
        scores = self.score_samples(X)
        return tolerance_of(self.detector_).margins(scores, self.offset_)

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Tell inliers from outliers.

        Parameters
        ----------
        X : what the detector takes
            Rows like the training rows.

        Returns
        -------
        ndarray of int, (n,)
            +1 for an inlier, -1 for an outlier.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    @property
    def n_features_in_(self) -> int:
        """The number of columns of the training rows."""
        return self._fitted_attribute("n_features_in_")

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """The names of the columns, where the training rows had some."""
        return self._fitted_attribute("feature_names_in_")

    def _fitted_attribute(self, name: str) -> Any:
        if "detector_" not in vars(self):
            raise AttributeError(f"'{name}' is known once the detector is fitted")
        return getattr(self.detector_, name)

    def _scores(self, rows: Any) -> NDArray[np.float64]:
        return scores_of(self.detector_, rows)

    def _most_normal(self, rows: Any) -> NDArray[np.bool_]:
        """Mark all rows but the share of lowest scores; of equal scores the first go."""
        order = np.argsort(self._scores(rows), kind="stable")
        marks = np.ones(order.size, dtype=bool)
        marks[order[: whole_below(self.fraction * order.size)]] = False
        return marks

    def _check_parameters(self) -> None:
        if not isinstance(self.fraction, numbers.Real) or not 0 <= self.fraction < 1:
            raise UsageError(f"fraction must be a number in [0, 1), got {self.fraction!r}")
        if not isinstance(self.rounds, numbers.Integral) or self.rounds < 0:
            raise UsageError(f"rounds must be an integer of at least 0, got {self.rounds!r}")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.detector).input_tags
        return tags
