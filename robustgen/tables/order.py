"""What the order of the rows tells: drifts, and cells that are odd beside their neighbours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from robustgen.tables.column_findings import AS_WRITTEN
from robustgen.tables.finding import Finding, counted, places
from robustgen.tables.kinds import Notations
from robustgen.tables.text import days_of, numbers_of

LEAST_ROWS = 50
SMOOTH = 0.8
"""The rank correlation of a cell with the next one from which on a column follows the order of the rows."""
DRIFTS = 0.5
"""The rank correlation with the number of the row from which on a column that is not smooth drifts."""
NEIGHBOURS = 7
ODD = 8.0
"""Spreads from the median of its neighbours at which a cell is odd."""
NORMAL_MAD = 1.4826


def order_findings(
    table: pd.DataFrame, identifiers: tuple[str, ...], notations: Notations = AS_WRITTEN
) -> Iterator[Finding]:
    """Find columns of numbers and dates that follow the order of the rows, and the cells that break it.

    Parameters
    ----------
    table : DataFrame (n, d)
        As read, in the order of the file.
    identifiers : tuple of str
        Columns to pass over.
    notations : robustgen.tables.kinds.Notations
        How cells are written, as far as a person has said so.

    Yields
    ------
    Finding
        "out of order", with the rows whose cell is far from the running median where neighbours are alike,
        and "drift" where a column changes over the file without being smooth.
    """
    for name in table:
        values = None if name in identifiers else _numbers(table[name].reset_index(drop=True), notations)
        if values is not None and values.size >= LEAST_ROWS and np.ptp(values) > 0:
            yield from _of_column(str(name), values)


def _numbers(cells: pd.Series, notations: Notations) -> NDArray[np.float64] | None:
    numbers = numbers_of(cells, notations)
    found = days_of(cells, notations) if numbers is None else numbers
    if found is None:
        return None
    values = pd.Series(found)
    values = values.where(np.isfinite(values))
    return values.ffill().bfill().to_numpy() if values.notna().mean() > 0.5 else None


def _of_column(name: str, values: NDArray[np.float64]) -> Iterator[Finding]:
    ranks = rankdata(values)
    if _correlation(ranks[:-1], ranks[1:]) >= SMOOTH:
        odd = _odd(values)
        if odd.any():
            cells = counted(int(odd.sum()), "cell")
            sentence = f"{cells} of {name} far from the rows above and below, which are alike"
            yield Finding("out of order", (name,), places(odd), sentence)
    elif abs(drift := _correlation(ranks, np.arange(ranks.size))) >= DRIFTS:
        way = "rises" if drift > 0 else "falls"
        yield Finding("drift", (name,), (), f"{name} {way} over the file (rank correlation {drift:.2f})")


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _odd(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    running = pd.Series(values).rolling(NEIGHBOURS, center=True, min_periods=1).median().to_numpy()
    distances = np.abs(values - running)
    usual = NORMAL_MAD * np.median(distances)
    if usual == 0:  # most cells equal their neighbours' median: the spread of those that do not
        usual = np.median(distances[distances > 0]) if (distances > 0).any() else 0.0
    return (distances > ODD * usual) & (usual > 0)
