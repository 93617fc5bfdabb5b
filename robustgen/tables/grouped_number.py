"""Numbers as they would be if the row's group were like all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from robustgen._storable import storable
from robustgen.tables.levels import most_slips
from robustgen.tables.units import Skew, center_and_scale, fit_skew

LEAST_ROWS = 30
"""Of a level, to be a group with a centre and a spread of its own."""
LEAST_EXPLAINED = 0.01
"""The share of a number's variance, in ranks, that a column of groups has to explain."""
SELDOM = 0.25
"""The share of the rows up to which it is seldom that a number is there at all, or is not the usual one: the
quartiles of all rows are the usual one then, and nothing has a spread."""
FEW_VALUES = 10
"""Of a number that takes a few values."""
RARE_VALUE = 0.01
"""The share of the cells up to which none of these values is counted."""
NEARLY_ALL = 0.95
"""The share of the cells that the counted ones hold, together."""
THERE = "there"
"""The level of a number that is not missing, and is not one of a few."""
FENCE = 4.0
"""Spreads beyond the quartiles of the other values up to which such a number is usual."""


@storable
@dataclass(frozen=True)
class Seldom:
    """What is nothing odd of a number that hardly any row has, or has another one of.

    Attributes
    ----------
    usual : float
        What stands for a missing number, and for one that is nothing odd.
    lower, upper : float
        From where to where numbers are nothing odd, in the unit of the others.
    """

    usual: float
    lower: float
    upper: float


@storable
@dataclass(frozen=True)
class GroupedNumber:
    r"""A number as it would be if the row's group were like all rows.

    .. math:: y = m + s \, z\Big( \frac{x - m_g}{s_g} \Big)

    with m and s the median and the spread of all rows, :math:`m_g, s_g` those of the group (of all rows where
    it has fewer than 30), and z the unit in which skewed numbers are symmetric, such as a logarithm
    (:class:`robustgen.tables.units.Skew`): a long tail is no group of outliers.

    Where most rows have one value, and the others a few, as of a discount, or where hardly any row has
    another value, or has one at all, the number says what kind a row is, as a category does, and no such kind
    is odd for being seldom. It becomes

    .. math:: y = m + z(u) - \min(\max(z(u), a), b), \qquad u = (x - m') / s'

    with m the usual value, m' and s' the median and the spread of the others; from a to b lie the usual
    value, their quartiles, and 4 spreads more on either side of these.

    Attributes
    ----------
    by : int or None
        The place, among the columns of categories, of the one whose levels are the groups; None where no
        column explains the number.
    center, scale : ndarray of float, (L + 1,)
        Of each level, and of what is none of them: the last ones are those of all rows.
    skew : Skew
        z.
    gaps : bool
        Whether the number is missing in some training rows.
    seldom : Seldom or None
        m, a and b of a number that says what kind a row is.
    steps : ndarray of float, (S,), or None
        The values of a number that takes a few, in order.
    """

    by: int | None
    center: NDArray[np.float64]
    scale: NDArray[np.float64]
    skew: Skew
    gaps: bool
    seldom: Seldom | None = None
    steps: NDArray[np.float64] | None = None

    def __call__(self, numbers: NDArray[np.float64], codes: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return y (n,) of numbers (n,), NaN where there is none, in rows with levels (n, C)."""
        if self.as_it_is:
            return numbers
        own = np.full(len(numbers), -1) if self.by is None else codes[:, self.by]
        z = self.skew((numbers - self.center[own]) / self.scale[own])
        if self.seldom is not None:
            return self.usual + z - z.clip(self.seldom.lower, self.seldom.upper)
        return self.center[-1] + self.scale[-1] * z

    def cells(self, y: NDArray[np.float64], own: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the numbers (n,) that become y (n,) in rows with some levels (n,) of the column of groups.

        Of a number that says what kind a row is it is the usual one.
        """
        if self.seldom is not None:
            return np.full(len(y), self.usual)
        z = self.skew.inverse((y - self.center[-1]) / self.scale[-1])
        return self.center[own] + self.scale[own] * z

    def levels(self, numbers: NDArray[np.float64]) -> NDArray[np.object_]:
        """Return numbers (n,) as categories: missing, there, or the value where it is one of a few.

        Beyond the least and the largest of these it is the nearer one: how far it is says the number itself.
        """
        there = THERE if self.steps is None else numbers.clip(self.steps[0], self.steps[-1]).astype(str)
        return np.where(np.isnan(numbers), "", there).astype(object)

    @property
    def has_levels(self) -> bool:
        """Whether the number is a category as well: missing now and then, or one of a few values."""
        return bool(self.gaps) or self.steps is not None

    @property
    def usual(self) -> float:
        """What stands for a missing number: the median, or that of a number that says what kind a row is."""
        return float(self.center[-1]) if self.seldom is None else self.seldom.usual

    @property
    def as_it_is(self) -> bool:
        """Whether y = x."""
        return self.by is None and self.seldom is None and not self.skew.g


def fit_grouped_number(numbers: NDArray[np.float64], codes: NDArray[np.intp]) -> GroupedNumber:
    """Choose the column (n, C) that explains numbers (n,), NaN among them, best, and learn its groups."""
    there = np.isfinite(numbers)
    gaps = not there.all()
    steps = _steps(numbers[there])
    kinds = _kinds(numbers[there], len(numbers), few_values=steps is not None)
    if kinds is not None:
        return _fit_kinds(*kinds, gaps, steps)
    numbers, codes = numbers[there], codes[there]
    of_all = center_and_scale(numbers, 1.0)
    gains = [_explained(numbers, column) for column in codes.T]
    by = int(np.argmax(gains)) if gains and max(gains) >= LEAST_EXPLAINED else None
    groups = [] if by is None else _groups(numbers, codes[:, by])
    units = [center_and_scale(group, of_all[1]) if group.size >= LEAST_ROWS else of_all for group in groups]
    centers, scales = np.transpose([*units, of_all])
    own = np.full(numbers.size, -1) if by is None else codes[:, by]
    skew = fit_skew((numbers - centers[own]) / scales[own])
    return GroupedNumber(by, centers, scales, skew, gaps, None, steps)


def _kinds(
    numbers: NDArray[np.float64], n_rows: int, *, few_values: bool
) -> tuple[float, NDArray[np.float64]] | None:
    """Return the usual one of the numbers (k,) of n rows, and the others; None where they are no kinds."""
    values, counts = np.unique(numbers, return_counts=True)
    usual = float(values[counts.argmax()])
    others = numbers[numbers != usual]
    if most_slips(n_rows) < numbers.size <= SELDOM * n_rows:
        return float(np.median(numbers)), numbers
    if most_slips(n_rows) < others.size <= SELDOM * n_rows:
        return usual, others
    few = LEAST_ROWS <= others.size < numbers.size / 2
    return (usual, others) if few and few_values else None


def _steps(numbers: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the frequent ones of numbers (k,) where they are two to ten, and hold nearly all cells."""
    values, counts = np.unique(numbers, return_counts=True)
    frequent = counts >= max(RARE_VALUE * numbers.size, 2)
    few = 1 < frequent.sum() <= FEW_VALUES and counts[frequent].sum() >= NEARLY_ALL * numbers.size
    return values[frequent] if few and numbers.size >= 2 * LEAST_ROWS else None


def _fit_kinds(
    usual: float, others: NDArray[np.float64], gaps: bool, steps: NDArray[np.float64] | None
) -> GroupedNumber:
    center, scale = center_and_scale(others, float(abs(np.median(others) - usual)) or 1.0)
    u = (others - center) / scale
    skew = fit_skew(u)
    lower, upper, here = skew(np.append(np.percentile(u, (25, 75)), (usual - center) / scale))
    seldom = Seldom(usual, float(min(lower - FENCE, here)), float(max(upper + FENCE, here)))
    return GroupedNumber(None, np.array([center]), np.array([scale]), skew, gaps, seldom, steps)


def _groups(numbers: NDArray[np.float64], codes: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    return [numbers[codes == place] for place in range(codes.max() + 1)]


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
