"""Rows judged within their group: numbers given the categories, and categories as far as they are odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations, islice, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustgen._storable import storable
from robustgen.tables.absences import Absences, fit_absences
from robustgen.tables.grouped_number import GroupedNumber, fit_grouped_number
from robustgen.tables.levels import Levels, Pair, fit_levels, fit_pair

MOST_LEVELS, MOST_PAIRS = 50, 300
"""Of columns whose combinations are counted."""


@storable
@dataclass(frozen=True)
class Groups:
    """What is normal in each group of a table.

    Whether a number is there or missing is a category, too, and so is which value it has where it takes a
    few: rare where hardly any row has it so, and odd where its group does not go together with it.

    Attributes
    ----------
    levels : tuple of Levels
        Of the C columns of categories and booleans, then of the D numbers: their values where they take a
        few, else "there", and, where they are missing in some training rows, "".
    pairs : tuple of Pair
        Of two of these columns.
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

    def judged(self, cells: NDArray[np.object_], numbers: NDArray[np.float64]) -> Judged:
        """Judge rows.

        Parameters
        ----------
        cells : ndarray of str, (n, C)
            The columns of categories and booleans, "" where a cell is missing.
        numbers : ndarray of float, (n, D)
            The columns of numbers, NaN where a cell is missing.
        """
        levels = np.hstack([cells, _levels_of(self.numbers, numbers)])
        codes, missing = _codes(self.levels, levels), levels == ""
        odd = np.maximum(self._oddities(codes), missing * self.absences(missing)[:, None])
        in_numbers = odd[:, cells.shape[1] :]
        return Judged(odd[:, : cells.shape[1]], self._adjusted(numbers, codes, in_numbers), in_numbers)

    def _oddities(self, codes: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return how rare or unlikely the level of each row is in each column, (n, C + D)."""
        found = np.zeros(codes.shape)
        for place, one in enumerate(self.levels):
            found[:, place] = one.rarity[codes[:, place]]
        for pair in self.pairs:
            places = [pair.first, pair.second]
            unlikely = pair.unlikely[tuple(codes[:, places].T)]
            found[:, places] = np.maximum(found[:, places], unlikely[:, None])
        return found

    def _adjusted(
        self, numbers: NDArray[np.float64], codes: NDArray[np.intp], odd: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return numbers (n, D) given the rows' groups, the usual one where they are missing.

        Of a column that is no category as well a missing number lies as far out as its absence is odd (n, D);
        of another one that is a number of its own.
        """
        found = np.empty(numbers.shape)
        for place, grouped in enumerate(self.numbers):
            y = grouped(numbers[:, place], codes)
            instead = grouped.usual + (not grouped.has_levels) * odd[:, place] * grouped.scale[-1]
            found[:, place] = np.where(np.isnan(y), instead, y)
        return found


class Judged(NamedTuple):
    """Rows judged within their groups.

    Attributes
    ----------
    oddities : ndarray of float, (n, C)
        How odd each category or boolean is; 0 where it is nothing odd.
    numbers : ndarray of float, (n, D)
        What each number would be if the row's group were like all rows; nothing is missing.
    presences : ndarray of float, (n, D)
        How odd it is that each number is missing, that it is there, or that it has its value of a few.
    """

    oddities: NDArray[np.float64]
    numbers: NDArray[np.float64]
    presences: NDArray[np.float64]


def fit_groups(cells: NDArray[np.object_], numbers: NDArray[np.float64]) -> Groups:
    """Learn what is normal in each group.

    Parameters
    ----------
    cells : ndarray of str, (n, C)
        The columns of categories and booleans, "" where a cell is missing.
    numbers : ndarray of float, (n, D)
        The columns of numbers, NaN where a cell is missing.

    Returns
    -------
    Groups
        What was learnt.

    Examples
    --------
    >>> fuel = np.array([["gas"], ["oil"]] * 50, dtype=object)
    >>> heat = np.arange(100.0)[:, None] + 500 * (fuel == "oil")
    >>> groups = fit_groups(fuel, heat)
    >>> wrong = groups.judged(fuel[:1], np.array([[550.0]])).numbers
    >>> bool(wrong > 5 * heat.max())  # a number that is usual for oil, where there is gas
    True
    """
    n_groups = cells.shape[1]
    of_cells = tuple(fit_levels(column) for column in cells.T)
    groups = _codes(of_cells, cells)
    grouped = tuple(fit_grouped_number(column, groups) for column in numbers.T)
    both = np.hstack([cells, _levels_of(grouped, numbers)])
    levels = (*of_cells, *(fit_levels(column) for column in both.T[n_groups:]))
    counted = [place for place in range(n_groups) if len(levels[place].values) <= MOST_LEVELS]
    others = [n_groups + place for place, one in enumerate(grouped) if one.has_levels]
    places = islice(chain(combinations(counted, 2), product(counted, others)), MOST_PAIRS)
    codes = _codes(levels, both)
    pairs = tuple(fit_pair(pair, levels, codes) for pair in places)
    return Groups(levels, pairs, grouped, fit_absences(both == ""))


def _levels_of(grouped: Sequence[GroupedNumber], numbers: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return numbers (n, D) as categories."""
    found = np.empty(numbers.shape, dtype=object)
    for place, one in enumerate(grouped):
        found[:, place] = one.levels(numbers[:, place])
    return found


def _codes(levels: Sequence[Levels], cells: NDArray[np.object_]) -> NDArray[np.intp]:
    codes = np.empty(cells.shape, dtype=np.intp)
    for place, one in enumerate(levels):
        codes[:, place] = one.codes(cells[:, place])
    return codes
