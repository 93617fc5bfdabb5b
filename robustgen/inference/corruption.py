"""How many of the training rows are outliers, as their scores tell."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from robustgen._checks import UsageError
from robustgen._storable import storable

CUT = 3.0
"""Spreads above the centre from which a row is taken as an outlier."""
LONG_TAIL, SHORT_TAIL = 5.0, 1.5
"""The same where the inliers' tail is taken to be long, and as short as a uniform distribution's."""
LEVEL = 0.9
RESAMPLES = 100
NORMAL_QUARTILE = 1.4826
"""Standard deviation of a normal distribution over the distance of its quartile from its median."""
NOISE, NO_SPREAD = 1e-12, 1e-200


@storable
class Corruption(NamedTuple):
    """An estimated share of outliers.

    Attributes
    ----------
    share : float
        The estimate, in [0, 0.5].
    interval : tuple of float
        (lower, upper), around it.
    """

    share: float
    interval: tuple[float, float]


@storable
class Bulk(NamedTuple):
    """Where the inliers' errors lie.

    Attributes
    ----------
    center : float
        Their median.
    spread : float
        The standard deviation of the normal distribution whose lower half is theirs; above 0.
    n_rows : int
        How many of the rows, the best first, it is the bulk of.
    """

    center: float
    spread: float
    n_rows: int

    @classmethod
    def of(cls, ordered: NDArray[np.float64], cut: float = CUT) -> Bulk:
        r"""Measure the bulk of ascending errors.

        .. math::
            s = 1.4826\,(\mathrm{med}(e) - \mathrm{q}_{1/4}(e)), \quad m = \mathrm{med}(e_K), \quad
            K \leftarrow \{ i \in K : e_i \le m + \text{cut} \cdot s \}

        K is all rows at first, and m is measured anew until no more row leaves it; half of them stay
        whatever happens. Only the lower half of the errors has a say in s: a long tail does not stretch
        it. Where a quarter of the rows share the median, s is the mean distance from it. Differences
        under 1e-12 of the median are noise.

        Examples
        --------
        >>> Bulk.of(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 1000.0]))
        Bulk(center=2.0, spread=1.4826, n_rows=5)
        """
        spread = _spread(ordered)
        n_rows, majority = ordered.size, ordered.size - ordered.size // 2
        while n_rows > majority:
            near = np.searchsorted(ordered, _median(ordered[:n_rows]) + cut * spread, side="right")
            if near >= n_rows:
                break
            n_rows = max(int(near), majority)
        return cls(_median(ordered[:n_rows]), spread, n_rows)

    def standardised(self, errors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance of each error from the centre, in spreads."""
        return (errors - self.center) / self.spread


def _median(ordered: NDArray[np.float64]) -> float:
    return float(ordered[(ordered.size - 1) // 2])


def _spread(ordered: NDArray[np.float64]) -> float:
    median = _median(ordered)
    noise = max(NOISE * abs(median), NO_SPREAD)
    spread = NORMAL_QUARTILE * (median - float(ordered[(ordered.size - 1) // 4]))
    if spread <= noise:
        spread = float(np.abs(ordered - median).mean())
    return max(spread, noise)


def estimate_corruption(scores: NDArray[np.float64]) -> Corruption:
    r"""Estimate the share of outliers from the scores of the rows that a detector was trained on.

    It is the share of the rows that :meth:`Bulk.of` leaves out: those whose errors are more than 3
    spreads above the centre of the others'. As long as the inliers are the majority and score
    best, the lower half of the errors is their own and says how wide they spread.

    Parameters
    ----------
    scores : ndarray of float, (n,)
        Larger = more normal, in whatever unit: shift and scale do not matter.

    Returns
    -------
    Corruption
        The share, and an interval: from the 5 % quantile over resampled rows where the tail of the
        inliers is taken to be long (a cut at 5 spreads) to the 95 % quantile where it is taken to
        be as short as a uniform distribution's (a cut at 1.5). The resampling is seeded: equal
        scores give equal intervals.

    Raises
    ------
    UsageError
        When there is no score, or one is not finite.

    Notes
    -----
    Outliers that score like inliers cannot be counted by anybody: where the detector does not find
    them, the estimate is too low, and the interval, which covers the chance of the draw and a
    range of tails, is too. Inliers with a longer tail than a normal one's are counted too. How
    far off it is on real sets, beside other estimates: ``reports/contamination``.

    References
    ----------
    Leys et al., "Detecting outliers: Do not use standard deviation around the mean, use absolute
    deviation around the median", J. Exp. Soc. Psychol. 49 (2013), for 3 robust standard
    deviations; the spread of one half of skewed data goes back to Hubert and Vandervieren, "An
    adjusted boxplot for skewed distributions", Comput. Stat. Data Anal. 52 (2008).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> scores = -np.r_[rng.normal(5, 1, size=800), rng.normal(20, 3, size=200)]
    >>> estimate_corruption(scores).share
    0.2
    """
    ordered = np.sort(-checked_scores(scores))
    rng = np.random.default_rng(0)
    few, many = np.transpose(
        [_shares_beyond(_resampled(ordered, rng), LONG_TAIL, SHORT_TAIL) for _ in range(RESAMPLES)]
    )
    (share,) = _shares_beyond(ordered, CUT)
    tail = (1 - LEVEL) / 2
    lower, upper = float(np.quantile(few, tail)), float(np.quantile(many, 1 - tail))
    return Corruption(share, (min(lower, share), max(upper, share)))


def counted_corruption(n_outliers: int, n_rows: int) -> Corruption:
    """Return the share of outliers that a method has counted, with Wilson's interval at 90 %.

    Examples
    --------
    >>> counted_corruption(30, 100).share
    0.3
    """
    interval = binomtest(n_outliers, n_rows).proportion_ci(LEVEL, method="wilson")
    return Corruption(n_outliers / n_rows, (float(interval.low), float(interval.high)))


def checked_scores(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores (n,) as floats, or raise where there is none or one is not finite."""
    given = np.asarray(scores, dtype=np.float64)
    if given.ndim != 1 or not given.size or not np.isfinite(given).all():
        raise UsageError(
            f"got scores of shape {given.shape}, {np.count_nonzero(~np.isfinite(given))} of them not finite; "
            "expected one finite number a row"
        )
    return given


def _resampled(ordered: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw as many errors with replacement; they come in order."""
    n = ordered.size
    return np.repeat(ordered, np.bincount(rng.integers(n, size=n), minlength=n))


def _shares_beyond(ordered: NDArray[np.float64], *cuts: float) -> list[float]:
    return [(ordered.size - Bulk.of(ordered, cut).n_rows) / ordered.size for cut in cuts]
