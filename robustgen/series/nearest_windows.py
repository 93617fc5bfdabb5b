"""Windows reconstructed by the most similar ones of the training series."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.neighbors import NearestNeighbors

from robustgen._storable import storable
from robustgen.densities.neighbours import mean_distance_to_others

N_AVERAGED = 5
N_CROWD = 50
"""A fault is in some thirty windows that overlap: more neighbours than that are not all its own."""
TRUSTED = 0.75
MOST_WINDOWS = 10_000


@storable
class NearestWindows(OutlierMixin, BaseEstimator):
    r"""Reconstruct a window as the mean of the five most similar training windows that can be trusted.

    .. math:: \hat x = \tfrac15 \sum_{i \in N_5(x)} x_i

    Trusted are three quarters of them: those nearest to their 50 nearest others. A window is not its own
    neighbour. Of more than 10,000 windows as many are taken, evenly.

    Attributes
    ----------
    windows_ : ndarray, (m, D)
        The trusted windows.
    offset_ : float
        The score that a tenth of the training windows lie below.

    References
    ----------
    Schmidl, Wenig and Papenbrock, "Anomaly Detection in Time Series: A Comprehensive Evaluation", PVLDB 15
    (2022), where distances of windows to their neighbours (Sub-KNN) are among the best.

    Examples
    --------
    >>> windows = np.arange(100.0)[:, None]
    >>> NearestWindows().fit(windows).reconstruct(np.array([[40.2]]))
    array([[40.]])
    """

    windows_: NDArray[np.float64]
    offset_: float

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
        taken = torch.from_numpy(np.ascontiguousarray(X[::step], dtype=np.float64))
        everyone = torch.ones(len(taken), dtype=torch.bool)
        distances = mean_distance_to_others(taken, everyone, min(N_CROWD, len(taken) - 1))
        self.windows_ = taken[distances <= distances.quantile(TRUSTED)].numpy()
        self.offset_ = float(np.quantile(self.score_samples(X), 0.1))
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
        search = NearestNeighbors(n_neighbors=min(N_AVERAGED + 1, len(self.windows_)), algorithm="brute")
        near = self.windows_[search.fit(self.windows_).kneighbors(X, return_distance=False)]
        distances = ((np.asarray(X)[:, None] - near) ** 2).sum(2)
        left_out = np.where(distances.min(1) == 0, distances.argmin(1), distances.argmax(1))
        near[np.arange(len(near)), left_out] = 0
        return near.sum(1) / (near.shape[1] - 1)

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

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the scores above the threshold.

        Parameters
        ----------
        X : ndarray, (n, D)
            The windows.

        Returns
        -------
        ndarray of float64, (n,)
            Below 0 for a tenth of the training windows.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """Tell normal windows from outlying ones.

        Parameters
        ----------
        X : ndarray, (n, D)
            The windows.

        Returns
        -------
        ndarray of int, (n,)
            +1 or -1.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)
