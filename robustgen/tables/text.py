"""What the text of a column says, as numbers and as dates."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen.tables.columns import EPOCH, DateColumn, NumberColumn
from robustgen.tables.kinds import Notations

DAY = np.timedelta64(1, "D")


def is_text(cells: pd.Series) -> bool:
    """Tell whether a column was read as text, or as categories."""
    return cells.dtype == object or isinstance(cells.dtype, pd.StringDtype | pd.CategoricalDtype)


def words_of(cells: pd.Series) -> pd.Series:
    """Return the cells that are not missing as text."""
    return cells.dropna().astype("object").astype("str")


def numbers_in(words: pd.Series, notations: Notations) -> pd.Series:
    """Return text (n,) as numbers, NaN where it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the encoder says which of two readings it takes
        notation = notations.number(words)
    return NumberColumn(str(words.name), 0.0, False, notation).parse(words)


def dates_in(words: pd.Series, notations: Notations) -> pd.Series:
    """Return text (n,) as dates, NaT where it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return notations.date(words).read(words)


def are_numbers(words: pd.Series, notations: Notations) -> bool:
    """Tell whether so much of some text is a number that a column of it is one of numbers."""
    return len(words) > 0 and numbers_in(words, notations).notna().mean() >= NumberColumn.least


def are_dates(words: pd.Series, notations: Notations) -> bool:
    """Tell whether so much of some text is a date, and no number, that a column of it is one of dates."""
    if not len(words) or are_numbers(words, notations):
        return False
    return dates_in(words, notations).notna().mean() >= DateColumn.least


def numbers_of(cells: pd.Series, notations: Notations) -> NDArray[np.float64] | None:
    """Return a column of numbers (n,), NaN where there is none; None where it is of another kind."""
    if pd.api.types.is_bool_dtype(cells.dtype):
        return None
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return None if cells.dtype.kind == "c" else cells.astype("float64").to_numpy()
    if is_text(cells) and are_numbers(words := words_of(cells), notations):
        return numbers_in(words, notations).reindex(cells.index).to_numpy()
    return None


def days_of(cells: pd.Series, notations: Notations) -> NDArray[np.float64] | None:
    """Return a column of dates as days since 1970 (n,), NaN where there is none; None of another kind."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        dates = DateColumn(str(cells.name), 0.0, False).parse(cells)
    elif is_text(cells) and are_dates(words := words_of(cells), notations):
        dates = dates_in(words, notations).reindex(cells.index)
    else:
        return None
    return (dates.to_numpy() - EPOCH) / DAY
