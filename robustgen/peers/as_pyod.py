"""Our detectors where PyOD's are expected: the sign is flipped back."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyod.models.base import BaseDetector
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from robustgen._fitting import all_at_once


def as_pyod(detector: Any, contamination: Any = None) -> PyODDetector:
    """Return a detector of PyOD that scores as a detector of scikit-learn's kind does, sign flipped.

    Parameters
    ----------
    detector : Detector or other outlier detector
        Unfitted, with ``score_samples`` and ``offset_`` after its fit: one of ours, a pipeline of a
        scaler and one of ours, or one of scikit-learn's.
    contamination : float in (0, 0.5], thresholder or None
        The share of the training rows to label 1, or an object of PyThresh. ``None`` takes the
        detector's own threshold.

    Returns
    -------
    PyODDetector
        An unfitted ``pyod.models.base.BaseDetector``.

    Examples
    --------
    >>> import numpy as np
    >>> import robustgen
    >>> X = np.append(np.random.default_rng(0).normal(size=(60, 4)), np.full((1, 4), 9.0), axis=0)
    >>> detector = robustgen.as_pyod(robustgen.RSRAE(epochs=5, random_state=0), contamination=0.05).fit(X)
    >>> int(detector.decision_scores_.argmax()), int(detector.labels_[-1]), detector.predict_proba(X).shape
    (60, 1, (61, 2))
    """
    if contamination is None:
        own = getattr(detector, "contamination", None)
        contamination = float(own) if isinstance(own, Real) else OwnThreshold()
    return PyODDetector(detector, contamination)


class PyODDetector(BaseDetector):
    """PyOD's contract around a detector of scikit-learn's: larger = more outlying, labels 0 and 1.

    PyOD's combinations, ensembles and thresholders take it as one of PyOD's own.

    Parameters
    ----------
    detector : estimator
        An unfitted detector with ``score_samples``; it is cloned at ``fit``, never fitted itself.
    contamination : float in (0, 0.5] or thresholder
        The share of the training rows to label 1, an object of PyThresh, or an
        :class:`OwnThreshold`.

    Attributes
    ----------
    detector_ : estimator
        The fitted clone.
    decision_scores_ : ndarray of float, (n,)
        The training rows' scores, ``-detector_.score_samples``.
    threshold_ : float
        What is above it is labelled 1.
    labels_ : ndarray of int, (n,)
        The training rows' labels.
    """

    def __init__(self, detector: Any, contamination: Any = 0.1) -> None:
        super().__init__(contamination=contamination)
        self.detector = detector

    @all_at_once
    def fit(self, X: ArrayLike, y: Any = None) -> PyODDetector:
        """Fit a clone of the detector.

        Parameters
        ----------
        X : array or DataFrame
            The training rows, as the detector takes them.
        y : None
            Ignored; PyOD warns where it is given.

        Returns
        -------
        PyODDetector
            The fitted detector itself.
        """
        self._set_n_classes(y)
        self.detector_ = clone(self.detector).fit(X)
        self.decision_scores_ = self.decision_function(X)
        if isinstance(self.contamination, OwnThreshold):
            self.contamination.thresh_ = -float(self.detector_.offset_)
        self._process_decision_scores()
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Score the rows: larger = more outlying.

        Parameters
        ----------
        X : array or DataFrame
            Rows shaped like the training rows.

        Returns
        -------
        ndarray of float64, (n,)
            ``-detector_.score_samples(X)``.
        """
        check_is_fitted(self, "detector_")
        return -np.asarray(self.detector_.score_samples(X), dtype=np.float64)


class OwnThreshold(BaseEstimator):
    """A thresholder, in PyOD's sense, that stands at the detector's own ``offset_``.

    Attributes
    ----------
    thresh_ : float
        Scores above it are labelled 1; the detector sets it before it is asked.
    labels_ : ndarray of int, (n,)
        The training rows' labels.
    """

    def fit(self, scores: NDArray[np.float64]) -> OwnThreshold:
        """Label the training rows.

        Parameters
        ----------
        scores : ndarray of float, (n,)
            Larger = more outlying.

        Returns
        -------
        OwnThreshold
            The thresholder itself.
        """
        self.labels_ = self.predict(scores)
        return self

    def predict(self, scores: NDArray[np.float64]) -> NDArray[np.int64]:
        """Label rows by their scores.

        Parameters
        ----------
        scores : ndarray of float, (n,)
            Larger = more outlying.

        Returns
        -------
        ndarray of int, (n,)
            1 above the threshold, else 0.
        """
        return (np.asarray(scores) > self.thresh_).astype(int)
