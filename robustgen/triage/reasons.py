"""The top contributors to the score of a row of a table, as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from robustgen.inference.explanation import explain, top_features

NORMAL_MAD = 1.4826


def column_shares(model: Any, table: pd.DataFrame) -> pd.DataFrame:
    """Return the part of each column in the error of each row.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        A :class:`robustgen.TableEncoder` and a detector, fitted.
    table : DataFrame (n, D)
        Rows.

    Returns
    -------
    DataFrame (n, d)
        By the columns that the encoder takes. A row adds up to 1; where the detector does not explain, a part
        is that of the squared distances from the median, in spreads of the rows given.
    """
    explained = hasattr(model[-1], "explain")
    parts = explain(model if explained else Pipeline([*model.steps[:-1], ("distances", Distances())]), table)
    total = parts.sum(axis=1)
    return parts.div(total.where(total != 0, 1), axis=0)


class Distances:
    """Explains rows by how far they are from the median, where a detector does not explain."""

    def explain(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the squared distances (n, e) from the median of these rows, in their spreads."""
        deviations = np.abs(rows - np.median(rows, axis=0))
        spreads = NORMAL_MAD * np.median(deviations, axis=0)
        return np.square(deviations / np.where(spreads > 0, spreads, 1))


def worded_reasons(shares: pd.DataFrame, table: pd.DataFrame, n_columns: int) -> list[str]:
    """Return for each row the columns that contribute most.

    Parameters
    ----------
    shares : DataFrame (n, d)
        What :func:`column_shares` returns.
    table : DataFrame (n, D)
        The same rows.
    n_columns : int
        How many columns to name.

    Returns
    -------
    list of str, (n,)
        Such as "src_bytes = 54540 (61 %), service = ftp (20 %)": the column, the cell, and its
        part of the sum over all columns.
    """
    cells = table.rename(columns=str)
    top = top_features(shares, n_columns)
    return [
        ", ".join(_reason(name, cells[name].iat[i], share) for name, share in zip(names, values, strict=True))
        for i, (names, values) in enumerate(zip(*top, strict=True))
    ]


def _reason(name: str, cell: Any, share: float) -> str:
    return f"{name} = {worded(cell)} ({100 * share:.0f} %)"


def worded(cell: Any) -> str:
    """Return a cell for a sentence.

    Examples
    --------
    >>> worded(40.0), worded(float("nan")), worded("two  words")
    ('40', 'empty', 'two words')
    """
    if isinstance(cell, float):
        return "empty" if np.isnan(cell) else f"{cell:g}"
    return "empty" if cell is None or cell is pd.NaT or cell is pd.NA else " ".join(str(cell).split())
