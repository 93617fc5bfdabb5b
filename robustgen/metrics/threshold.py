"""Metrics of decisions: rows flagged as outliers against the outliers that there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


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
