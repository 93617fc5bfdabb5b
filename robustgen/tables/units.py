"""The centre, spread and skewness of numbers, by quantiles, and what numbers are in such units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from robustgen._storable import storable

NORMAL_QUARTILES = 1.349
"""Interquartile range of a normal distribution over its standard deviation."""
TAILS = np.array([0.1, 0.15, 0.2, 0.25])
"""By which skewness is measured; the median of what they say is taken."""
LEAST_SKEW, LEAST_ERRORS = 0.2, 5.0
"""The skewness that is taken as none, and the same in its standard errors of about one over root n."""
AGREED = 0.5
"""The part of the largest skewness that is the least by which all tails agree: several humps are no tail."""
MOST_SKEW, LEAST_ROWS = 3.0, 30
REACH = 3.0
"""Spreads into the short tail from where on a skewed unit is linear: a logarithm ends there."""


@storable
@dataclass(frozen=True)
class Skew:
    r"""Numbers in units of a spread, made symmetric.

    .. math:: z(u) = \frac1g \log(1 + g u)

    which is linear beyond 3 spreads into the short tail, so that it is defined, and grows, everywhere.

    Attributes
    ----------
    g : float
        Tukey's: 0 where the numbers are symmetric, 1 for the exponential of standard normal ones.

    References
    ----------
    Hoaglin, "Summarizing Shape Numerically: The g-and-h Distributions", in Exploring Data Tables, Trends, and
    Shapes (1985).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> waits = np.exp(rng.normal(size=10_000))
    >>> skew = fit_skew((waits - 1) / 1.0)
    >>> round(skew.g, 1), skew(np.array([-1.0, 0.0, np.e - 1])).round(1)
    (1.1, array([-5.1,  0. ,  1. ]))
    """

    g: float

    def __call__(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return z (n,) of numbers (n,) in spreads from the centre."""
        if not self.g:
            return u
        g, side = abs(self.g), np.sign(self.g)
        end = self._end
        inside = np.log1p(g * np.maximum(side * u, end)) / g
        return side * (inside + (side * u - end).clip(max=0) / (1 + g * end))

    def inverse(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return u (n,)."""
        if not self.g:
            return z
        g, side = abs(self.g), np.sign(self.g)
        inside = np.expm1(g * np.maximum(side * z, -REACH)) / g
        return side * (inside + (side * z + REACH).clip(max=0) * (1 + g * self._end))

    @property
    def _end(self) -> float:
        """Where u is 3 spreads into the short tail, of positive skewness."""
        return float(np.expm1(-REACH * abs(self.g)) / abs(self.g))


def fit_skew(u: NDArray[np.float64]) -> Skew:
    r"""Measure the skewness of numbers (n,).

    It is the median of :math:`\log((q_{1-p} - m) / (m - q_p)) / \Phi^{-1}(1 - p)` over four p, with q the
    quantiles and m the median; none where it is within five standard errors of 0, where
    the p do not agree, or of fewer than 30 numbers.
    """
    if u.size < LEAST_ROWS:
        return Skew(0.0)
    lower, median, upper = (np.percentile(u, 100 * at) for at in (TAILS, np.array(0.5), 1 - TAILS))
    below, above = median - lower, upper - median
    if not ((below > 0) & (above > 0)).all():
        return Skew(0.0)
    found = np.log(above / below) / norm.isf(TAILS)
    g, sizes = float(np.median(found)), np.abs(found)
    least = max(LEAST_SKEW, LEAST_ERRORS / np.sqrt(u.size))
    agreed = sizes.min() >= AGREED * sizes.max() and np.ptp(np.sign(found)) == 0
    return Skew(float(np.clip(g, -MOST_SKEW, MOST_SKEW)) if agreed and abs(g) > least else 0.0)


def center_and_scale(numbers: NDArray[np.float64], otherwise: float) -> tuple[float, float]:
    """Return the median and the spread of numbers (n,); another spread where half of them are equal."""
    lower, median, upper = np.percentile(numbers, (25, 50, 75))
    spread = (upper - lower) / NORMAL_QUARTILES
    return float(median), float(spread) if spread > 0 else otherwise
