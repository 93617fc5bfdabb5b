"""What is remarkable in single columns: constants, gaps, mixed types, identifiers, dates, sentinels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen.tables.duplicates import comparable
from robustgen.tables.finding import Finding, counted, places, quoted
from robustgen.tables.identifiers import numbers_name_rows, texts_name_rows
from robustgen.tables.kinds import Notations
from robustgen.tables.text import days_of, is_text, numbers_in, numbers_of, words_of

AS_WRITTEN = Notations()
NEARLY_CONSTANT = 0.99
LEAST_ROWS = 100
"""Rows from which on a share of 99 % says something."""
MOSTLY_MISSING = 0.5
LEAST_DIFFERENT = 0.5
"""Of the rows, copies among them, so many have another value of an identifier."""
LEAST_MIXED = 0.01
"""The share of numbers among texts from which on a column is mixed."""
FAR = 5.0
"""Interquartile ranges from the quartiles beyond which a date is far from all others."""
FAR_DAYS = 365.0
ISOLATED = 3.0
"""Interquartile ranges between a sentinel and all other numbers."""
LEAST_COPIES = 2
SENTINEL_WORDS = frozenset(
    {"?", "-", "--", ".", "x", "tbd", "unknown", "missing", "not available", "n.a.", "na"}
)


def column_findings(
    table: pd.DataFrame, identifiers: tuple[str, ...], notations: Notations = AS_WRITTEN
) -> Iterator[Finding]:
    """Find what is remarkable in each column.

    Parameters
    ----------
    table : DataFrame (n, d)
        As read.
    identifiers : tuple of str
        The columns that name their rows: of them nothing else is said.
    notations : robustgen.tables.kinds.Notations
        How cells are written, as far as a person has said so.

    Yields
    ------
    Finding
        Column by column.
    """
    for name in table:
        cells = table[name].reset_index(drop=True)
        if name in identifiers:
            yield _identifier(cells)
            continue
        for find in FINDERS:
            yield from find(cells, notations)


def identifiers_of(table: pd.DataFrame, notations: Notations = AS_WRITTEN) -> tuple[str, ...]:
    """Return the columns that name their rows; copies of whole rows count once.

    Parameters
    ----------
    table : DataFrame (n, d)
        As read.
    notations : robustgen.tables.kinds.Notations
        How cells are written, as far as a person has said so.

    Returns
    -------
    tuple of str
        Whole numbers and texts that hardly ever repeat; see :mod:`robustgen.tables.identifiers`.

    Examples
    --------
    >>> table = pd.DataFrame({"id": range(1700, 1800), "heat": np.random.default_rng(0).poisson(60, 100)})
    >>> identifiers_of(table)
    ('id',)
    """
    if table.shape[1] == 0:  # older pandas marks none of its rows
        return ()
    cells = comparable(table)
    different = table[~cells.duplicated().to_numpy()]
    least = LEAST_DIFFERENT * len(table)
    return tuple(
        name for name in table if cells[name].nunique() >= least and _names_rows(different[name], notations)
    )


def _names_rows(cells: pd.Series, notations: Notations) -> bool:
    numbers = numbers_of(cells, notations)
    if numbers is not None:
        return numbers_name_rows(numbers)
    return is_text(cells) and texts_name_rows(words_of(cells)) and days_of(cells, notations) is None


def _identifier(cells: pd.Series) -> Finding:
    repeated = cells.duplicated(keep="first") & cells.notna()
    again = f"; {counted(int(repeated.sum()), 'row')} with a value from above" if repeated.any() else ""
    sentence = f"{cells.name} has another value in nearly every row: it is no part of the judgement{again}"
    return Finding("identifier", (str(cells.name),), places(repeated), sentence)


def _constant(cells: pd.Series, notations: Notations) -> Iterator[Finding]:
    values = cells.dropna().astype("str")
    if values.empty:
        return
    counts = values.value_counts()
    name, share = str(cells.name), counts.iloc[0] / len(values)
    if len(counts) == 1 and len(values) == len(cells):
        yield Finding("constant column", (name,), (), f"{name} is {counts.index[0]} in all rows")
    elif len(cells) >= LEAST_ROWS and NEARLY_CONSTANT <= share < 1 and len(values) == len(cells):
        others = places(cells.astype("str") != counts.index[0])
        sentence = f"{name} is {counts.index[0]} in all but {counted(len(others), 'row')}"
        yield Finding("nearly constant column", (name,), others, sentence)


def _missing(cells: pd.Series, notations: Notations) -> Iterator[Finding]:
    missing, name = cells.isna(), str(cells.name)
    if missing.all():
        yield Finding("empty column", (name,), (), f"{name} is empty in all rows and is left out")
    elif missing.mean() > MOSTLY_MISSING:
        sentence = f"{name} is empty in {missing.sum():,} of {counted(len(cells), 'row')}"
        yield Finding("mostly missing", (name,), (), sentence)


def _mixed(cells: pd.Series, notations: Notations) -> Iterator[Finding]:
    if not is_text(cells) or days_of(cells, notations) is not None:
        return
    words = words_of(cells)
    numbers = numbers_in(words, notations).notna()
    share = numbers.mean() if len(words) else 0.0
    if LEAST_MIXED <= share < 1:
        fewer = words.index[numbers if share < 0.5 else ~numbers]
        texts = counted(int((~numbers).sum()), "text")
        sentence = f"{cells.name} holds {counted(int(numbers.sum()), 'number')} and {texts}"
        few = quoted(words[fewer].head(1000))
        yield Finding(
            "mixed types", (str(cells.name),), tuple(map(int, fewer)), f"{sentence} (the fewer: {few})"
        )


def _dates(cells: pd.Series, notations: Notations) -> Iterator[Finding]:
    days = days_of(cells, notations)
    if days is None:
        return
    name = str(cells.name)
    unreadable = np.isnan(days) & cells.notna().to_numpy()
    if unreadable.any():
        sentence = f"{counted(int(unreadable.sum()), 'cell')} of {name} no date: {quoted(cells[unreadable])}"
        yield Finding("impossible dates", (name,), places(unreadable), sentence)
    lower, upper = np.nanpercentile(days, (25, 75))
    margin = max(FAR * (upper - lower), FAR_DAYS)
    far = (days < lower - margin) | (days > upper + margin)
    if far.any():
        sentence = f"{counted(int(far.sum()), 'date')} of {name} far from all others: {quoted(cells[far])}"
        yield Finding("impossible dates", (name,), places(far), sentence)


def _sentinels(cells: pd.Series, notations: Notations) -> Iterator[Finding]:
    name, values = str(cells.name), numbers_of(cells, notations)
    if values is None:
        yield from _sentinel_words(cells)
        return
    for value in _isolated(values):
        marked = values == value
        sentence = f"{name} is {value:g} in {counted(int(marked.sum()), 'row')}, far from all other numbers"
        yield Finding("sentinel", (name,), places(marked), f"{sentence}: a mark of what is missing?")


def _sentinel_words(cells: pd.Series) -> Iterator[Finding]:
    if not is_text(cells):
        return
    words = cells.astype("object").where(cells.notna(), "").astype("str").str.strip().str.lower()
    marked = words.isin(SENTINEL_WORDS)
    if marked.any() and not marked.all():
        hold = f"{counted(int(marked.sum()), 'cell')} of {cells.name} with words for what is missing"
        yield Finding("sentinel", (str(cells.name),), places(marked), f"{hold}: {quoted(cells[marked])}")


def _isolated(values: NDArray[np.float64]) -> Iterator[float]:
    """Yield the least and the largest number where it looks like a mark and lies far from the others."""
    different, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    if different.size < 3:
        return
    lower, upper = np.nanpercentile(values, (25, 75))
    for end, next_to_it in ((0, 1), (-1, -2)):
        value, gap = different[end], abs(different[end] - different[next_to_it])
        repeated = counts[end] >= LEAST_COPIES or _is_nines(value)
        if _looks_like_mark(value) and repeated and gap > ISOLATED * (upper - lower):
            yield float(value)


def _looks_like_mark(value: float) -> bool:
    return _is_nines(value) or value in (-1.0, 0.0, 1e6, 1e9)


def _is_nines(value: float) -> bool:
    return value % 1 == 0 and abs(value) >= 9 and set(f"{abs(value):.0f}") == {"9"}


FINDERS: tuple[Callable[[pd.Series, Notations], Iterator[Finding]], ...] = (
    _constant,
    _missing,
    _mixed,
    _dates,
    _sentinels,
)
