"""What seems to be wrong with a row, so that rows with a common fault can be seen to together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from robustgen.tables.columns import DateColumn
from robustgen.tables.finding import Finding
from robustgen.triage.reasons import worded
from robustgen.triage.repairs import Repairs, Usual

ODD = 0.2
"""The part of a row's error from which on a column's cell is odd."""
MAIN, BOTH = 0.5, 0.8
"""The part from which on a column is the fault, or two columns are it together; else several are."""
NEAR_POWER = 0.15
"""How far the logarithm to base 10 of a ratio lies from a whole number."""
FAR = 20.0
"""Spreads from what is expected beyond which another unit is likelier than an unusual number."""
FITS = 4.0
"""Spreads within which a number is usual in another column, and beyond which it is not in its own."""
CHANCE = 0.05
"""How often any column may be taken for the one that a cell was swapped with, where none was."""


@dataclass(frozen=True)
class Fault:
    """What seems to be wrong with a row.

    Attributes
    ----------
    name : str
        Such as "energy x 1000"; rows of one name have a common fault.
    expected : dict of str to str
        For each odd column the cell that a normal row would have there, the first the oddest.
    """

    name: str
    expected: dict[str, str]


def faults(
    repairs: Repairs, shares: pd.DataFrame, rows: NDArray[np.intp], found: tuple[Finding, ...]
) -> list[Fault]:
    """Name the fault of some rows.

    Parameters
    ----------
    repairs : Repairs
        The cells that the model expects.
    shares : DataFrame (k, d)
        The part of each column in the rows' errors; see :func:`robustgen.triage.reasons.column_shares`.
    rows : ndarray of int, (k,)
        Their places.
    found : tuple of Finding
        Of the table: sentinels and repeated rows are named after them.

    Returns
    -------
    list of Fault, (k,)
        Of each row.
    """
    parts = shares.to_numpy()
    odd = (parts >= ODD) | (parts == parts.max(1, keepdims=True))
    expected = repairs.numbers(odd, rows)
    marks = {
        (finding.columns, row) for finding in found if finding.kind == "sentinel" for row in finding.rows
    }
    repeated = {row for finding in found if finding.kind == "repeated row" for row in finding.rows}
    names = list(shares)
    partners = _partners(repairs.usual(rows), parts.argmax(1))
    named = []
    for place, row in enumerate(rows.tolist()):
        order = [int(j) for j in np.argsort(-parts[place], kind="stable") if odd[place, j]]
        partner = names[partners[place]] if partners[place] >= 0 else ""
        numbers = {names[j]: float(expected[place, j]) for j in order}
        one = _Row(repairs, row, numbers, marks, partner, _n_at_fault(parts[place]))
        named.append(Fault("repeated row" if row in repeated else one.name(), one.expected()))
    return named


def _n_at_fault(parts: NDArray[np.float64]) -> int:
    """Return how many columns are at fault, by their parts (d,): 1, 2 or 3 for several."""
    both = np.sort(parts)[-2:]
    return 1 if both[-1] >= MAIN else 2 if both.sum() >= BOTH else 3


def _partners(usual: Usual, first: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each row the column (k,) with which its oddest cell was swapped; -1 where it was not.

    Each of the two cells is usual in the other's column, and unusual in its own.
    """
    every = np.arange(first.size)
    value, center, scale = (one[every, first][:, None] for one in usual)
    there = np.abs(value - usual.centers) / usual.scales
    here = np.abs(usual.values - center) / scale
    own = np.abs(usual.values - usual.centers) / usual.scales
    unusual = norm.isf(CHANCE / (2 * max(own.shape[1] - 1, 1)))  # of many columns some are, by chance
    swapped = (there <= FITS) & (here <= FITS) & (own > unusual) & (own[every, first][:, None] > FITS)
    distances = np.where(swapped, there + here, np.inf)
    return np.where(swapped.any(1), distances.argmin(1), -1)


@dataclass(frozen=True)
class _Row:
    """A row with the numbers expected in its odd columns, the oddest first; NaN in those of categories.

    The partner is the column with which its oddest cell was swapped, if it was; n_at_fault is 1, 2 or 3
    for several.
    """

    repairs: Repairs
    row: int
    numbers: dict[str, float]
    marks: set[tuple[tuple[str, ...], int]]
    partner: str
    n_at_fault: int

    def name(self) -> str:
        """Return what is wrong."""
        if self.repairs.empty[self.row]:
            return "empty row"
        first = next(iter(self.numbers))
        if self.partner:
            return f"{' and '.join(sorted((first, self.partner)))} swapped"
        return self._of_cell(first) if self.n_at_fault == 1 else self._of_cells()

    def _of_cells(self) -> str:
        """Return what is wrong with the odd columns together."""
        which = " and ".join(sorted(list(self.numbers)[:2])) if self.n_at_fault == 2 else "several columns"
        ways = {self._of_cell(name).removeprefix(name).strip() for name in self.numbers}
        return f"{which} {ways.pop()}" if ways in ({"high"}, {"low"}) else f"{which} unusual together"

    def _of_cell(self, name: str) -> str:
        cell = self.repairs.cells[name].iat[self.row]
        if pd.isna(cell):
            return f"{name} is empty"
        if ((name,), self.row) in self.marks:
            return f"{name} = {worded(cell)}"
        if self.repairs.is_group(name):
            return f"{name} unusual"
        return f"{name} {self._deviation(name)}"

    def _deviation(self, name: str) -> str:
        value, expected = self.repairs.value(name, self.row), self.numbers[name]
        is_date = isinstance(self.repairs.columns[name], DateColumn)
        power = 0 if is_date else _power(value, expected)
        if power and abs(value - expected) > FAR * self.repairs.spread(name):
            return f"x {10.0**power:g}"
        high, low = ("late", "early") if is_date else ("high", "low")
        return high if value > expected else low

    def expected(self) -> dict[str, str]:
        """Return the expected cells as text."""
        return {name: self._expected(name, number) for name, number in self.numbers.items()}

    def _expected(self, name: str, number: float) -> str:
        if self.repairs.is_group(name):
            return self.repairs.category(name, self.row)
        return self.repairs.worded(name, number)


def _power(value: float, expected: float) -> int:
    """Return k where a value is nearly 10 to the k times what is expected, and 0 where it is not."""
    ratio = value / expected if expected else 0.0
    if not np.isfinite(ratio) or ratio <= 0:
        return 0
    logarithm = float(np.log10(ratio))
    return round(logarithm) if abs(logarithm - round(logarithm)) <= NEAR_POWER else 0


def common_faults(groups: Any) -> tuple[Finding, ...]:
    """Return the faults that several rows have, as findings, the most frequent first.

    Parameters
    ----------
    groups : sequence of str, (n,)
        The fault of each row, "" where it has none.

    Examples
    --------
    >>> [finding.sentence for finding in common_faults(["heat x 1000", "", "heat x 1000", "heat high"])]
    ['2 rows: heat x 1000']
    """
    names = pd.Series(np.asarray(groups, dtype=object))
    counts = names[names != ""].value_counts()
    return tuple(
        Finding("common fault", (), tuple(np.flatnonzero(names == name).tolist()), f"{count:,} rows: {name}")
        for name, count in counts[counts > 1].items()
    )
