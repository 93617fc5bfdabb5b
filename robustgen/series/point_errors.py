"""From the residuals of a series to one error a point: as they are, or smoothed, whichever stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from robustgen._storable import storable
from robustgen.inference.corruption import Bulk

UNUSUAL = 2.0
NOISE, NO_SPREAD = 1e-12, 1e-200
"""What is rounding, of the median; what is divided by less may overflow."""


def smoothed(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the mean of the values (T, C) over so many points around each, fewer at the ends.

    Examples
    --------
    >>> smoothed(np.array([[0.0], [3.0], [6.0]]), 3)[:, 0].round(6)
    array([1.5, 3. , 4.5])
    """
    ones = np.ones(width)  # a running sum would carry the rounding of a far point to all that follow
    counts = convolve1d(np.ones(len(values)), ones, mode="constant")
    return convolve1d(values, ones, axis=0, mode="constant") / counts[:, None]


@storable
@dataclass(frozen=True)
class PointErrors:
    r"""The error of a point, of its residuals as they are and smoothed.

    .. math::
        e_t = \max\Big( u_{t, 1}, \sum_{w > 1} u_{t, w} \Big), \qquad
        u_{t, w} = \frac{\bar r_{t, w} - m_w}{s_w}

    with :math:`\bar r_{t, w}` the mean over the channels and over w points around t, :math:`m_w` its median
    over the training points and :math:`s_w` the distance from there to the third quartile: a spike shows in
    what is not smoothed, a fault that lasts in what is.

    Attributes
    ----------
    widths : tuple of int
        In points, 1 first.
    medians, spreads : ndarray, (W,)
        m and s > 0.
    """

    widths: tuple[int, ...]
    medians: NDArray[np.float64]
    spreads: NDArray[np.float64]

    def __call__(self, residuals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the errors (T,) of a series by its residuals (T, C)."""
        return self._by_kind(residuals).mean(2).max(0)

    def parts(self, residuals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the part (T, C) of each channel in the error; a point's parts add up to it."""
        kinds = self._by_kind(residuals)
        chosen = kinds.mean(2).argmax(0)
        places = np.arange(len(residuals))
        sizes = np.abs(_kinds(np.stack(self._means(residuals)) / self.spreads[:, None, None])[chosen, places])
        total = sizes.sum(1, keepdims=True)
        shares = np.where(total > 0, sizes / np.where(total > 0, total, 1), 1 / sizes.shape[1])
        return shares * kinds[chosen, places].mean(1)[:, None]

    def _means(self, residuals: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return [smoothed(residuals, width) for width in self.widths]

    def _by_kind(self, residuals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the errors of points that are struck and of points where a fault lasts, (2, T, C)."""
        distances = np.stack(self._means(residuals)) - self.medians[:, None, None]
        return _kinds(distances / self.spreads[:, None, None])


def standardised_roots(
    residuals: Sequence[NDArray[np.float64]], widths: tuple[int, ...]
) -> NDArray[np.float64]:
    r"""Return errors of the training points whose distribution is near a normal one where none is faulty.

    .. math:: \max_w \frac{\bar r_{t, w}^{1/3} - m_w}{s_w}

    with centre and spread of the bulk (:class:`robustgen.inference.corruption.Bulk`). The cube root of a mean
    of squares is nearly normal, however many there are; of the squares themselves, a long tail is no fault.

    Parameters
    ----------
    residuals : sequence of ndarray, each (T, C)
        Squared, of each training series.
    widths : tuple of int
        In points.

    Returns
    -------
    ndarray, (n,)
        Of all points, one series after the other.

    References
    ----------
    Wilson and Hilferty, "The Distribution of Chi-Square", PNAS 17 (1931).

    Examples
    --------
    >>> from robustgen.inference.corruption import estimate_corruption
    >>> squares = np.random.default_rng(0).normal(size=(5000, 1)) ** 2
    >>> errors = standardised_roots([squares], (1,))
    >>> estimate_corruption(-squares[:, 0]).share > 0.1, estimate_corruption(-errors).share < 0.02
    (True, True)
    """
    roots = [
        np.concatenate([np.cbrt(smoothed(part, width).mean(1)) for part in residuals]) for width in widths
    ]
    return np.max([Bulk.of(np.sort(each)).standardised(each) for each in roots], axis=0)


def unusual(residuals: Sequence[NDArray[np.float64]], widths: tuple[int, ...]) -> int:
    """Count the training points whose mean squared residual, over any width, is twice the median or more.

    Of an exact series, rounding and the steps between windows are all that residuals are made of: they
    spread so little that a few hundredths more stand out, and are no fault.

    Examples
    --------
    >>> unusual([np.array([[1.0], [1.0], [1.1], [2.5]])], (1,))
    1
    """
    means = _means(residuals, widths)
    return int((means > UNUSUAL * np.median(means, axis=1, keepdims=True)).any(0).sum())


def _means(residuals: Sequence[NDArray[np.float64]], widths: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the mean residual of each point over each width, (W, n), of series one after the other."""
    return np.stack(
        [np.concatenate([smoothed(part, width).mean(1) for part in residuals]) for width in widths]
    )


def _kinds(by_width: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is not smoothed and, where anything is, the sum of what is: (W, ...) to (2, ...)."""
    return by_width if len(by_width) == 1 else np.stack([by_width[0], by_width[1:].sum(0)])


def fit_point_errors(residuals: Sequence[NDArray[np.float64]], widths: tuple[int, ...]) -> PointErrors:
    """Learn the unit of each width from the residuals (T, C) of the training series.

    Examples
    --------
    >>> errors = fit_point_errors([np.arange(101.0)[:, None]], (1,))
    >>> errors(np.array([[50.0], [100.0]]))
    array([0., 2.])
    """
    means = _means(residuals, widths)
    medians, quartiles = np.quantile(means, [0.5, 0.75], axis=1)
    spreads = quartiles - medians
    return PointErrors(widths, medians, np.where(spreads > NOISE * medians + NO_SPREAD, spreads, 1.0))
