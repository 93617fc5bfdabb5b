"""Why a row is an outlier: the columns of a table that contribute most to its error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from robustgen.inputs import Input


def reasons(model: Any, source: Input, rows: NDArray[np.bool_], n_columns: int) -> NDArray[Any]:
    """Return for each marked row of a table the columns that speak loudest; nothing for the others.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        An encoder and a detector.
    source : Input
        The rows.
    rows : ndarray of bool, (n,)
        The rows to explain.
    n_columns : int
        How many columns to name.

    Returns
    -------
    ndarray of str, (n,)
        Such as "src_bytes = 54540 (61 %), service = ftp (20 %)": the column, the cell, and its
        part of the sum over all columns.

    Raises
    ------
    UsageError
        When the rows are not a table's.
    """
    if not source.tabular:
        raise UsageError(f"'{source.path}' has no columns that could be named: leave out --explain")
    found = np.full(rows.size, "", dtype=object)
    start = 0
    for block in source.blocks():
        marked = np.flatnonzero(rows[start : start + len(block)])
        if marked.size:
            found[start + marked] = _loudest(model, block.iloc[marked], n_columns)
        start += len(block)
    return found


def _loudest(model: Any, table: pd.DataFrame, n_columns: int) -> list[str]:
    encoder = model[0]
    shares = _shares(encoder, model[-1].explain(encoder.transform(table)))
    order = np.argsort(-shares, axis=1, kind="stable")[:, :n_columns]
    names = encoder.feature_names_in_
    cells = table.rename(columns=str)[list(names)]
    return [
        ", ".join(
            f"{names[j]} = {_cell(cells.iat[i, j])} ({shares[i, j]:.0%})".replace("%", " %") for j in row
        )
        for i, row in enumerate(order)
    ]


def _shares(encoder: Any, contributions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part (n, d) of each column in a row's error, from that (n, e) of each of its numbers."""
    first = np.flatnonzero(np.diff(encoder.source_, prepend=-1))
    by_column = np.add.reduceat(contributions, first, axis=1)
    total = by_column.sum(1, keepdims=True)
    return by_column / np.where(total == 0, 1, total)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "empty" if np.isnan(value) else f"{value:g}"
    return "empty" if value is None else " ".join(str(value).split())
