"""What a decision takes from each category."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen.tables.columns import BooleanColumn, CategoryColumn, NumberColumn

MOST_LEVELS = 50
LEAST_ROWS = 5
"""Smaller categories count together, and nothing is flagged of them: a misspelt one is to vanish."""
RARE = "rare values"
TWICE = 2.0
COLUMNS = ("column", "value", "n_rows", "share", "removed", "share_removed", "flag")


def category_codes(encoder: Any, table: pd.DataFrame) -> dict[str, pd.Categorical]:
    """Return the categories of each row, by column.

    Parameters
    ----------
    encoder : robustgen.TableEncoder
        Fitted.
    table : DataFrame (n, D)
        The rows.

    Returns
    -------
    dict of str to Categorical (n,)
        Columns of categories and booleans with their most frequent values, all others as "rare values", and
        whether a cell is missing for columns of numbers that have both.
    """
    named = table.rename(columns=str)
    found = {}
    for column in encoder.columns_:
        cells = named[column.name]
        if isinstance(column, CategoryColumn | BooleanColumn):
            found[column.name] = _levels(cells)
        elif isinstance(column, NumberColumn) and cells.isna().any():
            found[column.name] = pd.Categorical(np.where(cells.isna(), "empty", "not empty"))
    return found


def _levels(cells: pd.Series) -> pd.Categorical:
    texts = cells.astype("object").where(cells.notna(), "empty").astype("str")
    counts = texts.value_counts()[:MOST_LEVELS]
    return pd.Categorical(texts.where(texts.isin(counts.index[counts >= LEAST_ROWS]), RARE))


def removed_shares(groups: dict[str, pd.Categorical], removed: NDArray[np.bool_]) -> pd.DataFrame:
    """Return what each category would lose.

    Parameters
    ----------
    groups : dict of str to Categorical (n,)
        What :func:`category_codes` returns.
    removed : ndarray of bool, (n,)
        The rows that would go.

    Returns
    -------
    DataFrame
        A row a category: "column", "value", "n_rows", "share" of the table, "removed" rows, "share_removed"
        of the category, and "flag": "vanishes", "loses more than twice its part", or an empty text.

    Examples
    --------
    >>> site = pd.Categorical(["N"] * 90 + ["W"] * 10)
    >>> shares = removed_shares({"site": site}, np.arange(100) >= 90)
    >>> shares[["value", "share_removed", "flag"]].to_numpy().tolist()
    [['N', 0.0, ''], ['W', 1.0, 'vanishes']]
    """
    lines = [line for name, levels in groups.items() for line in _of_column(name, levels, removed)]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _of_column(name: str, levels: pd.Categorical, removed: NDArray[np.bool_]) -> list[tuple[Any, ...]]:
    counts = np.bincount(levels.codes, minlength=len(levels.categories))
    lost = np.bincount(levels.codes[removed], minlength=len(levels.categories))
    order = np.argsort(-counts, kind="stable")
    n_rows, overall = removed.size, float(removed.mean())
    values = [str(value) for value in levels.categories]
    return [
        (name, values[j], n, n / n_rows, gone, gone / n, _flag(values[j], n, gone, overall))
        for j, n, gone in zip(order.tolist(), counts[order].tolist(), lost[order].tolist(), strict=True)
    ]


def _flag(value: str, n_rows: int, lost: int, overall: float) -> str:
    if value == RARE:
        return ""
    if lost == n_rows:
        return "vanishes"
    if lost >= LEAST_ROWS and lost / n_rows > TWICE * overall:
        return "loses more than twice its part"
    return ""
