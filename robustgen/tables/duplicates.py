"""Rows that stand more than once, as they are or but for rounding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from robustgen.tables.finding import Finding, counted, places

DIGITS = 4
"""Significant digits to which numbers are equal but for rounding."""
LEAST_MEASURED = 2
"""Columns of numbers that are not whole from which on equal digits are no chance."""
LEAST_COPIES = 10
LEAST_SHARE = 0.01
TIMES_MEDIAN = 10
"""A repeated row stands so many times as often as the median row."""


def comparable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose cells can be compared: numbers as they are, and all else as text."""
    return pd.DataFrame({name: _comparable(table[name]) for name in table}, index=range(len(table)))


def _comparable(cells: pd.Series) -> object:
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.to_numpy()
    return cells.astype("object").where(cells.notna(), "").astype("str").to_numpy()


def duplicates(table: pd.DataFrame) -> Iterator[Finding]:
    """Find copies of earlier rows, exact and but for rounding, and rows that stand many times.

    Parameters
    ----------
    table : DataFrame (n, d)
        As read, without the columns that name its rows.

    Yields
    ------
    Finding
        "exact duplicates" and "near duplicates", whose rows are those that have an earlier copy, and a
        "repeated row" for each that stands many times as often as others do.
    """
    rows = comparable(table)
    exact = rows.duplicated().to_numpy()
    if exact.any():
        n_copies = counted(int(exact.sum()), "row")
        yield Finding("exact duplicates", (), places(exact), f"{n_copies} equal to an earlier one")
    near = _rounded(rows).duplicated().to_numpy() & ~exact
    if near.any() and sum(map(_is_measured, _columns(rows))) >= LEAST_MEASURED:
        sentence = f"{counted(int(near.sum()), 'row')} equal to an earlier one but for rounding"
        yield Finding("near duplicates", (), places(near), f"{sentence} ({DIGITS} significant digits)")
    yield from _repeated(rows)


def _repeated(rows: pd.DataFrame) -> Iterator[Finding]:
    numbers = rows.groupby(list(rows), sort=False, dropna=False).ngroup().to_numpy()
    counts = np.bincount(numbers)
    least = max(LEAST_COPIES, LEAST_SHARE * len(rows), TIMES_MEDIAN * np.median(counts))
    for number in np.flatnonzero(counts >= least):
        found = places(numbers == number)
        sentence = f"one row stands {counts[number]:,} times, first as row {found[0] + 1:,}"
        yield Finding("repeated row", (), found, sentence)


def _columns(rows: pd.DataFrame) -> Iterator[pd.Series]:
    return (rows[name] for name in rows)


def _is_measured(cells: pd.Series) -> bool:
    return cells.dtype.kind == "f" and bool((cells.dropna() % 1 != 0).any())


def _rounded(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {name: _to_digits(rows[name]) if _is_measured(rows[name]) else rows[name] for name in rows}
    )


def _to_digits(cells: pd.Series) -> pd.Series:
    values = cells.to_numpy()
    sized = np.isfinite(values) & (values != 0)
    exponent = np.floor(np.log10(np.abs(np.where(sized, values, 1.0))))
    return pd.Series(np.where(sized, np.round(values / 10**exponent, DIGITS - 1) * 10**exponent, values))
