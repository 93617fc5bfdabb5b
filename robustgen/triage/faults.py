"""What seems to be wrong with a row, so that rows with a common fault can be seen to together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen.tables.columns import DateColumn
from robustgen.tables.finding import Finding
from robustgen.triage.reasons import worded
from robustgen.triage.repairs import Repairs

SPEAKS = 0.2
"""The part of a row's error from which on a column's cell is odd."""
NEAR_POWER = 0.15
"""How far the logarithm to base 10 of a ratio lies from a whole number."""
FAR = 20.0
"""Spreads from what is expected beyond which another unit is likelier than an unusual number."""
FITS = 3.0
"""Spreads within which a number fits another column."""


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
    odd = (parts >= SPEAKS) | (parts == parts.max(1, keepdims=True))
    expected = repairs.numbers(odd, rows)
    marks = {
        (finding.columns, row) for finding in found if finding.kind == "sentinel" for row in finding.rows
    }
    repeated = {row for finding in found if finding.kind == "repeated row" for row in finding.rows}
    names = list(shares)
    named = []
    for place, row in enumerate(rows.tolist()):
        order = [int(j) for j in np.argsort(-parts[place], kind="stable") if odd[place, j]]
        one = _Row(repairs, row, {names[j]: float(expected[place, j]) for j in order}, marks)
        named.append(Fault("repeated row" if row in repeated else one.name(), one.expected()))
    return named


@dataclass(frozen=True)
class _Row:
    """A row with the numbers expected in its odd columns, the oddest first; NaN in those of categories."""

    repairs: Repairs
    row: int
    numbers: dict[str, float]
    marks: set[tuple[tuple[str, ...], int]]

    def name(self) -> str:
        """Return what is wrong."""
        if self.repairs.cells.iloc[self.row].isna().all():
            return "empty row"
        first, *others = self.numbers
        for other in others[:1]:
            if self._are_swapped(first, other):
                return f"{' and '.join(sorted((first, other)))} swapped"
        return self._of_cell(first)

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

    def _are_swapped(self, one: str, other: str) -> bool:
        if self.repairs.is_group(one) or self.repairs.is_group(other):
            return False
        return self._fits(one, other) and self._fits(other, one)

    def _fits(self, one: str, other: str) -> bool:
        """Tell whether the cell of a column would be normal in another, and is not in its own."""
        value = self.repairs.value(one, self.row)
        fits = abs(value - self.numbers[other]) <= FITS * self.repairs.spread(other)
        return fits and abs(value - self.numbers[one]) > self.repairs.spread(one)

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
