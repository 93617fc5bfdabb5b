"""Points of a series by the training windows that are most similar to those around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.metrics.pairwise import euclidean_distances

from robustgen._storable import storable
from robustgen.inference.corruption import estimate_corruption
from robustgen.series.places import Places
from robustgen.series.windows import OverlapMean, window_blocks, window_starts, windows_of

N_AVERAGED, N_COMPARED = 5, 20
N_CROWD = 50
"""A fault of one kind is in many windows: more neighbours than that are not all of its kind."""
MOST_WINDOWS = 10_000
BLOCK_ROWS = 256
SHRINKAGE = 0.1
"""How much of the usual residual of a channel is added to that of a place, which few windows tell."""
ROUNDING = 1e-4
"""The square of the distance, in interquartile ranges, that is hardly one."""

Values = NDArray[np.float64]


@storable
class NearestWindows(BaseEstimator):
    r"""Compare a point with the most similar training windows, by how far these are from what is like them.

    .. math::
        \hat x = \tfrac15 \sum_{i \in N_5(x)} x_i, \qquad
        \rho_t = \frac{(x_t - \hat x_t)^2 + \tfrac1{10} \bar r}{u_t + \tfrac1{10} \bar r}, \qquad
        u_t = \tfrac1{20} \sum_{i \in N_{20}(x)} r_{i, t}

    with :math:`N_k(x)` the k most similar training windows that are trusted, :math:`r_{i, t}` the squared
    residual that window i had at the same place, and :math:`\bar r` the mean of all, to which a hundredth of
    the interquartile range, squared, is added. The square and u are means over the windows around a point.
    What is hard to tell, such as the moment of a jump, has a large residual wherever it occurs, and is no
    fault for that.

    A training window is compared with those that do not overlap it: a slow series would be told from
    itself, a point later. Not trusted are as many as may be faults, by the upper end of the interval of
    :func:`robustgen.inference.corruption.estimate_corruption`: those whose mean distance to their 50 nearest,
    over the lower quartile of what these have themselves, is highest. A fault is farther from what is near
    it than that is from each other; where a series is steep all are equally far. Of more than 10,000 windows
    as many are compared with, evenly.

    Parameters
    ----------
    window, stride : int
        W, and the points from one window to the next.

    Attributes
    ----------
    series_ : ndarray, (T, C)
        The training series, one after the other.
    starts_ : ndarray of int, (m,)
        Where the windows start in it.
    trusted_ : ndarray of bool, (m,)
        Which of them can be trusted.
    usual_ : ndarray, (T, C)
        The squared residual of each training point.

    References
    ----------
    Schmidl, Wenig and Papenbrock, "Anomaly Detection in Time Series: A Comprehensive Evaluation", PVLDB 15
    (2022), where distances of windows to their neighbours (Sub-KNN) are among the best. Yeh et al., "Matrix
    Profile I", ICDM 2016, section III, for the zone that is excluded. Breunig et al., "LOF: Identifying
    Density-Based Local Outliers", SIGMOD 2000, for distances over those of the neighbours. Papadopoulos,
    Gammerman and Vovk, "Normalized Nonconformity Measures for Regression Conformal Prediction", AIA 2008,
    for residuals over those of the neighbours.

    Examples
    --------
    >>> series = np.sin(np.arange(400.0) / 8)[:, None] + 0.1 * np.random.default_rng(0).normal(size=(400, 1))
    >>> model = NearestWindows(window=32, stride=2).fit([series])
    >>> series[200] += 3
    >>> int(model.residuals(series).argmax())
    200
    """

    series_: Values
    starts_: NDArray[np.intp]
    trusted_: NDArray[np.bool_]
    usual_: Values

    def __init__(self, window: int, stride: int) -> None:
        self.window = window
        self.stride = stride

    def fit(self, series: Sequence[Values], y: None = None) -> NearestWindows:
        """Learn the windows of series, each (T, C).

        Parameters
        ----------
        series : sequence of ndarray, each (T, C)
            In units that make channels comparable.
        y : None
            Ignored.

        Returns
        -------
        NearestWindows
            The model itself.
        """
        lengths = [len(part) for part in series]
        begins = np.cumsum([0, *lengths[:-1]])
        starts = [
            begin + window_starts(length, self.window, self.stride)
            for begin, length in zip(begins, lengths, strict=True)
        ]
        joined = np.concatenate(starts)
        self.series_ = np.concatenate(series)
        self.starts_ = joined[:: -(-len(joined) // MOST_WINDOWS)]
        self._places = Places.of(self.series_, self.window)
        self._learn()
        return self

    def _learn(self) -> None:
        windows = windows_of(self.series_, self.window, self.starts_)
        self.trusted_ = np.ones(len(windows), dtype=bool)
        isolation = self._isolation(windows)
        suspected = estimate_corruption(-isolation).interval[1]
        self.trusted_ = isolation <= np.quantile(isolation, 1 - suspected)
        near = self._nearest(windows, self.starts_, N_AVERAGED)[0]
        mean = OverlapMean(*self.series_.shape)
        mean.add(self.starts_, (windows - self._mean_of(self.series_, near)) ** 2)
        self.usual_ = mean.values()
        self._least = SHRINKAGE * self.usual_.mean(0) + ROUNDING

    def _isolation(self, windows: Values) -> Values:
        """Return the mean distance of each window to its nearest, over the lower quartile of theirs."""
        near, distances = self._nearest(windows, self.starts_, N_CROWD)
        known = near >= 0
        means = (distances * known).sum(1) / known.sum(1).clip(1)
        own = np.arange(len(near))[:, None]
        of_near = np.quantile(means[np.where(known, near, own)], 0.25, axis=1)
        least = np.sqrt(ROUNDING * max(1.0, float((windows**2).sum((1, 2)).mean())))
        return means / np.maximum(of_near, least)

    def residuals(self, series: Values) -> Values:
        """Return the squared residual of each point over what is usual there.

        Parameters
        ----------
        series : ndarray, (T, C)
            Windows of it that were learnt are recognised, wherever it is cut.

        Returns
        -------
        ndarray of float64, (T, C)
            About 1, and more where a point is not as in the similar windows.
        """
        squares, usual = (OverlapMean(*series.shape) for _ in range(2))
        for starts, windows in window_blocks(series, self.window, self.stride):
            near = self._nearest(windows, self._places(windows), N_COMPARED)[0]
            squares.add(starts, (windows - self._mean_of(self.series_, near[:, :N_AVERAGED])) ** 2)
            usual.add(starts, self._mean_of(self.usual_, near))
        return (squares.values() + self._least) / (usual.values() + self._least)

    def _nearest(
        self, windows: Values, places: NDArray[np.integer], n: int
    ) -> tuple[NDArray[np.intp], Values]:
        """Return which trusted windows are nearest to each, the nearest first, -1 for none, and how far.

        ``places`` (m,) says where each window (m, C, W) stands: those that overlap it do not count.
        """
        known = windows_of(self.series_, self.window, self.starts_).reshape(len(self.starts_), -1)
        n = min(n, len(known))
        indices, distances = np.empty((len(windows), n), dtype=np.intp), np.empty((len(windows), n))
        for first in range(0, len(windows), BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            rows = windows[block].reshape(-1, known.shape[1])
            far = euclidean_distances(rows, known, squared=True)
            overlaps = np.abs(self.starts_ - places[block, None]) < self.window
            far[overlaps | ~self.trusted_] = np.inf
            some = np.argpartition(far, n - 1, axis=1)[:, :n]
            order = np.argsort(np.take_along_axis(far, some, 1), axis=1)
            indices[block] = np.take_along_axis(some, order, 1)
            distances[block] = np.take_along_axis(far, indices[block], 1)
        missing = np.isinf(distances)
        return np.where(missing, -1, indices), np.where(missing, 0, np.sqrt(distances))

    def _mean_of(self, values: Values, near: NDArray[np.intp]) -> Values:
        """Return the mean (m, C, W) of values (T, C) in the windows near each, 0 where there are none."""
        known = sliding_window_view(values, self.window, axis=0)[self.starts_[near]]
        weights = (near >= 0)[:, :, None, None]
        return (known * weights).sum(1) / weights.sum(1).clip(1)
