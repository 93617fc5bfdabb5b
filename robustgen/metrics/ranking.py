"""Metrics of a ranking: they see the order of the scores alone, rows of one score as tied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


def precision(outlier: ArrayLike, flagged: ArrayLike) -> float:
    """Share of the flagged rows that are outliers; 0 where nothing is flagged.

    Parameters
    ----------
    outlier : bool (n,)
        The truth.
    flagged : bool (n,)
        The rows that a detector called outliers.

    Returns
    -------
    float in [0, 1]
        1 where only outliers are flagged.

    Examples
    --------
    >>> precision([1, 1, 0, 0], [1, 0, 1, 0])
    0.5
    """
    return _share(_hits(outlier, flagged), _count(flagged))


def recall(outlier: ArrayLike, flagged: ArrayLike) -> float:
    """Share of the outliers that are flagged; 0 where there are none.

    Parameters
    ----------
    outlier : bool (n,)
        The truth.
    flagged : bool (n,)
        The rows that a detector called outliers.

    Returns
    -------
    float in [0, 1]
        1 where every outlier is flagged.

    Examples
    --------
    >>> recall([1, 1, 1, 1, 0], [1, 0, 0, 0, 1])
    0.25
    """
    return _share(_hits(outlier, flagged), _count(outlier))


def f1(outlier: ArrayLike, flagged: ArrayLike) -> float:
    """Harmonic mean of precision and recall; 0 where both are.

    Parameters
    ----------
    outlier : bool (n,)
        The truth.
    flagged : bool (n,)
        The rows that a detector called outliers.

    Returns
    -------
    float in [0, 1]
        1 where the flagged rows are exactly the outliers.

    Examples
    --------
    >>> f1([1, 1, 0, 0], [1, 0, 0, 0])
    0.6666666666666666
    """
    return _share(2 * _hits(outlier, flagged), _count(outlier) + _count(flagged))


def _hits(outlier: ArrayLike, flagged: ArrayLike) -> int:
    truth, called = np.asarray(outlier).astype(bool), np.asarray(flagged).astype(bool)
    if truth.shape != called.shape:
        raise ValueError(f"expected one decision a row, got {called.shape} decisions for {truth.shape} rows")
    return int(np.count_nonzero(truth & called))


def _count(mask: ArrayLike) -> int:
    return int(np.count_nonzero(mask))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def auroc(outlier: ArrayLike, outlierness: ArrayLike) -> float:
    """Area under the ROC curve: P(outlier scores above inlier) + P(they tie) / 2.

    Parameters
    ----------
    outlier : bool (n,)
        The truth; both kinds must occur.
    outlierness : float (n,)
        Larger = more outlying; finite.

    Returns
    -------
    float in [0, 1]
        1 for a perfect ranking; 0.5 is expected of a random one.

    Raises
    ------
    ValueError
        If lengths differ, a score is not finite, or one kind is missing.

    Examples
    --------
    >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9])
    0.75
    """
    steps = _steps(outlier, outlierness)
    # Twice the area in whole pairs: counting them keeps a perfect ranking at exactly 1.
    widths = np.diff(steps.false_alarms, prepend=0)
    heights = steps.hits + np.concatenate([[0], steps.hits[:-1]])
    return float(np.dot(widths, heights) / (2 * steps.n_inliers * steps.n_outliers))


def average_precision(outlier: ArrayLike, outlierness: ArrayLike) -> float:
    """Area under the precision-recall steps: sum of precision times the gain in recall.

    It depends on the share of outliers: a random ranking has that share as its expectation.

    Parameters
    ----------
    outlier : bool (n,)
        The truth; both kinds must occur.
    outlierness : float (n,)
        Larger = more outlying; finite.

    Returns
    -------
    float in [0, 1]
        1 for a perfect ranking.

    Raises
    ------
    ValueError
        If lengths differ, a score is not finite, or one kind is missing.

    Examples
    --------
    >>> average_precision([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.5])
    0.8333333333333333
    """
    steps = _steps(outlier, outlierness)
    gains = np.diff(steps.hits, prepend=0) / steps.n_outliers
    return float(np.sum(gains * steps.precision))


def precision_at_n(outlier: ArrayLike, outlierness: ArrayLike) -> float:
    """Precision among the n highest scores, n being the number of outliers.

    Where a tie straddles place n, its rows count as shuffled at random: the expectation.

    Parameters
    ----------
    outlier : bool (n,)
        The truth; both kinds must occur.
    outlierness : float (n,)
        Larger = more outlying; finite.

    Returns
    -------
    float in [0, 1]
        1 for a perfect ranking; the share of outliers is expected of a random one.

    Raises
    ------
    ValueError
        If lengths differ, a score is not finite, or one kind is missing.

    Examples
    --------
    >>> precision_at_n([1, 0, 1, 0], [0.9, 0.8, 0.1, 0.2])
    0.5
    """
    steps = _steps(outlier, outlierness)
    flagged = np.concatenate([[0], steps.hits + steps.false_alarms])
    hits = np.concatenate([[0], steps.hits])
    return float(np.interp(steps.n_outliers, flagged, hits) / steps.n_outliers)


def recall_at_false_alarms(outlier: ArrayLike, outlierness: ArrayLike, rate: float) -> float:
    """Largest share of outliers found while at most `rate` of the inliers are flagged.

    Parameters
    ----------
    outlier : bool (n,)
        The truth; both kinds must occur.
    outlierness : float (n,)
        Larger = more outlying; finite.
    rate : float in [0, 1]
        The share of inliers that may be flagged.

    Returns
    -------
    float in [0, 1]
        0 where no threshold that finds an outlier keeps the rate.

    Raises
    ------
    ValueError
        If lengths differ, a score is not finite, one kind is missing, or the rate is outside [0, 1].

    Examples
    --------
    >>> recall_at_false_alarms([1, 1, 0, 0], [0.9, 0.2, 0.5, 0.1], rate=0.0)
    0.5
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"the rate of false alarms must be in [0, 1], got {rate}")
    steps = _steps(outlier, outlierness)
    allowed = steps.false_alarms <= rate * steps.n_inliers + 1e-9  # 0.29 * 100 is a little below 29
    return float(np.max(steps.hits[allowed], initial=0) / steps.n_outliers)


def precision_recall_curve(
    outlier: ArrayLike, outlierness: ArrayLike, points: int = 101
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Precision at evenly spaced recalls: that of the highest threshold which finds so many.

    Parameters
    ----------
    outlier : bool (n,)
        The truth; both kinds must occur.
    outlierness : float (n,)
        Larger = more outlying; finite.
    points : int
        The number of recalls, from 0 to 1.

    Returns
    -------
    recall : float (points,)
        Evenly spaced from 0 to 1.
    precision : float (points,)
        In [0, 1], at each recall.

    Raises
    ------
    ValueError
        If lengths differ, a score is not finite, or one kind is missing.

    Examples
    --------
    >>> precision_recall_curve([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.5], points=3)
    (array([0. , 0.5, 1. ]), array([1.        , 1.        , 0.66666667]))
    """
    steps = _steps(outlier, outlierness)
    grid = np.linspace(0, 1, points)
    # In whole rows, so that recall 0.5 of 2 outliers is 1 row and no rounding error asks for a second.
    rows = np.maximum(np.ceil(grid * steps.n_outliers - 1e-9), 1)
    return grid, steps.precision[np.searchsorted(steps.hits, rows)]


@dataclass(frozen=True)
class _Steps:
    """Hits and false alarms at each threshold, from the highest score down; a tie is one step."""

    hits: NDArray[np.int64]
    false_alarms: NDArray[np.int64]

    @property
    def n_outliers(self) -> int:
        return int(self.hits[-1])

    @property
    def n_inliers(self) -> int:
        return int(self.false_alarms[-1])

    @property
    def precision(self) -> NDArray[np.float64]:
        return self.hits / (self.hits + self.false_alarms)


def _steps(outlier: ArrayLike, outlierness: ArrayLike) -> _Steps:
    truth, score = _checked(outlier, outlierness)
    order = np.argsort(-score, kind="stable")
    truth, score = truth[order], score[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(score)), score.size - 1)
    hits = np.cumsum(truth, dtype=np.int64)[last_of_tie]
    return _Steps(hits, last_of_tie + 1 - hits)


def _checked(outlier: ArrayLike, outlierness: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    truth = np.asarray(outlier).astype(bool)
    score = np.asarray(outlierness, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != score.shape:
        raise ValueError(f"expected one score a row, got {score.shape} scores for {truth.shape} rows")
    if not np.isfinite(score).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(score))} of {score.size} scores are not finite")
    if truth.all() or not truth.any():
        raise ValueError("a ranking is measured on inliers and outliers; one kind is missing")
    return truth, score
