"""From a DataFrame of mixed columns to numbers, learnt once and applied to any number of chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from robustgen._checks import UsageError, is_numeral, suggest
from robustgen._fitting import all_at_once
from robustgen._storable import storable
from robustgen.tables.column_findings import identifiers_of
from robustgen.tables.columns import BooleanColumn, CategoryColumn, Column, DateColumn, NumberColumn
from robustgen.tables.groups import Groups, fit_groups
from robustgen.tables.kinds import TYPES, Notations, column_of, row_of
from robustgen.tables.notation import ISO, PLAIN, DateNotation, NumberNotation

CHOICES = {
    "missing": ("impute", "refuse"),
    "categories": ("groups", "indicators"),
    "bad_cells": ("refuse", "missing"),
}
Values = tuple[Column, pd.Series]
"""A column, and its cells as values of its kind."""


@storable
class TableEncoder(TransformerMixin, BaseEstimator):
    """Turn numbers, booleans, dates, durations and categories into numbers: the first step of a pipeline.

    A column's kind is estimated from its cells, where it is not declared. Dates become days and phases of
    week, year and day, durations seconds. Numbers and dates may be written as people write them: 1.234,5 or
    1,234.5, with a percent sign, a currency or a unit, 12/31/2023 or 31.12.2023 10:00, in one notation a
    column (:mod:`robustgen.tables.notation`), which is remembered. Cells that a column's kind cannot be read
    from are errors, or missing values on request.

    Columns that name their rows, whole numbers or text that hardly ever repeat, are left out: no row is odd
    because its number is, and new rows have new ones.

    With ``categories="groups"`` rows are judged within their group, so that none is suspect because its
    group is small (:mod:`robustgen.tables.groups`). A number becomes what it would be if the row's group were
    like all rows, where the categories and booleans explain something of it, in a unit in which skewed
    numbers are symmetric; one that hardly any row has, or that takes a few values, is far only where it is
    far from all of these. A category or a boolean becomes one number that says how odd the value is: 0 unless
    it is so rare that it may be a slip, or unlikely given the other categories.

    With ``categories="indicators"`` the cells themselves are kept, for models that make new rows: numbers
    stay, booleans become 0 and 1, text becomes a column for each of its 50 most frequent values and one for
    all others.

    Parameters
    ----------
    missing : {"impute", "refuse"}
        "impute" puts the median for a number or a date; a missing category or boolean is a value of its own,
        judged as others are. Of groups a second number says how odd it is that the number is missing, or that
        it is there, 0 where it is nothing odd, for columns with missing cells in training, and of those that
        take a few values whether it is one of these; in the others a missing cell is the farther from the
        median the odder that is. Of indicators a missing boolean becomes
        what most rows have. "refuse" raises an error that names the cell.
    categories : {"groups", "indicators"}
        What becomes of categories and booleans.
    ignore : sequence of str
        Columns to leave out, such as labels; they need not be there when rows are transformed.
    types : mapping of str to str, or None
        What columns are declared to be: "number", "category" (of integer codes, too), "date", "boolean", "id"
        or "ignore"; the last two are left out, as by ``ignore``. Of others it is inferred.
    decimal : {".", ","} or None
        The sign of decimals in numbers that are text; None infers it for each column, the point first.
    thousands : {",", ".", " ", "'"} or None
        The sign between thousands; None infers it for each column.
    date_format : str or None
        The pattern of dates that are not in ISO 8601, as ``strptime`` takes it: "%d.%m.%Y".
    na : sequence of str
        What else a cell says that is missing, such as "-" or "-999".
    bad_cells : {"refuse", "missing"}
        What becomes of a cell from which its column's kind cannot be read.

    Attributes
    ----------
    identifiers_ : tuple of str
        Columns that were left out because they name their rows and say nothing of them
        (:mod:`robustgen.tables.identifiers`); they need not be there when rows are transformed, either.
    columns_ : list of Column
        What was learnt of each column, in order; see :mod:`robustgen.tables.columns`.
    groups_ : robustgen.tables.groups.Groups
        What is normal in each group, where rows are judged within theirs.
    notes_ : tuple of str
        What a reader should know of how columns were read: those in a notation that was inferred, and how
        many bad cells are missing.
    source_ : ndarray of int, (e,)
        For each number that comes out, the place of its column in ``columns_``.
    feature_names_in_ : ndarray of str
        The columns' names.

    Notes
    -----
    scikit-learn's ``ColumnTransformer`` could do most of this, but its fitted state is scikit-learn's own
    affair and would have to be pickled; this one is a few plain values that a model file holds, and
    it names the row and the column of a bad cell.

    Examples
    --------
    >>> table = pd.DataFrame({"heat": [61, 97, 64], "fuel": ["oil", "gas", "oil"]})
    >>> list(TableEncoder().fit(table).get_feature_names_out())
    ['heat', 'fuel (oddity)']
    >>> encoder = TableEncoder(categories="indicators").fit(table)
    >>> list(encoder.get_feature_names_out())
    ['heat', 'fuel=gas', 'fuel=oil', 'fuel is something else']
    >>> encoder.transform(pd.DataFrame({"fuel": ["oil", "coal"], "heat": [60, None]}))
    array([[60.,  0.,  1.,  0.],
           [64.,  0.,  0.,  1.]])
    """

    groups_: Groups

    def __init__(
        self,
        *,
        missing: str = "impute",
        categories: str = "groups",
        ignore: Sequence[str] = (),
        types: Mapping[str, str] | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        date_format: str | None = None,
        na: Sequence[str] = (),
        bad_cells: str = "refuse",
    ) -> None:
        self.missing = missing
        self.categories = categories
        self.ignore = ignore
        self.types = types
        self.decimal = decimal
        self.thousands = thousands
        self.date_format = date_format
        self.na = na
        self.bad_cells = bad_cells

    @all_at_once
    def fit(self, X: pd.DataFrame, y: Any = None) -> TableEncoder:
        """Learn the kind of each column, and what stands for its missing cells.

        Parameters
        ----------
        X : DataFrame (n, d) of pandas, polars or Arrow
            The training rows.
        y : None
            Ignored.

        Returns
        -------
        TableEncoder
            The fitted encoder itself.

        Raises
        ------
        UsageError
            When a parameter is wrong, a cell is not of its column's kind, or a column is empty; row
            (from 1) and column are named.
        """
        self._check_parameters()
        table = self._table(X)
        types = dict(self.types or {})
        for name in (*self.ignore, *types):
            _expect_column(name, table)
        notations = Notations(self.decimal, self.thousands, self.date_format)
        offered = [name for name in table.columns if name not in self._left_out()]
        identifiers = identifiers_of(table[[name for name in offered if name not in types]], notations)
        # Where nothing else is there, what looks like numbers of rows is what there is to learn from.
        self.identifiers_ = identifiers if len(identifiers) < len(offered) else ()
        used = [name for name in offered if name not in self.identifiers_]
        if not used:
            raise UsageError("no column is left to learn from: ignore fewer of them")
        self.columns_ = [self._learnt(table[name], types.get(name), notations) for name in used]
        self.feature_names_in_ = np.array(used, dtype=object)
        self.n_features_in_ = len(used)
        values = self._values(table)
        self.notes_ = (*map(_note_of_notation, self.columns_), *_notes_of_bad(table, values))
        self.notes_ = tuple(filter(None, (*self.notes_, _note_of_points(self.columns_))))
        if self.categories == "groups":
            self.groups_ = fit_groups(_levels(values), _numbers(values))
        self.source_ = np.repeat(np.arange(len(used)), [len(names) for names in self._outputs()])
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the rows as numbers.

        Parameters
        ----------
        X : DataFrame (n, d) of pandas, polars or Arrow
            Rows with the columns of the training rows, in any order.

        Returns
        -------
        ndarray of float64, (n, e)
            Nothing is missing in it.

        Raises
        ------
        UsageError
            When a column is missing or unknown, or a cell is not of its column's kind.
        """
        check_is_fitted(self)
        table = self._table(X)
        self._expect_columns(table)
        values = self._values(table)
        if self.categories == "indicators":
            return np.hstack([column.encode(cells) for column, cells in values])
        return self._within_groups(values)

    def values(self, X: pd.DataFrame) -> pd.DataFrame:
        """Return the cells as values of their columns' kinds, missing where they are empty.

        Parameters
        ----------
        X : DataFrame (n, d) of pandas, polars or Arrow
            Rows with the columns of the training rows.

        Returns
        -------
        DataFrame (n, k)
            Numbers, dates and durations as numbers and dates, categories as text, booleans as 0 and 1.
        """
        check_is_fitted(self)
        return pd.DataFrame({column.name: cells for column, cells in self._values(self._table(X))})

    def _values(self, table: pd.DataFrame) -> list[Values]:
        return [(column, self._parsed(table[column.name], column)) for column in self.columns_]

    def _within_groups(self, values: list[Values]) -> NDArray[np.float64]:
        judged = self.groups_.judged(_levels(values), _numbers(values))
        parts = judged.numbers.T, judged.presences.T, self.groups_.numbers
        oddities, numbers = iter(judged.oddities.T), zip(*parts, strict=True)
        blocks = []
        for column, cells in values:
            if _is_group(column):
                blocks.append(next(oddities)[:, None])
            else:
                number, odd, grouped = next(numbers)
                phases = column.encode(cells)[:, 1:] * (grouped.seldom is None)
                blocks += [number[:, None], phases, *[odd[:, None]] * grouped.has_levels]
        return np.hstack(blocks)

    def inverse_transform(self, X: NDArray[np.float64]) -> pd.DataFrame:
        """Return the nearest rows of a table to numbers that a model made.

        Parameters
        ----------
        X : ndarray of float, (n, e)
            Numbers as ``transform`` returns them.

        Returns
        -------
        DataFrame (n, k)
            With the columns of the training rows, where the numbers are indicators. Those of groups lead back
            to numbers and dates that no category explains; the other columns are left out.
        """
        check_is_fitted(self)
        columns = [(place, column) for place, column in enumerate(self.columns_) if self._leads_back(column)]
        return pd.DataFrame({column.name: column.decode(X[:, self.source_ == i]) for i, column in columns})

    def _leads_back(self, column: Column) -> bool:
        if self.categories == "indicators":
            return True
        numbers = [one.name for one in self.columns_ if not _is_group(one)]
        return not _is_group(column) and self.groups_.numbers[numbers.index(column.name)].as_it_is

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the numbers.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str, (e,)
            ``"heat"``, ``"heat (oddity)"``, ``"fuel (oddity)"`` or ``"fuel=oil"``, ``"seen (days)"``.
        """
        check_is_fitted(self)
        return np.array([name for names in self._outputs() for name in names], dtype=object)

    def text_columns(self) -> list[str]:
        """Return the names of the columns that a reader is to leave as they are written.

        Returns
        -------
        list of str
            In order, the columns of categories, of dates and of numbers in a notation: lest a reader takes
            ``007`` for the number 7, or ``1.234`` for a little more than one.
        """
        check_is_fitted(self)
        return [column.name for column in self.columns_ if not _is_plain(column)]

    def written(
        self,
        decimal: str | None = None,
        thousands: str | None = None,
        date_format: str | None = None,
        na: Sequence[str] | None = None,
        bad_cells: str | None = None,
    ) -> TableEncoder:
        """Return the fitted encoder for tables that are written otherwise than the one of its training.

        Parameters
        ----------
        decimal, thousands, date_format : str or None
            As in the constructor; None leaves what was learnt.
        na : sequence of str, or None
            As in the constructor.
        bad_cells : str or None
            As in the constructor.

        Returns
        -------
        TableEncoder
            A copy; the encoder itself stays as it is.

        Examples
        --------
        >>> encoder = TableEncoder().fit(pd.DataFrame({"heat": [61.5, 97.0]}))
        >>> encoder.written(decimal=",").transform(pd.DataFrame({"heat": ["1.061,5"]}))
        array([[1061.5]])
        """
        check_is_fitted(self)
        check_signs(decimal, thousands)
        other = copy(self)
        other.na = self.na if na is None else na
        other.bad_cells = bad_cells or self.bad_cells
        other.columns_ = [_rewritten(column, decimal, thousands, date_format) for column in self.columns_]
        return other

    def _check_parameters(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                expected = " or ".join(map(repr, choices))
                raise UsageError(f"got {name}={getattr(self, name)!r}, expected {expected}")
        for name in ("ignore", "na"):
            if isinstance(given := getattr(self, name), str):
                raise UsageError(f"got {name}={given!r}, expected a sequence of texts, such as ({given!r},)")
        for column, kind in (self.types or {}).items():
            if kind not in TYPES:
                raise UsageError(
                    f"got the type {kind!r} of column '{column}', expected one of {', '.join(TYPES)}"
                )
        check_signs(self.decimal, self.thousands)

    def _left_out(self) -> set[str]:
        left_out = {name for name, kind in (self.types or {}).items() if kind in ("id", "ignore")}
        return left_out | set(self.ignore)

    def _table(self, X: Any) -> pd.DataFrame:
        table = as_table(X)
        return table.apply(_without, na=tuple(self.na)) if self.na else table

    def _outputs(self) -> list[list[str]]:
        """Return the names of the numbers that each column becomes."""
        if self.categories == "indicators":
            return [column.outputs for column in self.columns_]
        numbers = iter(self.groups_.numbers)
        return [
            [f"{column.name} (oddity)"]
            if _is_group(column)
            else [*column.outputs, *[f"{column.name} (oddity)"] * next(numbers).has_levels]
            for column in self.columns_
        ]

    def _learnt(self, cells: pd.Series, declared: str | None, notations: Notations) -> Column:
        if cells.isna().all():
            raise UsageError(f"column '{cells.name}' is empty: leave it out (--ignore '{cells.name}')")
        column = column_of(cells, declared, notations)
        if self._parsed(cells, column).isna().all():
            raise UsageError(f"column '{cells.name}' holds nothing that is {column.kind}: declare what it is")
        return column

    def _parsed(self, cells: pd.Series, column: Any) -> pd.Series:
        values = column.parse(cells)
        unreadable = (values.isna() & cells.notna()).to_numpy()
        if unreadable.any() and self.bad_cells == "refuse":
            place = int(np.argmax(unreadable))
            raise UsageError(
                f"row {row_of(cells, place)}, column '{cells.name}': got '{cells.iloc[place]}', expected "
                f"{column.kind}; mend the cell, remove the row, or let such cells be missing (--bad-cells "
                "missing)"
            )
        if self.missing == "refuse" and values.isna().any():
            place = int(np.argmax(values.isna().to_numpy()))
            raise UsageError(
                f"row {row_of(cells, place)}, column '{cells.name}': the cell is empty; fill it, or impute "
                "what is missing (--missing impute)"
            )
        return values

    def _expect_columns(self, table: pd.DataFrame) -> None:
        for name in self.feature_names_in_:
            _expect_column(name, table)
        known = {*self.feature_names_in_, *self._left_out(), *self.identifiers_}
        for name in table.columns:
            if name not in known:
                hint = suggest(str(name), [str(one) for one in self.feature_names_in_])
                raise UsageError(f"column '{name}' was not there in training{hint}; remove it")


def _is_group(column: Column) -> bool:
    return isinstance(column, CategoryColumn | BooleanColumn)


def _levels(values: list[Values]) -> NDArray[np.object_]:
    """Return the cells (n, C) of categories and booleans as text, "" where they are missing."""
    levels = [
        cells.astype("object").where(cells.notna(), "").astype("str")
        for column, cells in values
        if _is_group(column)
    ]
    return np.array(levels, dtype=object).reshape(-1, len(values[0][1])).T


def _numbers(values: list[Values]) -> NDArray[np.float64]:
    """Return the numbers (n, D) of the other columns, of dates the days, NaN where they are missing."""
    numbers = [
        np.where(cells.notna(), column.encode(cells)[:, 0], np.nan)
        for column, cells in values
        if not _is_group(column)
    ]
    return np.array(numbers, dtype=float).reshape(-1, len(values[0][1])).T


def check_signs(decimal: str | None, thousands: str | None) -> None:
    """Raise unless the signs of decimals and of thousands can be those of one number."""
    if decimal not in (None, ".", ","):
        raise UsageError(f"got decimal={decimal!r}, expected '.' or ','")
    if thousands not in (None, ",", ".", " ", "'"):
        raise UsageError(f"got thousands={thousands!r}, expected ',', '.', ' ' or \"'\"")
    if decimal is not None and decimal == thousands:
        raise UsageError(f"got {decimal!r} for decimals and for thousands, expected two signs")


def _rewritten(column: Column, decimal: str | None, thousands: str | None, date_format: str | None) -> Column:
    if isinstance(column, NumberColumn) and (decimal or thousands):
        point = decimal or ("," if thousands == "." else ".")
        between = thousands or ("." if point == "," else ",")
        return replace(column, notation=NumberNotation(point, between, column.notation.unit))
    if isinstance(column, DateColumn) and date_format:
        return replace(column, notation=DateNotation(date_format))
    return column


def _is_plain(column: Column) -> bool:
    """Tell whether a reader may make of cells what they look like."""
    if isinstance(column, CategoryColumn | DateColumn):
        return False
    return not isinstance(column, NumberColumn) or column.notation == PLAIN


def _note_of_notation(column: Column) -> str:
    if isinstance(column, NumberColumn) and column.notation != PLAIN:
        return f"column '{column.name}' is read as numbers such as {column.notation.example}"
    if isinstance(column, DateColumn) and column.notation.pattern != ISO:
        return f"column '{column.name}' is read as dates such as {column.notation.example}"
    return ""


def _note_of_points(columns: Sequence[Column]) -> str:
    """Say which columns have decimal points, where others have commas."""
    numbers = [column for column in columns if isinstance(column, NumberColumn)]
    points = [f"'{one.name}'" for one in numbers if one.notation.decimal == "." and not one.whole]
    if not points or all(one.notation.decimal == "." for one in numbers):
        return ""
    return (
        f"decimal points are read in {', '.join(points)}, commas in others: if that is wrong, say --decimal ,"
    )


def _notes_of_bad(table: pd.DataFrame, values: list[Values]) -> Iterator[str]:
    for column, cells in values:
        n_bad = int((cells.isna() & table[column.name].notna()).sum())
        if n_bad:
            yield f"{n_bad} cells of column '{column.name}' are not {column.kind}, and taken as missing"


def as_table(X: Any) -> pd.DataFrame:
    """Return a DataFrame of pandas, polars or Arrow as one of pandas, whose columns have texts for names."""
    table = (X if isinstance(X, pd.DataFrame) else _of_others(X)).rename(columns=str)
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise UsageError(f"got two columns named '{twice}', expected a name of its own for each")
    return table


def _of_others(X: Any) -> pd.DataFrame:
    """Return a table of polars, Arrow or another library that narwhals knows as one of pandas."""
    import narwhals

    try:
        return narwhals.from_native(X, eager_only=True).to_pandas()
    except TypeError:
        raise UsageError(
            f"got {type(X).__name__}, expected a DataFrame of pandas, polars or Arrow, whose columns have "
            "names and kinds"
        ) from None
    except Exception as error:  # each library has errors of its own for what pandas cannot hold
        raise UsageError(
            f"got a table of {type(X).__module__.partition('.')[0]} with cells that pandas cannot "
            f"hold: {error}"
        ) from error


def _without(cells: pd.Series, na: tuple[str, ...]) -> pd.Series:
    """Return cells without those that say that they are missing."""
    if pd.api.types.is_bool_dtype(cells):
        return cells
    if pd.api.types.is_numeric_dtype(cells):
        return cells.mask(cells.isin([float(text) for text in na if is_numeral(text)]))
    if pd.api.types.is_string_dtype(cells.dtype) or cells.dtype == object:
        return cells.mask(cells.astype("str").str.strip().isin(na))
    return cells


def _expect_column(name: str, table: pd.DataFrame) -> None:
    if name not in table.columns:
        hint = suggest(name, list(table.columns)) or f"; there are {', '.join(map(repr, table.columns))}"
        raise UsageError(f"there is no column '{name}'{hint}")
