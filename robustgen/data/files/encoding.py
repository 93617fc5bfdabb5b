"""A table as numbers: each column by its kind, one rule for all.

A detector of a user's own has its preprocessing in a pipeline that is fitted and saved; the
benchmark needs none of that, only numbers that every detector gets alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError

if TYPE_CHECKING:
    import pandas as pd

#: More different values than this are no categories.
MOST_CATEGORIES = 50

# In the words of pandas.api.types.infer_dtype; a mixture of numbers and text is read as text.
_NUMBERS = {"boolean", "integer", "floating", "mixed-integer-float", "decimal"}
_TEXT = {"string", "categorical", "mixed-integer"}


def to_numbers(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return the cells of a table as numbers.

    A number stays what it is, False and True become 0 and 1, and a column of text or categories
    becomes a column of 0 and 1 for each of its values, in alphabetical order.

    Parameters
    ----------
    table : DataFrame (n, d)
        The columns, without the label.
    name : str
        What the table is called in an error.

    Returns
    -------
    float64 (n, e)
        With e >= d columns, in the order of the table.

    Raises
    ------
    UsageError
        If there is no column, a cell is empty or infinite, text stands in a column of numbers, a
        column of text has more than 50 different values, or holds neither numbers nor text. Row
        and column are named; rows are counted from 1 below the header.

    Examples
    --------
    >>> import pandas as pd
    >>> to_numbers(pd.DataFrame({"heat": [61, 97], "fuel": ["oil", "gas"]}), "boilers.csv")
    array([[61.,  0.,  1.],
           [97.,  1.,  0.]])
    """
    if not table.shape[1]:
        raise UsageError(f"'{name}' has no column but its label")
    check_filled(table, name)
    numbers = np.column_stack([_column(table[column], name) for column in table])
    check_finite(numbers, name)
    return numbers


def check_finite(X: Any, name: str) -> None:
    """Refuse rows of anything but finite numbers, dense or sparse, by the first such row."""
    stored = X if isinstance(X, np.ndarray) else X.data
    if stored.dtype.kind not in "biuf":
        raise UsageError(f"'{name}' holds values of type {stored.dtype}: expected numbers")
    bad = ~np.isfinite(stored)
    if bad.any():
        row = bad.nonzero()[0][0] if stored is X else X.tocoo().row[bad][0]
        raise UsageError(
            f"row {row + 1} of '{name}' holds NaN or an infinite number: mend the row or remove it"
        )


def check_filled(table: pd.DataFrame, name: str) -> None:
    """Refuse a table with an empty cell, by its row and column."""
    empty = table.isna().to_numpy()
    if empty.any():
        row, column = np.argwhere(empty)[0]
        raise UsageError(
            f"row {row + 1} of '{name}' has no value in column '{table.columns[column]}' "
            f"({np.count_nonzero(empty)} such cells in all): fill them, or remove their rows"
        )


def _column(column: pd.Series, name: str) -> NDArray[np.float64]:
    import pandas as pd

    kind = pd.api.types.infer_dtype(column)
    if kind in _NUMBERS:
        return column.to_numpy(dtype=np.float64)
    if kind in _TEXT:
        return _text_column(column.astype(str), name)
    raise UsageError(
        f"column '{column.name}' of '{name}' holds {kind} values, neither numbers nor text: leave it out"
    )


def _text_column(column: pd.Series, name: str) -> NDArray[np.float64]:
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    parsed = ~np.isnan(numbers)
    if parsed.all():
        return numbers
    if parsed.mean() > 0.5:
        row = int(np.argmin(parsed))
        raise UsageError(
            f"row {row + 1} of '{name}' has '{column.iloc[row]}' in column '{column.name}', which otherwise "
            f"holds numbers: mend the cell, or remove the row"
        )
    values, index = np.unique(column.to_numpy(dtype=object), return_inverse=True)
    if values.size > MOST_CATEGORIES:
        raise UsageError(
            f"column '{column.name}' of '{name}' is text with {values.size} different values, more than "
            f"the {MOST_CATEGORIES} that count as categories: leave the column out, or turn it into numbers"
        )
    return np.eye(values.size)[index]
