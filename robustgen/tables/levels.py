"""The levels of columns of categories: which are rare, and which two are seldom found in one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen._storable import storable
from robustgen.tables.spelling import misspelt

RARE = 0.01
"""The share of the rows up to which a level may be rare."""
SLIPS, SLIPS_OF_FEW = 5, 0.003
"""The rows up to which a level may be a slip, and their share where that is fewer: what comes more often is a
group, which is judged by its numbers."""
MOST_SLIPS = 10.0
"""How many times as many rows may have rare levels where these are spelt like frequent ones."""
MOST_LIKELY = 10.0
"""How many times as frequent a level is than one that is spelt alike, to be what was meant."""
LEAST_RATIO = 5.0
"""Of the rows that two levels would share were they independent to those that they do, to be unlikely."""


def most_slips(n_rows: int) -> float:
    """Return how many rows may have one and the same thing for it to be a slip.

    Examples
    --------
    >>> [most_slips(n_rows) for n_rows in (200, 1000, 100_000)]
    [1.0, 3.0, 5.0]
    """
    return max(1.0, min(SLIPS_OF_FEW * n_rows, float(SLIPS)))


@storable
@dataclass(frozen=True)
class Levels:
    r"""The levels of one column of categories, and how rare each is.

    .. math:: r(v) = \max\Big(0, \log \frac{0.01}{\max(p(v), t(v))}\Big)

    with p(v) the share of the cells that have the level and t(v) the share that has it or one no more
    frequent: where more have rare levels, a rare level is nothing to remark on. A level that more than a few
    rows have (:func:`most_slips`) is a group, be it small, and r is 0: all of its rows would be odd alike. A
    level that is spelt like another one, ten times as frequent, is odd even so, and a tenth of t(v) counts:
    slips may be many. A missing cell is a level as others are, but is none of the cells that these are shares
    of.

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
    (('coal', 'gas', 'oil', 'oli'), array([1.6, 0. , 0. , 1.6, 3. ]), array([ 2, -1]))
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
    counts, there = np.append(found, 0).astype(float), np.append(values != "", True)
    of = np.where(there, max(counts[there].sum(), 1.0), cells.size)
    shares = (counts + 0.5) / (of + 1)
    tails = np.array([counts[there & (counts <= count)].sum() for count in counts]) / of
    misspelt_ones = np.append(_misspelt(values, found), False)
    rarity = np.log(RARE / np.maximum(shares, tails / np.where(misspelt_ones, MOST_SLIPS, 1.0))).clip(0)
    slips = misspelt_ones | (counts <= most_slips(cells.size))
    return Levels(tuple(values.tolist()), counts, np.where(slips, rarity, 0.0))


def _misspelt(values: NDArray[np.str_], counts: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which levels (L,) are rare and spelt like one that is ten times as frequent."""
    marked = np.zeros(counts.size, dtype=bool)
    for count in np.unique(counts[counts <= RARE * counts.sum()]):
        asked = np.flatnonzero(counts == count)
        marked[asked] = misspelt(values[asked], values[counts >= MOST_LIKELY * count])
    return marked


@storable
@dataclass(frozen=True)
class Pair:
    r"""How unlikely each combination of levels of two columns is, given the levels themselves.

    .. math:: u(v, w) = \max\Big(0, \log \frac{E + 1/2}{n_{vw} + 1/2} - \log 5\Big), \qquad E = n_v n_w / n

    Of a missing cell it is 0 unless so few rows of the level lack it that it may be a slip: a cell may be
    left empty in any group, now and then.

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
    unlikely = np.log((expected + 0.5) / (joint + 0.5) / LEAST_RATIO).clip(0)
    lacking = np.logical_or.outer(*(np.array([*levels[place].values, None]) == "" for place in places))
    return Pair(*places, np.where(lacking & (joint > most_slips(len(codes))), 0.0, unlikely))
