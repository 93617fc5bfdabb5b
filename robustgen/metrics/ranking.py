"""Metrics of a ranking: they see the order of the scores alone, rows of one score as tied.

The steps are scikit-learn's. Its areas under them differ in the last bit from those that the records of
earlier versions hold, so that those are added up here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import roc_curve

from robustgen._checks import UsageError

_NEAR = 1e-9
"""What a product of floats may miss a whole number by: 0.29 * 100 is a little below 29."""


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
    hits, false_alarms = steps(outlier, outlierness)
    # Twice the area in whole pairs: counting them keeps a perfect ranking at exactly 1.
    return float(np.diff(false_alarms) @ (hits[1:] + hits[:-1]) / (2 * hits[-1] * false_alarms[-1]))


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
    hits, false_alarms = steps(outlier, outlierness)
    gains = np.diff(hits) / hits[-1]
    return float(np.sum(gains * (hits[1:] / (hits[1:] + false_alarms[1:]))))


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
    hits, false_alarms = steps(outlier, outlierness)
    return float(np.interp(hits[-1], hits + false_alarms, hits) / hits[-1])


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
        raise ValueError(f"got a rate of false alarms of {rate}, expected one in [0, 1]")
    hits, false_alarms = steps(outlier, outlierness)
    return float(hits[false_alarms <= rate * false_alarms[-1] + _NEAR].max() / hits[-1])


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
    hits, false_alarms = steps(outlier, outlierness)
    grid = np.linspace(0, 1, points)
    rows = np.maximum(np.ceil(grid * hits[-1] - _NEAR), 1)  # recall 0.5 of 2 outliers is 1 row
    found = np.searchsorted(hits, rows)
    return grid, hits[found] / (hits[found] + false_alarms[found])


def marks(outlier: ArrayLike) -> NDArray[np.bool_]:
    """Return labels as booleans: 0 and 1 are, -1 and +1 and NaN would all be True."""
    values = np.asarray(outlier)
    if values.dtype.kind not in "biuf" or not np.isin(values, (0, 1)).all():
        raise UsageError(
            f"got labels {np.unique(values)[:5].tolist()}, expected 1 or True for an outlier and 0 or False "
            "for an inlier: pass y == -1 where -1 marks outliers"
        )
    return values.astype(bool)


def steps(outlier: ArrayLike, outlierness: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count hits and false alarms at each threshold, none first; a tie is one step."""
    truth = marks(outlier)
    if truth.all() or not truth.any():
        raise ValueError("got rows of one kind, expected inliers and outliers: a ranking is of both")
    false_rate, recall, _ = roc_curve(truth, outlierness, drop_intermediate=False)
    n_outliers = np.count_nonzero(truth)
    return np.rint(recall * n_outliers), np.rint(false_rate * (truth.size - n_outliers))
