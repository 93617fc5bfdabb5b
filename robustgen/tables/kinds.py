"""What kind of column cells make up: by what is declared, by their dtype, or by what most of them say."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from robustgen._checks import UsageError
from robustgen.tables.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    DateColumn,
    DurationColumn,
    NumberColumn,
    expect_no_identifier,
)
from robustgen.tables.notation import (
    PLAIN,
    DateNotation,
    Found,
    NumberNotation,
    date_notation,
    number_notation,
)

TYPES = ("number", "category", "date", "boolean", "id", "ignore")
"""What a column may be declared to be; the last two are left out."""
STRANGE = (complex, bytes, list, tuple, dict, set, np.ndarray)
KINDS_OF_DTYPES: tuple[tuple[Callable[[Any], bool], Any], ...] = (
    (pd.api.types.is_bool_dtype, BooleanColumn),
    (lambda dtype: pd.api.types.is_numeric_dtype(dtype) and dtype.kind != "c", NumberColumn),
    (pd.api.types.is_datetime64_any_dtype, DateColumn),
    (pd.api.types.is_timedelta64_dtype, DurationColumn),
    (lambda dtype: isinstance(dtype, pd.CategoricalDtype), CategoryColumn),
)


@dataclass(frozen=True)
class Notations:
    """How cells are written, as far as a person has said so.

    Attributes
    ----------
    decimal, thousands : str or None
        The signs in numbers.
    date_format : str or None
        The pattern of dates, as ``strptime`` takes it.
    """

    decimal: str | None = None
    thousands: str | None = None
    date_format: str | None = None

    def number(self, cells: pd.Series) -> NumberNotation:
        """Return the notation of cells that may be numbers, none of them missing.

        Numbers as programs write them are read as such, whatever else they may mean; else the notation is
        the one that reads most cells. Where another one reads as many otherwise, a warning says so.
        """
        plain = self.decimal in (None, ".") and not self.thousands
        n_plain = NumberColumn(str(cells.name), 0.0, False).parse(cells).count() if plain else -1
        if n_plain == len(cells):
            return PLAIN
        found = number_notation(cells, self.decimal, self.thousands)
        if found.notation.read(cells).count() <= n_plain:
            return PLAIN
        _warn_of_other(cells, found, "--decimal")
        return found.notation

    def date(self, cells: pd.Series) -> DateNotation:
        """Return the notation of cells that may be dates, none of them missing."""
        if self.date_format is not None:
            said = DateNotation(self.date_format)
            return max(said, DateNotation(), key=lambda one: one.read(cells).count())
        found = date_notation(cells)
        _warn_of_other(cells, found, "--date-format")
        return found.notation


def column_of(cells: pd.Series, declared: str | None, notations: Notations) -> Column:
    """Return what is learnt of a column.

    Parameters
    ----------
    cells : Series
        Its cells, one of them not missing.
    declared : str or None
        One of `TYPES` but the last two; None to infer it.
    notations : Notations
        How cells are written.

    Raises
    ------
    UsageError
        When a cell holds more than a value, or the cells look like identifiers.
    """
    if declared is not None:
        return DECLARED[declared](cells, notations)
    for is_kind, kind in KINDS_OF_DTYPES:
        if is_kind(cells.dtype):
            return kind.fitted(cells.name, cells)
    return _of_text(cells, notations)


def _of_text(cells: pd.Series, notations: Notations) -> Column:
    there = cells.dropna()
    _expect_plain(there)
    if BooleanColumn.parse(there).notna().all():
        return BooleanColumn.fitted(str(cells.name), cells)
    number = notations.number(there)
    if _share(NumberColumn(str(cells.name), 0.0, False, number).parse(there)) >= NumberColumn.least:
        return NumberColumn.fitted(str(cells.name), cells, number)
    date = notations.date(there)
    if _share(date.read(there)) >= DateColumn.least:
        return DateColumn.fitted(str(cells.name), cells, date)
    expect_no_identifier(str(cells.name), cells)
    return CategoryColumn.fitted(str(cells.name), cells)


def _number(cells: pd.Series, notations: Notations) -> Column:
    there = cells.dropna()
    notation = PLAIN if pd.api.types.is_numeric_dtype(cells) else notations.number(there)
    return NumberColumn.fitted(str(cells.name), cells, notation)


def _date(cells: pd.Series, notations: Notations) -> Column:
    if pd.api.types.is_datetime64_any_dtype(cells):
        return DateColumn.fitted(str(cells.name), cells)
    return DateColumn.fitted(str(cells.name), cells, notations.date(CategoryColumn.parse(cells.dropna())))


DECLARED: Mapping[str, Callable[[pd.Series, Notations], Column]] = {
    "number": _number,
    "date": _date,
    "category": lambda cells, notations: CategoryColumn.fitted(str(cells.name), cells),
    "boolean": lambda cells, notations: BooleanColumn.fitted(str(cells.name), cells),
}


def _share(values: pd.Series) -> float:
    return float(values.notna().mean())


def _warn_of_other(cells: pd.Series, found: Found[Any], option: str) -> None:
    """Say where a column can be read in two ways, and by which it is read."""
    if found.instead is None:
        return
    values, others = found.notation.read(cells), found.instead.read(cells)
    place = int(np.argmax((values != others).to_numpy()))
    warnings.warn(
        f"column '{cells.name}': '{cells.iloc[place]}' may be {values.iloc[place]} or {others.iloc[place]}, "
        f"taken as {values.iloc[place]} in the whole column: say which ({option})",
        stacklevel=2,
    )


def _expect_plain(cells: pd.Series) -> None:
    """Refuse cells that hold more than a value, or a value that is neither number, date nor text."""
    if pd.api.types.is_string_dtype(cells.dtype) and cells.dtype != object:
        return
    for place, cell in enumerate(cells):
        if isinstance(cell, STRANGE):
            raise UsageError(
                f"row {row_of(cells, place)}, column '{cells.name}': got a {type(cell).__name__}, expected a "
                f"number, a date, a duration or text; leave the column out (--ignore '{cells.name}')"
            )


def row_of(cells: pd.Series, place: int) -> int:
    """Return the number of a row as a reader of the file counts it, from 1 below the header."""
    label = cells.index[place]
    return int(label) + 1 if isinstance(label, int | np.integer) else place + 1
