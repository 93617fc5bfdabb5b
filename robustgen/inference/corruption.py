"""How many of the training rows are outliers, as their scores tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
SINGLE = 1.0
"""Where a single description of several may doubt the share; chosen in ``benchmarks/choosing/signals.md``."""
DOUBTED = 2.5
"""Where further models may doubt the share: what any of so many sets apart is much by itself."""
MINORITY = 0.5
"""The largest share of outliers."""
LEVEL = 0.9
RESAMPLES = 100
RESAMPLED_ROWS = 100_000
"""The most rows of a resample: the chance of so many moves a share by .002 at most."""
DRAWN_AT_ONCE = 1 << 16
"""The rows of resamples that are ordered together: more would leave the processor's cache."""
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

    Examples
    --------
    >>> share, (lower, upper) = estimate_corruption(-np.r_[np.linspace(1, 2, 18), 80.0, 90.0])
    >>> share, lower <= share <= upper
    (0.1, True)
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
        spread = _spreads(ordered)
        n_rows = _bulk_sizes(ordered, cut * spread)
        return cls(float(ordered[(n_rows - 1) // 2]), float(spread), int(n_rows))

    def standardised(self, errors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance of each error from the centre, in spreads."""
        return (errors - self.center) / self.spread


def _spreads(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure the spread (...) of ascending errors (..., n)."""
    n_rows = ordered.shape[-1]
    median = ordered[..., (n_rows - 1) // 2]
    noise = np.maximum(NOISE * np.abs(median), NO_SPREAD)
    spread = NORMAL_QUARTILE * (median - ordered[..., (n_rows - 1) // 4])
    if (spread <= noise).any():
        spread = np.where(spread <= noise, np.abs(ordered - median[..., None]).mean(-1), spread)
    return np.maximum(spread, noise)


def _bulk_sizes(ordered: NDArray[np.float64], width: NDArray[np.float64]) -> NDArray[np.intp]:
    """Count the rows (...) of the bulks of ascending errors (..., n), which reach so far (...) up."""
    n_rows = ordered.shape[-1]
    sizes = np.full(ordered.shape[:-1], n_rows)
    while True:
        limits = np.take_along_axis(ordered, (sizes[..., None] - 1) // 2, -1) + width[..., None]
        near = np.maximum((ordered <= limits).sum(-1), n_rows - n_rows // 2)
        if (near >= sizes).all():
            return sizes
        sizes = np.minimum(near, sizes)


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
        be as short as a uniform distribution's (a cut at 1.5). A resample has as many rows, or 100,000
        where there are more. The resampling is seeded: equal scores give equal intervals.

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
    return agreed_corruption([scores])


def agreed_corruption(
    scores: Iterable[NDArray[np.float64]], others: Iterable[NDArray[np.float64]] = ()
) -> Corruption:
    r"""Estimate the share of outliers as that of the rows which every one of several models sets apart.

    .. math:: \hat c = \frac1n \, \# \{ i : e_{ij} > m_j + 3 s_j \text{ for all } j \}

    with :math:`e_{ij}` the error of row i by model j, and :math:`m_j, s_j` the centre and the spread of
    its bulk (:meth:`Bulk.of`). What is an outlier is so for unlike models; what is one for the shape of a
    single model is not counted.

    Parameters
    ----------
    scores : iterable of ndarray of float, each (n,)
        What each model says of the same rows. Larger = more normal, each in a unit of its own.
    others : iterable of ndarray of float, each (n,)
        The same of models that do not set the share but may doubt it: they widen the interval.

    Returns
    -------
    Corruption
        The share, at most that of any model of ``scores`` alone; and an interval: from the 5 % quantile over
        resampled rows of the share that all models and others set apart by 5 spreads to the 95 % quantile
        of the share that any of them does by 1.5 (2.5 where there are others), or to 0.5. For a single
        model it is :func:`estimate_corruption`.

    Raises
    ------
    UsageError
        When a model has no score, or one that is not finite, or models score different numbers of rows.

    References
    ----------
    Berger, "Multiparameter Hypothesis Testing and Acceptance Sampling", Technometrics 24 (1982), for the
    intersection-union test: what every test rejects at its level is rejected at that level.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> far = np.repeat([0.0, 20.0], [800, 200])
    >>> models = [-(far + rng.exponential(size=1000)) for _ in range(2)]
    >>> [estimate_corruption(model).share for model in models], agreed_corruption(models).share
    ([0.224, 0.234], 0.2)
    """
    asked = [-checked_scores(model) for model in scores]
    n_models = len(asked)
    errors = _side_by_side([*asked, *(-checked_scores(model) for model in others)])
    errors = errors[:, np.lexsort(errors[::-1])]  # what is drawn does not hang on the order of the rows
    short = SHORT_TAIL if len(errors) == n_models else DOUBTED
    few, many = np.hstack([_extreme_shares(errors[:, rows], short) for rows in _resamples(errors.shape[1])])
    share = float(_set_apart(errors[:n_models], np.sort(errors[:n_models]), CUT).all(0).mean())
    tail = (1 - LEVEL) / 2
    lower, upper = float(np.quantile(few, tail)), float(np.quantile(many, 1 - tail))
    return Corruption(share, (min(lower, share), max(min(upper, MINORITY), share)))


def widened(estimate: Corruption, descriptions: Sequence[NDArray[np.float64]]) -> Corruption:
    """Widen the interval of an estimate by what is set apart in single descriptions of the rows.

    An outlier that is odd in one description of several hardly stands out in all of them together.

    Parameters
    ----------
    estimate : Corruption
        By models of all descriptions at once.
    descriptions : sequence of ndarray of float, each (M, n)
        The scores of the rows by the M models of each description; none leaves the estimate as it is.

    Returns
    -------
    Corruption
        The same share; the interval reaches down to the share that all models of all descriptions set apart
        by 5 spreads, and up to the largest share that all models of one description set apart by 1, at the
        upper end of its Wilson interval.

    Examples
    --------
    >>> few = Corruption(0.0, (0.0, 0.05))
    >>> scores = -np.r_[np.linspace(1, 2, 80), np.full(20, 9.0)][None]
    >>> round(widened(few, [scores]).interval[1], 2)
    0.33
    """
    parts = [-np.asarray(part) for part in descriptions]
    if not parts:
        return estimate
    far = np.concatenate([_set_apart(part, np.sort(part), LONG_TAIL) for part in parts]).all(0).mean()
    most = max(int(_set_apart(part, np.sort(part), SINGLE).all(0).sum()) for part in parts)
    upper = counted_corruption(most, parts[0].shape[1]).interval[1]
    low, high = estimate.interval
    return Corruption(estimate.share, (min(low, float(far)), max(high, min(upper, MINORITY))))


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


def _side_by_side(errors: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    lengths = [len(model) for model in errors]
    if len(set(lengths)) != 1:
        raise UsageError(f"got scores of {lengths} rows; expected those of the same rows from every model")
    return np.stack(errors)


def _resamples(n_rows: int) -> Iterator[NDArray[np.int64]]:
    """Draw rows (R, n) with replacement, some resamples at once: all of small sets, one of large ones."""
    rng = np.random.default_rng(0)
    size = min(n_rows, RESAMPLED_ROWS)
    at_once = max(1, DRAWN_AT_ONCE // size)
    for start in range(0, RESAMPLES, at_once):
        yield rng.integers(n_rows, size=(min(at_once, RESAMPLES - start), size))


def _extreme_shares(errors: NDArray[np.float64], short_tail: float) -> NDArray[np.float64]:
    """Of resampled errors (M, R, n), return what all models set apart by far, and what any does (2, R)."""
    ordered = np.sort(errors)
    few = _set_apart(errors, ordered, LONG_TAIL).all(0)
    many = _set_apart(errors, ordered, short_tail).any(0)
    return np.stack([few.mean(-1), many.mean(-1)])


def _set_apart(errors: NDArray[np.float64], ordered: NDArray[np.float64], cut: float) -> NDArray[np.bool_]:
    """Mark what each row of errors (..., n) leaves out of its bulk."""
    last = _bulk_sizes(ordered, cut * _spreads(ordered))[..., None] - 1
    return errors > np.take_along_axis(ordered, last, -1)
