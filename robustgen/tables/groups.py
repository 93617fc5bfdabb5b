"""Rows judged within their group: numbers given the categories, and categories as far as they are odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from robustgen._storable import storable

LEAST_ROWS = 30
"""Of a level, to be a group with a centre and a spread of its own."""
LEAST_EXPLAINED = 0.01
"""The share of a number's variance, in ranks, that a column of groups has to explain."""
RARE = 0.01
"""The share of the rows up to which a level is rare."""
RARE_GAPS = 0.003
"""The share of the rows up to which just these gaps are rare: two that meet by chance are not."""
MOST_RARE = 10.0
"""Rare levels that together hold more than this many times `RARE` are the rule in their column."""
LEAST_RATIO = 5.0
"""Of the rows that two levels would share were they independent to those that they do, to be unlikely."""
MOST_STEPS = 10
"""Of a number that takes a few values."""
NEARLY_ALL = 0.95
"""The share of its cells that these hold, together."""
FENCE = 4.0
"""Spreads beyond the quartiles of the other values up to which such a number is usual."""
MOST_LEVELS, MOST_PAIRS = 50, 300
"""Of columns whose combinations are counted."""
EMPTY = 4.0
"""How odd a row without a single cell is, in logarithms of a share as the other oddities are."""
NORMAL_QUARTILES = 1.349
"""Interquartile range of a normal distribution over its standard deviation."""


@storable
@dataclass(frozen=True)
class Levels:
    r"""The levels of one column of categories, and how rare each is.

    .. math:: r(v) = \max\Big(0, \log \frac{0.01}{\max(p(v), t(v) / 10)}\Big)

    with p(v) the share of the rows that have the level and t(v) the share that has it or one no more
    frequent: where a tenth of the rows have rare levels, a rare level is nothing to remark on.

    Attributes
    ----------
    values : tuple of str
        The levels of the training rows, "" where the cell is missing.
    counts : ndarray of float, (L + 1,)
        How many rows have each; 0 for what is none of them.
    rarity : ndarray of float, (L + 1,)
        r of each, and of what is none of them.

    Examples
    --------
    >>> fuel = fit_levels(np.array(["gas"] * 700 + ["oil"] * 298 + ["coal", "oli"], dtype=object))
    >>> fuel.values, fuel.rarity.round(1), fuel.codes(np.array(["oil", "peat"], dtype=object))
    (('coal', 'gas', 'oil', 'oli'), array([1.9, 0. , 0. , 1.9, 3. ]), array([ 2, -1]))
    """

    values: tuple[str, ...]
    counts: NDArray[np.float64]
    rarity: NDArray[np.float64]

    def codes(self, cells: NDArray[np.object_]) -> NDArray[np.intp]:
        """Return the place (n,) of the level of each cell, -1 for what is none of them."""
        return pd.Index(self.values, dtype=object).get_indexer(cells)


def fit_levels(cells: NDArray[np.object_]) -> Levels:
    """Count the levels of cells (n,)."""
    values, found = np.unique(cells.astype(str), return_counts=True)
    counts = np.append(found, 0).astype(float)
    shares = (counts + 0.5) / (counts.sum() + 1)
    tails = np.array([counts[counts <= count].sum() for count in counts]) / counts.sum()
    rarity = np.log(RARE / np.maximum(shares, tails / MOST_RARE)).clip(0)
    return Levels(tuple(values.tolist()), counts, rarity)


@storable
@dataclass(frozen=True)
class Pair:
    r"""How unlikely each combination of levels of two columns is, given the levels themselves.

    .. math:: u(v, w) = \max\Big(0, \log \frac{E + 1/2}{n_{vw} + 1/2} - \log 5\Big), \qquad E = n_v n_w / n

    Attributes
    ----------
    first, second : int
        The columns' places among those of categories.
    unlikely : ndarray of float, (L + 1, M + 1)
        u; 0 where either is none of the levels.
    """

    first: int
    second: int
    unlikely: NDArray[np.float64]


def fit_pair(places: tuple[int, int], levels: Sequence[Levels], codes: NDArray[np.intp]) -> Pair:
    """Count the rows (n, C) that have both levels, for all levels of two columns."""
    first, second = (levels[place].counts for place in places)
    joint = np.zeros((first.size, second.size))
    np.add.at(joint, tuple(codes[:, places].T), 1)
    expected = np.outer(first, second) / first.sum()
    return Pair(*places, np.log((expected + 0.5) / (joint + 0.5) / LEAST_RATIO).clip(0))


@storable
@dataclass(frozen=True)
class GroupedNumber:
    r"""A number as it would be if the row's group were like all rows.

    .. math:: y = m + s \, \frac{x - m_g}{s_g}

    with m and s the median and the spread of all rows, and :math:`m_g, s_g` those of the group; y = x in a
    group of fewer than 30 rows.

    A number that takes a few values, of which most rows have one, such as a discount, says what kind a row
    is, as a category does, and none of these kinds is odd for being seldom: it becomes

    .. math:: y = m + \frac{x - \min(\max(x, a), b)}{s}

    with m that value and s the spread of the others; a and b reach from it to 4 s beyond their quartiles.

    Attributes
    ----------
    by : int or None
        The place, among the columns of categories, of the one whose levels are the groups; None where no
        column explains the number.
    center, scale : ndarray of float, (L + 1,)
        Of each level, and of what is none of them: the last ones are those of all rows.
    gaps : bool
        Whether the number is missing in some training rows.
    usual : (float, float) or None
        a and b of a number that takes a few values.
    """

    by: int | None
    center: NDArray[np.float64]
    scale: NDArray[np.float64]
    gaps: bool
    usual: tuple[float, float] | None = None

    def __call__(self, numbers: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return y (n,) of numbers (n,), NaN where there is none, in rows with levels (n, C)."""
        if self.usual is not None:
            return self.center[-1] + (numbers - numbers.clip(*self.usual)) / self.scale[-1]
        if self.by is None:
            return numbers
        own = codes[:, self.by]
        return self.center[-1] + self.scale[-1] * (numbers - self.center[own]) / self.scale[own]

    @property
    def as_it_is(self) -> bool:
        """Whether y = x."""
        return self.by is None and self.usual is None


def fit_grouped_number(numbers: NDArray[np.float64], codes: NDArray[np.intp]) -> GroupedNumber:
    """Choose the column (n, C) that explains numbers (n,), NaN among them, best, and learn its groups."""
    there = np.isfinite(numbers)
    numbers, codes = numbers[there], codes[there]
    if _takes_few_values(numbers):
        return _fit_few_values(numbers, not there.all())
    of_all = _center_and_scale(numbers, 1.0)
    gains = [_explained(numbers, column) for column in codes.T]
    by = int(np.argmax(gains)) if gains and max(gains) >= LEAST_EXPLAINED else None
    groups = [] if by is None else _groups(numbers, codes[:, by])
    units = [_center_and_scale(group, of_all[1]) if group.size >= LEAST_ROWS else of_all for group in groups]
    centers, scales = np.transpose([*units, of_all])
    return GroupedNumber(by, centers, scales, not there.all())


def _takes_few_values(numbers: NDArray[np.float64]) -> bool:
    """Tell whether a few values hold nearly all cells, one of them most; two are a yes and a no."""
    counts = np.sort(np.unique(numbers, return_counts=True)[1])[::-1]
    frequent = counts[counts >= max(RARE * numbers.size, 2)]
    few = 2 < frequent.size <= MOST_STEPS and frequent[1:].sum() >= LEAST_ROWS
    return few and frequent[0] > numbers.size / 2 and frequent.sum() >= NEARLY_ALL * numbers.size


def _fit_few_values(numbers: NDArray[np.float64], gaps: bool) -> GroupedNumber:
    values, counts = np.unique(numbers, return_counts=True)
    most = float(values[counts.argmax()])
    lower, median, upper = np.percentile(numbers[numbers != most], (25, 50, 75))
    spread = float((upper - lower) / NORMAL_QUARTILES or abs(median - most))
    usual = (min(most, float(lower - FENCE * spread)), max(most, float(upper + FENCE * spread)))
    return GroupedNumber(None, np.array([most]), np.array([spread]), gaps, usual)


def _groups(numbers: NDArray[np.float64], codes: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    return [numbers[codes == place] for place in range(codes.max() + 1)]


def _center_and_scale(numbers: NDArray[np.float64], scale_of_all: float) -> tuple[float, float]:
    """Return median and spread; the spread of all rows where half of a group are equal."""
    lower, median, upper = np.percentile(numbers, (25, 50, 75))
    spread = (upper - lower) / NORMAL_QUARTILES
    return float(median), float(spread) if spread > 0 else scale_of_all


def _explained(numbers: NDArray[np.float64], codes: NDArray[np.intp]) -> float:
    """Return the larger share that groups explain of the ranks of numbers and of their distances."""
    distances = np.abs(numbers - np.median(numbers))
    return max(_rank_share(numbers, codes), _rank_share(distances, codes))


def _rank_share(numbers: NDArray[np.float64], codes: NDArray[np.intp]) -> float:
    """Return the share of the variance of ranks between groups of rows enough, adjusted for their number."""
    counts = np.bincount(codes)
    large = counts[codes] >= LEAST_ROWS
    n_groups, n_rows = int((counts >= LEAST_ROWS).sum()), int(large.sum())
    if n_groups < 2:
        return 0.0
    ranks = rankdata(numbers[large])
    means = np.bincount(codes[large], ranks) / np.maximum(np.bincount(codes[large]), 1)
    within = np.square(ranks - means[codes[large]]).sum() / (n_rows - n_groups)
    total = ranks.var(ddof=1)
    return 1 - within / total if total > 0 else 0.0


@storable
@dataclass(frozen=True)
class Absences:
    r"""How odd it is that just these cells of a row are missing.

    .. math:: a(x) = \max\Big(\log \frac{0.003}{p(x)}, \; 4 (2 f - 1), \; 0\Big)

    with f the share of the row's cells that are missing, and p the share of the training rows that miss as
    much, each cell weighed by minus the logarithm of how often it is missing.

    Attributes
    ----------
    weights : ndarray of float, (d,)
        Of the columns.
    ordered : ndarray of float, (n,)
        The sums of the training rows' weights, in order.
    """

    weights: NDArray[np.float64]
    ordered: NDArray[np.float64]

    def __call__(self, missing: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return a (n,) of rows (n, d), True where a cell is missing."""
        sums = missing @ self.weights
        n_rows = self.ordered.size
        as_many = n_rows - np.searchsorted(self.ordered, sums * (1 - 1e-9))
        rare = np.where(sums > 0, np.log(RARE_GAPS * (n_rows + 1) / (as_many + 0.5)), 0)
        return np.maximum(rare, EMPTY * (2 * missing.mean(1) - 1)).clip(0)


def fit_absences(missing: NDArray[np.bool_]) -> Absences:
    """Count the missing cells (n, d) of the training rows."""
    weights = -np.log((missing.sum(0) + 0.5) / (len(missing) + 1))
    return Absences(weights, np.sort(missing @ weights))


@storable
@dataclass(frozen=True)
class Groups:
    """What is normal in each group of a table.

    Attributes
    ----------
    levels : tuple of Levels
        Of the C columns of categories and booleans.
    pairs : tuple of Pair
        Of those columns.
    numbers : tuple of GroupedNumber
        Of the D columns of numbers.
    absences : Absences
        Of the missing cells.

    References
    ----------
    Song, Wu, Jermaine and Ranka, "Conditional Anomaly Detection", IEEE TKDE 19 (2007), for judging some
    columns given others; Das and Schneider, "Detecting Anomalous Records in Categorical Datasets", KDD 2007,
    for the ratio of a combination's frequency to that of its parts.
    """

    levels: tuple[Levels, ...]
    pairs: tuple[Pair, ...]
    numbers: tuple[GroupedNumber, ...]
    absences: Absences

    def codes(self, cells: NDArray[np.object_]) -> NDArray[np.intp]:
        """Return the place (n, C) of each row's level in each column of categories, -1 for none."""
        return _codes(self.levels, cells)

    def oddities(self, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return how rare or unlikely the level of each row is in each column of categories, (n, C)."""
        found = np.zeros(codes.shape)
        for place, one in enumerate(self.levels):
            found[:, place] = one.rarity[codes[:, place]]
        for pair in self.pairs:
            places = [pair.first, pair.second]
            unlikely = pair.unlikely[tuple(codes[:, places].T)]
            found[:, places] = np.maximum(found[:, places], unlikely[:, None])
        return found

    def adjusted(
        self, numbers: NDArray[np.float64], codes: NDArray[np.intp], odd: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return numbers (n, D) given the rows' groups, the median where they are missing.

        Of a column without gaps in training a missing number lies as far out as its absence is odd (n,); of
        another one that is a number of its own.
        """
        found = np.empty(numbers.shape)
        for place, grouped in enumerate(self.numbers):
            y = grouped(numbers[:, place], codes)
            instead = grouped.center[-1] + (not grouped.gaps) * odd * grouped.scale[-1]
            found[:, place] = np.where(np.isnan(y), instead, y)
        return found

    @property
    def gaps(self) -> list[bool]:
        """Whether each number (D,) is missing in some training rows."""
        return [bool(one.gaps) for one in self.numbers]


def fit_groups(
    cells: NDArray[np.object_], numbers: NDArray[np.float64], missing: NDArray[np.bool_]
) -> Groups:
    """Learn what is normal in each group.

    Parameters
    ----------
    cells : ndarray of str, (n, C)
        The columns of categories and booleans, "" where a cell is missing.
    numbers : ndarray of float, (n, D)
        The columns of numbers, NaN where a cell is missing.
    missing : ndarray of bool, (n, d)
        Which cells are missing, in all columns.

    Returns
    -------
    Groups
        What was learnt.

    Examples
    --------
    >>> fuel = np.array([["gas"], ["oil"]] * 50, dtype=object)
    >>> heat = np.arange(100.0)[:, None] + 500 * (fuel == "oil")
    >>> groups = fit_groups(fuel, heat, np.zeros((100, 2), dtype=bool))
    >>> wrong = groups.adjusted(np.array([[550.0]]), groups.codes(fuel[:1]), np.zeros(1))
    >>> bool(wrong > 5 * heat.max())  # a number that is usual for oil, where there is gas
    True
    """
    levels = tuple(fit_levels(column) for column in cells.T)
    codes = _codes(levels, cells)
    counted = [place for place, one in enumerate(levels) if len(one.values) <= MOST_LEVELS]
    pairs = tuple(fit_pair(places, levels, codes) for places in list(combinations(counted, 2))[:MOST_PAIRS])
    grouped = tuple(fit_grouped_number(column, codes) for column in numbers.T)
    return Groups(levels, pairs, grouped, fit_absences(missing))


def _codes(levels: Sequence[Levels], cells: NDArray[np.object_]) -> NDArray[np.intp]:
    codes = np.empty(cells.shape, dtype=np.intp)
    for place, one in enumerate(levels):
        codes[:, place] = one.codes(cells[:, place])
    return codes
