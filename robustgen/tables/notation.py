"""How people write numbers and dates: a notation is one rule for a whole column, never chosen by the cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd

from robustgen._storable import storable

ENOUGH = 0.95
"""The share of a column's cells that the notation of decimal points has to read to be the column's."""
LEAST_UNIT = 0.5
"""The share of the cells that have a unit, to be one of the column."""
LOOKED_AT = 1000
"""Distinct cells that are looked at to see whether a column may hold numbers or dates at all."""
NOTATIONS = ((".", ","), (".", " "), (".", "'"), (",", "."), (",", " "), (",", "'"))
"""Signs of decimals and of thousands, those that are usual among programs first."""
SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f"), " ") | {0x2212: "-", 0x2019: "'"}
"""What is written in place of a space, a minus and an apostrophe."""
UNSEEN = dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF))
"""Marks of direction and the like, which nobody sees."""
CURRENCIES = "[$¢£¤¥\u20a0-\u20cf]|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|CZK|BRL|Rs|kr|zł"
UNIT = rf"[%‰]|{CURRENCIES}|[°µμΩ]?[^\W\d_][^\W_]{{0,8}}[²³]?(?:/[^\W_]{{1,4}})?"
"""What may stand behind a number: 12 %, 12 €, 12 kg, 12 °C, 12 km/h."""
DIGIT = re.compile(r"\d")
DATE = r"\s*\w{1,9}[-/. ]\s*\w{1,9}[-/., ]\s*\d{2,4}(?:[ T].*)?"
ISO = "ISO8601"
DATES = (
    *(ISO, "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d"),
    *("%m/%d/%y", "%d/%m/%y", "%d.%m.%y"),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"),
)
"""Patterns of dates; where two read a column equally well it is the first."""
TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


Notation = TypeVar("Notation", "NumberNotation", "DateNotation")


@dataclass(frozen=True)
class Found(Generic[Notation]):
    """A notation of a column.

    Attributes
    ----------
    notation : NumberNotation or DateNotation
        The one that reads most cells.
    share : float
        The share of the distinct cells that it reads.
    instead : NumberNotation, DateNotation or None
        Another one that reads as many, and otherwise.
    """

    notation: Notation
    share: float
    instead: Notation | None = None


@storable
@dataclass(frozen=True)
class NumberNotation:
    """Numbers with one sign of decimals, one of thousands, and one unit.

    Parameters
    ----------
    decimal : str
        "." or ",".
    thousands : str
        ",", ".", " " or "'" between groups of three digits; "" for none. Commas may be those of India, too:
        12,34,567.
    unit : str
        What stands before or behind each number, such as "%", "€" or "kg"; a number without a unit is read
        all the same, but for "%".

    Examples
    --------
    >>> NumberNotation(",", ".", "€").read(pd.Series(["1.234,50 €", "€ 3", "2 kg", None])).tolist()
    [1234.5, 3.0, nan, nan]
    >>> NumberNotation(".", ",").read(pd.Series(["1,234.5", "(12)", "12-", "12,34"])).tolist()
    [1234.5, -12.0, -12.0, nan]
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    @property
    def example(self) -> str:
        """A number as it is written so."""
        return f"1{self.thousands}234{self.decimal}5{' ' if self.unit else ''}{self.unit}"

    def read(self, cells: pd.Series) -> pd.Series:
        """Return cells (n,) as numbers, NaN for what is none in this notation."""
        return by_distinct(
            cells, lambda distinct: [self._number(*self.split(str(cell))) for cell in distinct]
        )

    def split(self, cell: str) -> tuple[str, str]:
        """Return a number as Python writes it and its unit; ("", "") for what is none in this notation."""
        found = _pattern(self.decimal, self.thousands).fullmatch(cell.translate(SPACES | UNSEEN).strip())
        if found is None or bool(found["opened"]) != bool(found["closed"]):
            return "", ""
        digits = found["digits"].replace(self.thousands or " ", "").replace(self.decimal, ".")
        negative = found["opened"] or "-" in (found["sign"], found["inner"], found["trailing"])
        return ("-" if negative else "") + digits, found["before"] or found["after"] or ""

    def _number(self, number: str, unit: str) -> float:
        known = unit == self.unit or (not unit and self.unit not in "%‰")
        return float(number) if number and known else np.nan


PLAIN = NumberNotation()


@lru_cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    point, comma = re.escape(decimal), re.escape(thousands)
    grouped = rf"[1-9]\d{{0,2}}(?:{comma}\d{{3}})+|" if thousands else ""
    grouped += r"[1-9]\d?(?:,\d\d)+,\d{3}|" if thousands == "," else ""
    digits = rf"(?:(?:{grouped}\d+)(?:{point}\d*)?|{point}\d+)(?:[eE][-+]?\d+)?"
    return re.compile(
        rf"(?P<opened>\()?(?P<sign>[-+])? ?(?P<before>{CURRENCIES})? ?(?P<inner>[-+])?"
        rf"(?P<digits>{digits})(?P<trailing>-)? ?(?P<after>{UNIT})?(?P<closed>\))?"
    )


@storable
@dataclass(frozen=True)
class DateNotation:
    """Dates by a pattern, with a time of day behind them or not.

    Parameters
    ----------
    pattern : str
        As ``strptime`` takes it, or "ISO8601".

    Examples
    --------
    >>> DateNotation("%d.%m.%Y").read(pd.Series(["31.12.2023 10:00", "1.2.2024"])).astype(str).tolist()
    ['2023-12-31 10:00:00', '2024-02-01 00:00:00']
    """

    pattern: str = ISO

    @property
    def example(self) -> str:
        """A date as it is written so."""
        return "2023-12-31" if self.pattern == ISO else pd.Timestamp("2023-12-31").strftime(self.pattern)

    def read(self, cells: pd.Series) -> pd.Series:
        """Return cells (n,) as dates, NaT for what is none by this pattern; time zones become UTC."""
        if self.pattern == ISO or pd.api.types.is_datetime64_any_dtype(cells):
            return by_distinct(cells, _iso_dates)
        return by_distinct(cells, self._dates)

    def _dates(self, cells: pd.Series) -> pd.Series:
        distinct = cells.map(str).astype("object").str.strip()
        dates = pd.Series(pd.NaT, distinct.index, dtype="datetime64[us]")
        for time in TIMES if "%H" not in self.pattern and "%I" not in self.pattern else ("",):
            left = dates.isna()
            found = pd.to_datetime(distinct[left], format=self.pattern + time, errors="coerce", utc=True)
            dates[left] = found.dt.tz_localize(None)
        return dates


BY_ISO = DateNotation()


def number_notation(
    cells: pd.Series, decimal: str | None = None, thousands: str | None = None
) -> Found[NumberNotation]:
    """Return the notation of a column that may hold numbers.

    Parameters
    ----------
    cells : Series of str
        Without missing ones.
    decimal, thousands : str or None
        The signs, where they are known.

    Returns
    -------
    Found
        Decimal commas are the column's only where points leave more than 5 % of it unread: one cell that is
        written otherwise changes nothing for the others.

    Examples
    --------
    >>> number_notation(pd.Series(["1.234,5", "17", "1,50"])).notation.example
    '1.234,5'
    >>> found = number_notation(pd.Series(["1,234", "5,678"]))
    >>> found.notation.example, found.instead.example
    ('1,234.5', '1.234,5')
    """
    distinct = _distinct(cells)
    signs = [
        one for one in NOTATIONS if one[0] == (decimal or one[0]) and one[1] == (thousands or one[1])
    ] or [(decimal or ("," if thousands == "." else "."), thousands or "")]
    if not _any_number(distinct[:LOOKED_AT], signs):
        return Found(NumberNotation(*signs[0]), 0.0)
    found = [_with_unit(NumberNotation(*one), distinct) for one in signs]
    points = [one for one in found if one.notation.decimal == signs[0][0]]
    best = max(points, key=lambda one: one.share)
    return _chosen(found if best.share < ENOUGH else points, best, found, distinct)


def date_notation(cells: pd.Series) -> Found[DateNotation]:
    """Return the notation of a column that may hold dates.

    Parameters
    ----------
    cells : Series of str
        Without missing ones.

    Returns
    -------
    Found
        The pattern that reads most.

    Examples
    --------
    >>> date_notation(pd.Series(["31/12/2023", "1/2/2024"])).notation.pattern
    '%d/%m/%Y'
    """
    distinct = _distinct(cells)
    looked_at = pd.Series(distinct[:LOOKED_AT], dtype="object")
    iso = Found(DateNotation(), _share_of(DateNotation().read(looked_at)))
    if iso.share >= LEAST_UNIT or looked_at.str.fullmatch(DATE).mean() < LEAST_UNIT:
        return Found(DateNotation(), _share_of(DateNotation().read(pd.Series(distinct, dtype="object"))))
    likely = [
        pattern for pattern in DATES[1:] if DateNotation(pattern).read(looked_at).notna().mean() >= LEAST_UNIT
    ]
    column = pd.Series(distinct, dtype="object")
    found = [Found(one, _share_of(one.read(column))) for one in map(DateNotation, likely)] or [iso]
    return _chosen(found, max(found, key=lambda one: one.share), found, distinct)


def _chosen(
    among: Sequence[Found[Notation]],
    first: Found[Notation],
    all_found: Sequence[Found[Notation]],
    distinct: list[str],
) -> Found[Notation]:
    """Return the best of some notations, the first at equal shares, with one that reads otherwise as much."""
    best = first
    for other in among:
        best = other if other.share > best.share else best
    column = pd.Series(distinct, dtype="object")
    values = best.notation.read(column)
    for other in all_found:
        if other.share == best.share and not values.equals(other.notation.read(column)):
            return replace(best, instead=other.notation)
    return best


def _share_of(values: pd.Series) -> float:
    return float(values.notna().mean()) if len(values) else 0.0


def _any_number(distinct: Sequence[str], signs: Collection[tuple[str, str]]) -> bool:
    """Tell whether a fair share of cells may be numbers."""
    notations = [NumberNotation(*one) for one in signs]
    likely = [cell for cell in distinct if DIGIT.search(cell)]
    numbers = sum(any(notation.split(cell)[0] for notation in notations) for cell in likely)
    return numbers >= LEAST_UNIT / 2 * len(distinct) > 0


def _with_unit(notation: NumberNotation, distinct: list[str]) -> Found[NumberNotation]:
    """Return a notation with the unit that most of the cells have, and the share of them that it reads."""
    units = [unit for number, unit in map(notation.split, distinct) if number]
    counts = pd.Series(units, dtype="object").value_counts()
    unit = str(counts.index[0]) if len(counts) and counts.iloc[0] >= LEAST_UNIT * len(distinct) else ""
    plain = 0 if unit in ("", "%", "‰") else counts.get("", 0)
    share = (counts.get(unit, 0) + plain) / len(distinct)
    return Found(NumberNotation(notation.decimal, notation.thousands, unit), float(share))


def _distinct(cells: pd.Series) -> list[str]:
    return [str(cell) for cell in pd.unique(cells.dropna().astype("object"))]


def _iso_dates(cells: pd.Series) -> pd.Series:
    return pd.to_datetime(cells, errors="coerce", format=ISO, utc=True).dt.tz_localize(None)


def by_distinct(cells: pd.Series, read: Callable[[pd.Series], Any]) -> pd.Series:
    """Return what a function makes of each cell, asking it once of each distinct one.

    Parameters
    ----------
    cells : Series (n,)
        Any cells; missing ones are missing in what is returned.
    read : callable
        From the distinct cells (k,), in order of first appearance, to their values.
    """
    codes, distinct = pd.factorize(cells.astype("object"))
    values = read(pd.Series(distinct, dtype="object"))
    return pd.Series(values, dtype=None if len(values) else "float64").reindex(codes).set_axis(cells.index)
