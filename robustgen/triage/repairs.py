"""What an odd cell would be in a normal row."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen.tables.columns import BooleanColumn, CategoryColumn, Column, DateColumn, NumberColumn
from robustgen.tables.grouped_number import GroupedNumber

TRIED = 200
"""Normal rows by which reconstruction and median are compared."""
ALIKE = 0.75
"""How alike two spellings are, by difflib's ratio."""
TRUTH = {"0.0": "false", "1.0": "true"}


class Usual(NamedTuple):
    """Cells of some rows as numbers, and what is usual of them in the rows' groups.

    Attributes
    ----------
    values, centers, scales : ndarray of float, (k, d)
        The cells, and median and spread; NaN in columns of categories.
    """

    values: NDArray[np.float64]
    centers: NDArray[np.float64]
    scales: NDArray[np.float64]


class Repairs:
    """The cells that a fitted model expects.

    A number is what the detector's ``reconstruct`` makes of the row once its odd cells are replaced by their
    medians, in the columns in which that comes nearer to the cells of normal rows than the median of their
    group does; elsewhere it is that median. A category is the one that is spelled alike, or else the one
    whose group the row's numbers fit best.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        A :class:`robustgen.TableEncoder` and a detector, fitted.
    table : DataFrame (n, D)
        The rows that it was fitted to.
    normal : ndarray of bool, (n,)
        The rows that were taken as inliers.
    """

    def __init__(self, model: Any, table: pd.DataFrame, normal: NDArray[np.bool_]) -> None:
        self.encoder, self._detector = model[0], model[-1]
        self.columns: dict[str, Column] = {column.name: column for column in self.encoder.columns_}
        self.cells = self.encoder.values(table.reset_index(drop=True))
        self._rows = self.encoder.transform(table)
        self._normal = normal if normal.any() else np.ones_like(normal)
        self._medians = np.median(self._rows[self._normal], axis=0)
        self._first = np.flatnonzero(np.diff(self.encoder.source_, prepend=-1))
        self._foreseen = np.full(len(self.columns), hasattr(self._detector, "reconstruct"))
        self._foreseen &= self._better_than_medians()
        named = [name for name in self.columns if not self.is_group(name)]
        grouped = self.encoder.groups_.numbers if self.encoder.categories == "groups" else ()
        self._grouped: dict[str, GroupedNumber] = dict(zip(named, grouped, strict=False))
        groups = [name for name in self.columns if self.is_group(name)]
        self._group_names = groups
        self._levels = {name: self._counts(name) for name in groups}
        self.empty = self.cells.isna().all(axis=1).to_numpy()
        # Encoded once: to take a cell out of a frame costs more than a column's arithmetic.
        self._numbers = {name: self.columns[name].encode(self.cells[name])[:, 0] for name in named}
        self._spreads = {name: self._spread(name) for name in named}

    def is_group(self, name: str) -> bool:
        """Tell whether a column holds categories or booleans."""
        return isinstance(self.columns[name], CategoryColumn | BooleanColumn)

    def spread(self, name: str) -> float:
        """Return how far the normal cells of a column of numbers lie apart."""
        return self._spreads[name]

    def usual(self, rows: NDArray[np.intp]) -> Usual:
        """Return cells (k, d) of some rows as numbers, and what is usual of them; NaN for categories."""
        found = Usual(*np.full((3, rows.size, len(self.columns)), np.nan))
        for place, (name, column) in enumerate(self.columns.items()):
            if not self.is_group(name):
                cells = self.cells[name].iloc[rows]
                found.values[:, place] = np.where(cells.notna(), column.encode(cells)[:, 0], np.nan)
                found.centers[:, place], found.scales[:, place] = self._units(name, rows)
        return found

    def _units(self, name: str, rows: NDArray[np.intp]) -> tuple[Any, Any]:
        grouped = self._grouped.get(name)
        if grouped is None or grouped.by is None:
            return np.median(self._numbers[name][self._normal]), self._spreads[name]
        own = self._own(grouped.by, rows)
        return grouped.center[own], grouped.scale[own]

    def _own(self, by: int, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the level (k,) of some rows in a column of categories, as the encoder's groups count it."""
        cells = self.cells[self._group_names[by]].iloc[rows].map(_level).to_numpy(dtype=object)
        return self.encoder.groups_.levels[by].codes(cells)

    def numbers(self, odd: NDArray[np.bool_], rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the numbers (k, d) expected in some rows in place of those that are odd (k, d).

        Dates are days since 1970; columns of categories are NaN.
        """
        made = self._made(odd, rows)
        expected = np.full(odd.shape, np.nan)
        for place, name in enumerate(self.columns):
            if not self.is_group(name):
                numbers = np.where(self._foreseen[place], made[:, place], self._medians[self._first[place]])
                expected[:, place] = self._ungrouped(name, numbers, rows)
        return expected

    def _made(self, odd: NDArray[np.bool_], rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return what the detector makes of the first number (k, d) of each column, odd ones replaced."""
        replaced = np.where(odd[:, self.encoder.source_], self._medians, self._rows[rows])
        if not self._foreseen.any():
            return replaced[:, self._first]
        return np.asarray(self._detector.reconstruct(replaced))[:, self._first]

    def _better_than_medians(self) -> NDArray[np.bool_]:
        """Tell for which columns (d,) the detector's reconstruction beats the median, among normal rows."""
        n_columns = len(self.columns)
        better = np.zeros(n_columns, dtype=bool)
        tried = np.flatnonzero(self._normal)[:TRIED]
        for place in range(n_columns):
            odd = np.zeros((tried.size, n_columns), dtype=bool)
            odd[:, place] = True
            first = self._first[place]
            cells = self._rows[tried, first]
            missed = np.abs(self._made(odd, tried)[:, place] - cells).mean()
            better[place] = missed < np.abs(self._medians[first] - cells).mean()
        return better

    def category(self, name: str, row: int) -> str:
        """Return the level expected of a row in a column of categories."""
        levels = self._levels[name]
        cell = self.cells[name].iat[row]
        others = [one for one in levels.index if one != cell and levels[one] > levels.get(cell, 0)]
        if isinstance(self.columns[name], BooleanColumn):
            return TRUTH[self._fitting(name, row)]
        alike = get_close_matches(str(cell).lower(), map(str.lower, others), n=1, cutoff=ALIKE)
        if alike:
            return next(one for one in others if one.lower() == alike[0])
        return self._fitting(name, row)

    def _fitting(self, name: str, row: int) -> str:
        levels = [str(one) for one in self._levels[name].index]
        place = self._group_names.index(name)
        distances = np.zeros(len(levels))
        for column, grouped in self._grouped.items():
            value = self._numbers[column][row]
            if grouped.by == place and np.isfinite(value):
                codes = self.encoder.groups_.levels[place].codes(np.array(levels, dtype=object))
                distances += np.minimum(np.abs(value - grouped.center[codes]) / grouped.scale[codes], 10)
        return levels[int(np.argmin(distances))]  # the most frequent one, where no number tells

    def value(self, name: str, row: int) -> float:
        """Return the cell of a column of numbers; NaN where it is missing."""
        return np.nan if pd.isna(self.cells[name].iat[row]) else float(self._numbers[name][row])

    def _ungrouped(
        self, name: str, numbers: NDArray[np.float64], rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        grouped = self._grouped.get(name)
        if grouped is None or grouped.as_it_is:
            return numbers
        every = np.full(rows.size, -1)
        return grouped.cells(numbers, every if grouped.by is None else self._own(grouped.by, rows))

    def worded(self, name: str, number: float) -> str:
        """Return an expected number as a cell of its column."""
        column = self.columns[name]
        if isinstance(column, DateColumn):
            return str(np.datetime64("1970-01-01") + np.timedelta64(round(number), "D"))
        if isinstance(column, NumberColumn) and column.whole:
            return f"{round(number):,}".replace(",", "")
        return f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"

    def _counts(self, name: str) -> pd.Series:
        return self.cells[name][self._normal].dropna().map(_level).value_counts()

    def _spread(self, name: str) -> float:
        values = self._numbers[name][self._normal]
        lower, upper = np.percentile(values, (25, 75))
        return float(upper - lower) / 1.349 or float(values.std()) or 1.0


def _level(cell: Any) -> str:
    """Return a category or a boolean as the encoder's groups name it, "" where it is missing."""
    return "" if pd.isna(cell) else str(cell)
