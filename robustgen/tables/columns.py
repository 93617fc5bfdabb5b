"""The kinds of columns: what each learns from the training rows, and how it turns cells into numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._storable import storable
from robustgen.tables.notation import BY_ISO, PLAIN, DateNotation, NumberNotation, by_distinct

MOST_CATEGORIES = 50
"""Of a column's values the most frequent ones are distinguished; all others are one."""
INT64_LIMIT = 2.0**63
"""Whole numbers from here on are left in double precision."""
SECOND = pd.Timedelta(1, "s")
DAY = np.timedelta64(1, "D")
YEAR = 365.2425
"""Days."""
EPOCH = np.datetime64("1970-01-01")


class Column(Protocol):
    """A column of a table, once its kind is known."""

    @property
    def name(self) -> str:
        """Its name in the table."""
        ...

    @property
    def kind(self) -> str:
        """What a cell is expected to be."""
        ...

    @property
    def outputs(self) -> list[str]:
        """The names of the numbers that it becomes."""
        ...

    def parse(self, cells: pd.Series) -> pd.Series:
        """Return cells (n,) as values of the column's kind, missing where they are empty or unreadable."""
        ...

    def encode(self, values: pd.Series) -> NDArray[np.float64]:
        """Return values (n,) as numbers (n, k), missing ones filled in."""
        ...

    def decode(self, numbers: NDArray[np.float64]) -> Any:
        """Return the nearest cells (n,) of numbers (n, k) that a model made."""
        ...


@dataclass(frozen=True)
class OneNumber:
    """What columns share whose cells become one number each.

    Attributes
    ----------
    name : str
        Of the column.
    fill : float
        What a missing cell becomes.
    """

    name: str
    fill: float

    @property
    def outputs(self) -> list[str]:
        """One: the column's own name."""
        return [self.name]

    def encode(self, values: pd.Series) -> NDArray[np.float64]:
        """Fill what is missing."""
        return values.fillna(self.fill).to_numpy()[:, None]


@storable
@dataclass(frozen=True)
class NumberColumn(OneNumber):
    """Numbers as they are; a missing one is the median of the training rows.

    Attributes
    ----------
    name : str
        Of the column.
    fill : float
        The median.
    whole : bool
        Whether all training rows have whole numbers.
    notation : robustgen.tables.notation.NumberNotation
        How numbers are written where they are text.
    """

    whole: bool
    notation: NumberNotation = PLAIN
    least: ClassVar[float] = 0.5

    @property
    def kind(self) -> str:
        """What a cell is expected to be."""
        return "a number" if self.notation == PLAIN else f"a number such as {self.notation.example}"

    @classmethod
    def fitted(cls, name: str, cells: pd.Series, notation: NumberNotation = PLAIN) -> NumberColumn:
        """Learn from cells in a notation."""
        values = cls(name, 0.0, False, notation).parse(cells)
        return cls(name, float(values.median()), bool((values.dropna() % 1 == 0).all()), notation)

    def parse(self, cells: pd.Series) -> pd.Series:
        """Read numbers, or text that is a number."""
        if self.notation != PLAIN and not pd.api.types.is_numeric_dtype(cells):
            return self.notation.read(cells)
        if cells.dtype.kind == "c":  # to drop the imaginary parts would be to read other numbers
            return pd.Series(np.nan, cells.index)
        numeric = pd.api.types.is_numeric_dtype(cells)
        numbers = _as_doubles(cells) if numeric else by_distinct(cells, _as_doubles)
        return numbers.where(np.isfinite(numbers))

    def decode(self, numbers: NDArray[np.float64]) -> Any:
        """Round where the training rows have whole numbers."""
        if not self.whole:
            return numbers[:, 0]
        rounded = numbers[:, 0].round()
        return rounded.astype(np.int64) if (np.abs(rounded) < INT64_LIMIT).all() else rounded


def _as_doubles(cells: pd.Series) -> pd.Series:
    try:
        return pd.to_numeric(cells, errors="coerce").astype("float64")
    except OverflowError:  # of a whole number that no double reaches
        return cells.map(_as_double).astype("float64")


def _as_double(cell: Any) -> float:
    try:
        return float(cell)
    except (OverflowError, TypeError, ValueError):
        return np.nan


@storable
@dataclass(frozen=True)
class DurationColumn(OneNumber):
    """Durations in seconds; a missing one is the median of the training rows.

    Attributes
    ----------
    name : str
        Of the column.
    fill : float
        The median.
    """

    kind: ClassVar[str] = "a duration such as 01:30:00"

    @classmethod
    def fitted(cls, name: str, cells: pd.Series) -> DurationColumn:
        """Learn from cells."""
        return cls(name, float(cls.parse(cells).median()))

    @staticmethod
    def parse(cells: pd.Series) -> pd.Series:
        """Read durations, or text that is one."""
        return pd.to_timedelta(cells, errors="coerce") / SECOND

    def decode(self, numbers: NDArray[np.float64]) -> Any:
        """Return durations, of seconds that a duration can have."""
        most = pd.Timedelta.max / SECOND
        return pd.to_timedelta(numbers[:, 0].clip(-most, most), unit="s")


@storable
@dataclass(frozen=True)
class BooleanColumn(OneNumber):
    """True as 1 and False as 0; a missing one is what most training rows have.

    Attributes
    ----------
    name : str
        Of the column.
    fill : float
        0 or 1.
    """

    kind: ClassVar[str] = "true or false"
    least: ClassVar[float] = 1.0
    words: ClassVar[dict[str, float]] = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}

    @classmethod
    def fitted(cls, name: str, cells: pd.Series) -> BooleanColumn:
        """Learn from cells."""
        return cls(name, float(cls.parse(cells).mean() >= 0.5))

    @classmethod
    def parse(cls, cells: pd.Series) -> pd.Series:
        """Read true, false, yes and no, in capitals or not."""
        return cells.astype("str").str.strip().str.lower().map(cls.words).astype("float64")

    def decode(self, numbers: NDArray[np.float64]) -> Any:
        """Return true from 1/2 on."""
        return numbers[:, 0] >= 0.5


@storable
@dataclass(frozen=True)
class DateColumn:
    """Days since 1970, and the phases of the week, the year and the day, as points on circles.

    Of the year where the training rows are of more than one, so that a number that follows the seasons is odd
    where it is not of its season; of the day where there are times. Time goes on: days after the last ones of
    the training rows, for as long as these span, count as the last.

    Attributes
    ----------
    name : str
        Of the column.
    fill : float
        The median of the training rows, in days since 1970: what a missing date is.
    times : bool
        Whether the training rows have times of day.
    notation : robustgen.tables.notation.DateNotation
        How dates are written where they are text.
    seasons : bool
        Whether nine tenths of the training rows' dates span a year or more.
    last, until : float
        From and until when days count as the last one, which is the last that is not far from the others.
    """

    name: str
    fill: float
    times: bool
    notation: DateNotation = BY_ISO
    seasons: bool = False
    last: float = np.inf
    until: float = np.inf
    least: ClassVar[float] = 0.5

    @property
    def kind(self) -> str:
        """What a cell is expected to be."""
        return f"a date such as {self.notation.example} or {self.notation.example} 13:45:00"

    @classmethod
    def fitted(cls, name: str, cells: pd.Series, notation: DateNotation = BY_ISO) -> DateColumn:
        """Learn from cells in a notation."""
        days = _days(notation.read(cells).dropna())
        if not days.size:
            return cls(name, np.nan, False, notation)
        first, median, late = map(float, np.percentile(days, (5, 50, 95)))
        span = late - first
        last = float(days[days <= late + span].max())
        times = bool((days % 1 != 0).any())
        return cls(name, median, times, notation, span >= YEAR, last, last + span)

    def parse(self, cells: pd.Series) -> pd.Series:
        """Read dates; a time zone is turned into UTC."""
        return self.notation.read(cells)

    @property
    def outputs(self) -> list[str]:
        """The days, and two for each circle."""
        turns = [f"{circle} {turn}" for circle in self._circles for turn in ("sin", "cos")]
        return [f"{self.name} ({part})" for part in ("days", *turns)]

    @property
    def _circles(self) -> list[str]:
        return ["week", *["year"] * self.seasons, *["day"] * self.times]

    def encode(self, values: pd.Series) -> NDArray[np.float64]:
        """Fill what is missing, and lay the phases on circles."""
        days = np.full(len(values), self.fill)
        days[values.notna().to_numpy()] = _days(values.dropna())
        phases = {"week": np.floor(days) % 7 / 7, "year": days % YEAR / YEAR, "day": days % 1}
        days = np.where((days > self.last) & (days <= self.until), self.last, days)
        angles = [2 * np.pi * phases[circle] for circle in self._circles]
        circles = [turn(angle) for angle in angles for turn in (np.sin, np.cos)]
        return np.column_stack([days, *circles])

    def decode(self, numbers: NDArray[np.float64]) -> Any:
        """Read the days alone; the phases follow from them."""
        days = numbers[:, 0] if self.times else numbers[:, 0].round()
        dates = pd.to_datetime(pd.Series(days), unit="D", errors="coerce")
        return dates.dt.strftime("%Y-%m-%d %H:%M:%S" if self.times else "%Y-%m-%d").to_numpy()


def _days(dates: pd.Series) -> NDArray[np.float64]:
    return (dates.to_numpy() - EPOCH) / DAY


def _as_text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


@storable
@dataclass(frozen=True)
class CategoryColumn:
    """A column of 0 and 1 for each frequent value, and one for all others; a missing cell is a value, too.

    Attributes
    ----------
    name : str
        Of the column.
    categories : tuple of str
        The most frequent values of the training rows, in alphabetical order.
    """

    name: str
    categories: tuple[str, ...]
    kind: ClassVar[str] = "text"

    @classmethod
    def fitted(cls, name: str, cells: pd.Series) -> CategoryColumn:
        """Learn from cells."""
        counts = cls.parse(cells).fillna("").value_counts()
        return cls(name, tuple(sorted(counts.index[:MOST_CATEGORIES])))

    @staticmethod
    def parse(cells: pd.Series) -> pd.Series:
        """Read everything as text; a whole number is the same value where gaps have made it one of floats."""
        return cells.astype("object").map(_as_text, na_action="ignore").astype("object")

    @property
    def outputs(self) -> list[str]:
        """One a value that is distinguished, and one for the others."""
        named = [f"{self.name}={value}" if value else f"{self.name} is empty" for value in self.categories]
        return [*named, f"{self.name} is something else"]

    def encode(self, values: pd.Series) -> NDArray[np.float64]:
        """Mark each row's value."""
        codes = pd.Index(self.categories, dtype=object).get_indexer(values.fillna(""))
        encoded = np.zeros((len(values), len(self.categories) + 1))
        encoded[np.arange(len(values)), codes] = 1  # -1, the last, is what is not among them
        return encoded

    def decode(self, numbers: NDArray[np.float64]) -> Any:
        """Take the value of the largest number among those that are distinguished."""
        return np.array(self.categories, dtype=object)[numbers[:, :-1].argmax(1)]


def expect_no_identifier(name: str, cells: pd.Series) -> None:
    """Raise where hardly any value of a column of text comes twice: an identifier says nothing of a row."""
    n_values = CategoryColumn.parse(cells).fillna("").nunique()
    if n_values > MOST_CATEGORIES and n_values > len(cells) / 2:
        raise UsageError(
            f"column '{name}' is text with {n_values} different values in {len(cells)} rows, which "
            f"looks like an identifier: leave it out (--ignore '{name}')"
        )
