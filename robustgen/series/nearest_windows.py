"""Windows reconstructed by the most similar ones of the training series."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors

from robustgen._storable import storable

N_AVERAGED = 5
N_CROWD = 50
"""A fault is in some thirty windows that overlap: more neighbours than that are not all its own."""
TRUSTED = 0.75
MOST_WINDOWS = 10_000
BLOCK_ROWS = 256


@storable
class NearestWindows(BaseEstimator):
    r"""Reconstruct a window as the mean of the five most similar training windows that can be trusted.

    .. math:: \hat x = \tfrac15 \sum_{i \in N_5(x)} x_i

    Trusted are three quarters of them: those whose mean distance to their 50 nearest others, over the lower
    quartile of what these have themselves, is lowest. A fault is farther from what is near it than that is
    from each other; where a series is steep all are equally far. Of more than 10,000 windows as
    many are taken, evenly.

    Parameters
    ----------
    exclusion : int
        How many windows before and behind a training window are no neighbours of it, as they overlap it;
        it is none itself. Without it a slow series is told from itself, a point later.

    Attributes
    ----------
    windows_ : ndarray, (m, D)
        The training windows.
    trusted_ : ndarray of bool, (m,)
        Which of them can be.

    References
    ----------
    Schmidl, Wenig and Papenbrock, "Anomaly Detection in Time Series: A Comprehensive Evaluation", PVLDB 15
    (2022), where distances of windows to their neighbours (Sub-KNN) are among the best. Yeh et al., "Matrix
    Profile I", ICDM 2016, section III, for the zone that is excluded. Breunig et al., "LOF: Identifying
    Density-Based Local Outliers", SIGMOD 2000, for distances over those of the neighbours.

    Examples
    --------
    >>> windows = np.arange(100.0)[:, None]
    >>> NearestWindows().fit(windows).reconstruct(np.array([[40.2]]))
    array([[40.]])
    """

    windows_: NDArray[np.float64]
    trusted_: NDArray[np.bool_]

    def __init__(self, *, exclusion: int = 0) -> None:
        self.exclusion = exclusion

    def fit(self, X: Any, y: Any = None) -> NearestWindows:
        """Keep the training windows (n, D) that can be trusted.

        Parameters
        ----------
        X : ndarray, (n, D)
            The windows, seven or more.
        y : None
            Ignored.

        Returns
        -------
        NearestWindows
            The detector itself.
        """
        step = -(-len(X) // MOST_WINDOWS)
        taken = np.ascontiguousarray(X[::step], dtype=np.float64)
        isolation = relative_distances(taken, min(N_CROWD, len(taken) - 1))
        self.windows_ = taken
        self.trusted_ = isolation <= np.quantile(isolation, TRUSTED)
        self._reach = self.exclusion // step
        return self

    def reconstruct(self, X: Any) -> NDArray[np.float64]:
        """Return the mean of the trusted windows that are nearest to each window (n, D).

        Parameters
        ----------
        X : ndarray, (n, D)
            The windows.

        Returns
        -------
        ndarray of float64, (n, D)
            The means.
        """
        rows = np.asarray(X, dtype=np.float64)
        starts = range(0, len(rows), BLOCK_ROWS)
        return np.concatenate([self._mean_of_nearest(rows[start : start + BLOCK_ROWS]) for start in starts])

    def _mean_of_nearest(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        distances = euclidean_distances(rows, self.windows_, squared=True)
        own = distances.argmin(1)
        learnt = (rows == self.windows_[own]).all(1)
        overlaps = np.abs(np.arange(len(self.windows_)) - own[:, None]) <= self._reach
        usable = self.trusted_ & ~(overlaps & learnt[:, None])
        distances[~usable] = np.inf
        near = np.argpartition(distances, min(N_AVERAGED, len(self.windows_)) - 1, axis=1)[:, :N_AVERAGED]
        weights = np.isfinite(np.take_along_axis(distances, near, 1))[..., None]
        return (self.windows_[near] * weights).sum(1) / weights.sum(1).clip(1)

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return minus the mean squared residual of windows (n, D).

        Parameters
        ----------
        X : ndarray, (n, D)
            The windows.

        Returns
        -------
        ndarray of float64, (n,)
            Larger = more normal.
        """
        return -((np.asarray(X) - self.reconstruct(X)) ** 2).mean(1)


def relative_distances(rows: NDArray[np.float64], n_neighbors: int) -> NDArray[np.float64]:
    """Return each row's mean distance to its nearest others, over the lower quartile of theirs.

    Parameters
    ----------
    rows : ndarray, (n, D)
        One or more.
    n_neighbors : int
        How many others, n - 1 at most.

    Returns
    -------
    ndarray of float64, (n,)
        About 1 for a row that is no farther from its neighbours than these are from theirs.

    Examples
    --------
    >>> relative_distances(np.array([[0.0], [1.0], [2.0], [3.0], [9.0]]), 2).round(1)
    array([1.5, 0.9, 0.9, 1.5, 5.8])
    """
    if n_neighbors == 0:  # of a single row
        return np.ones(len(rows))
    distances, neighbours = (
        NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(rows).kneighbors()
    )
    means = distances.mean(1)
    of_neighbours = np.quantile(means[neighbours], 0.25, axis=1)
    return means / np.maximum(of_neighbours, np.finfo(float).tiny)
