"""From a DataFrame of mixed columns to numbers, learnt once and applied to any number of chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from robustgen._checks import UsageError, suggest
from robustgen._fitting import all_at_once
from robustgen._storable import storable
from robustgen.tables.column_findings import identifiers_of
from robustgen.tables.columns import (
    KINDS,
    BooleanColumn,
    CategoryColumn,
    Column,
    DateColumn,
    DurationColumn,
    NumberColumn,
)
from robustgen.tables.groups import Groups, fit_groups

MISSING = ("impute", "refuse")
CATEGORIES = ("groups", "indicators")
STRANGE = (complex, bytes, list, tuple, dict, set, np.ndarray)
KINDS_OF_DTYPES: tuple[tuple[Callable[[Any], bool], Any], ...] = (
    (pd.api.types.is_bool_dtype, BooleanColumn),
    (lambda dtype: pd.api.types.is_numeric_dtype(dtype) and dtype.kind != "c", NumberColumn),
    (pd.api.types.is_datetime64_any_dtype, DateColumn),
    (pd.api.types.is_timedelta64_dtype, DurationColumn),
    (lambda dtype: isinstance(dtype, pd.CategoricalDtype), CategoryColumn),
)
DECIMAL_COMMA = r"\s*[-+]?\d[\d.]*(,\d+)+\s*"
"""A number as it is written in many countries, 1.234,5, or with commas between the thousands, 1,234."""
Values = tuple[Column, pd.Series]
"""A column, and its cells as values of its kind."""


@storable
class TableEncoder(TransformerMixin, BaseEstimator):
    """Turn numbers, booleans, dates, durations and categories into numbers: the first step of a pipeline.

    A column's kind is estimated from its cells. Dates become days and phases of week and day, durations
    seconds. Cells that a column's kind cannot be read from are errors, never missing values.

    Columns that name their rows, whole numbers or text that hardly ever repeat, are left out: no row is odd
    because its number is, and new rows have new ones.

    With ``categories="groups"`` rows are judged within their group, so that none is suspect because its
    group is small (:mod:`robustgen.tables.groups`). A number becomes what it would be if the row's group were
    like all rows, where the categories and booleans explain something of it; a category or a boolean becomes
    one number that says how odd the value is: 0 unless it is rare, or unlikely given the other categories.

    With ``categories="indicators"`` the cells themselves are kept, for models that make new rows: numbers
    stay, booleans become 0 and 1, text becomes a column for each of its 50 most frequent values and one for
    all others.

    Parameters
    ----------
    missing : {"impute", "refuse"}
        "impute" puts the median for a number or a date; a missing category or boolean is a value of its own.
        Of groups it is the median only where it is nothing odd that the cell is missing, and else the
        farther from it the odder that is: a row that is all empty is far out in all columns. Of indicators a
        missing boolean becomes what most rows have. "refuse" raises an error that names the cell.
    categories : {"groups", "indicators"}
        What becomes of categories and booleans.
    ignore : sequence of str
        Columns to leave out, such as labels; they need not be there when rows are transformed.

    Attributes
    ----------
    identifiers_ : tuple of str
        Columns that were left out because they name their rows and say nothing of them
        (:mod:`robustgen.tables.identifiers`); they need not be there when rows are transformed, either.
    columns_ : list of Column
        What was learnt of each column, in order; see :mod:`robustgen.tables.columns`.
    groups_ : robustgen.tables.groups.Groups
        What is normal in each group, where rows are judged within theirs.
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
        self, *, missing: str = "impute", categories: str = "groups", ignore: tuple[str, ...] = ()
    ) -> None:
        self.missing = missing
        self.categories = categories
        self.ignore = ignore

    @all_at_once
    def fit(self, X: pd.DataFrame, y: Any = None) -> TableEncoder:
        """Learn the kind of each column, and what stands for its missing cells.

        Parameters
        ----------
        X : DataFrame (n, d)
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
        if self.missing not in MISSING:
            raise UsageError(f"got missing={self.missing!r}, expected 'impute' or 'refuse'")
        if self.categories not in CATEGORIES:
            raise UsageError(f"got categories={self.categories!r}, expected 'groups' or 'indicators'")
        if isinstance(self.ignore, str):
            raise UsageError(
                f"got ignore={self.ignore!r}, expected a sequence of names, such as ({self.ignore!r},)"
            )
        table = _as_table(X)
        for name in self.ignore:
            _expect_column(name, table)
        offered = [name for name in table.columns if name not in self.ignore]
        self.identifiers_ = identifiers_of(table[offered])
        used = [name for name in offered if name not in self.identifiers_]
        if not used:
            raise UsageError("no column is left to learn from: ignore fewer of them")
        self.columns_ = [self._learnt(table[name]) for name in used]
        self.feature_names_in_ = np.array(used, dtype=object)
        self.n_features_in_ = len(used)
        self.source_ = np.repeat(
            np.arange(len(used)), [len(self._outputs(column)) for column in self.columns_]
        )
        if self.categories == "groups":
            values = self._values(table)
            self.groups_ = fit_groups(_levels(values), _numbers(values), _missing(values))
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.float64]:
        """Return the rows as numbers.

        Parameters
        ----------
        X : DataFrame (n, d)
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
        table = _as_table(X)
        self._expect_columns(table)
        values = self._values(table)
        if self.categories == "indicators":
            return np.hstack([column.encode(cells) for column, cells in values])
        return self._within_groups(values)

    def _values(self, table: pd.DataFrame) -> list[Values]:
        return [(column, self._parsed(table[column.name], column)) for column in self.columns_]

    def _within_groups(self, values: list[Values]) -> NDArray[np.float64]:
        codes = self.groups_.codes(_levels(values))
        oddities = iter(self.groups_.oddities(codes).T)
        numbers = iter(self.groups_.adjusted(_numbers(values), codes, _missing(values)).T)
        return np.hstack([_block(column, cells, oddities, numbers) for column, cells in values])

    def inverse_transform(self, X: NDArray[np.float64]) -> pd.DataFrame:
        """Return the nearest rows of a table to numbers that a model made.

        Parameters
        ----------
        X : ndarray of float, (n, e)
            Numbers as ``transform`` returns them.

        Returns
        -------
        DataFrame (n, d)
            With the columns of the training rows.

        Raises
        ------
        UsageError
            When the numbers are those of groups, which do not say what the categories were.
        """
        check_is_fitted(self)
        if self.categories == "groups":
            raise UsageError(
                "got numbers within groups, expected indicators, which lead back to cells: fit a "
                "TableEncoder(categories='indicators')"
            )
        parts = [X[:, self.source_ == place] for place in range(len(self.columns_))]
        cells = {column.name: column.decode(part) for column, part in zip(self.columns_, parts, strict=True)}
        return pd.DataFrame(cells)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the numbers.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str, (e,)
            ``"heat"``, ``"fuel (oddity)"`` or ``"fuel=oil"``, ``"seen (days)"``.
        """
        check_is_fitted(self)
        return np.array([name for column in self.columns_ for name in self._outputs(column)], dtype=object)

    def text_columns(self) -> list[str]:
        """Return the names of the columns of categories, which a reader is to leave as they are written.

        Returns
        -------
        list of str
            In order; to be given to a reader as what is text, lest it takes ``007`` for the number 7.
        """
        check_is_fitted(self)
        return [column.name for column in self.columns_ if isinstance(column, CategoryColumn)]

    def _outputs(self, column: Column) -> list[str]:
        grouped = self.categories == "groups" and _is_group(column)
        return [f"{column.name} (oddity)"] if grouped else column.outputs

    def _learnt(self, cells: pd.Series) -> Column:
        if cells.isna().all():
            raise UsageError(f"column '{cells.name}' is empty: leave it out (--ignore '{cells.name}')")
        kind = _kind_of(cells)
        return kind.fitted(cells.name, self._parsed(cells, kind))

    def _parsed(self, cells: pd.Series, column: Any) -> pd.Series:
        values = column.parse(cells)
        unreadable = (values.isna() & cells.notna()).to_numpy()
        if unreadable.any():
            place = int(np.argmax(unreadable))
            raise UsageError(
                f"row {_row(cells, place)}, column '{cells.name}': got '{cells.iloc[place]}', expected "
                f"{column.kind}; mend the cell or remove the row"
            )
        if self.missing == "refuse" and cells.isna().any():
            place = int(np.argmax(cells.isna().to_numpy()))
            raise UsageError(
                f"row {_row(cells, place)}, column '{cells.name}': the cell is empty; fill it, or impute "
                "what is missing (--missing impute)"
            )
        return values

    def _expect_columns(self, table: pd.DataFrame) -> None:
        for name in self.feature_names_in_:
            _expect_column(name, table)
        known = {*self.feature_names_in_, *self.ignore, *self.identifiers_}
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


def _missing(values: list[Values]) -> NDArray[np.bool_]:
    return np.column_stack([cells.isna() for _, cells in values])


def _block(
    column: Column, cells: pd.Series, oddities: Iterator[NDArray], numbers: Iterator[NDArray]
) -> NDArray[np.float64]:
    """Return what a column becomes, (n, k), by the next of what was made of the columns of its kind."""
    if _is_group(column):
        return next(oddities)[:, None]
    return np.column_stack([next(numbers), column.encode(cells)[:, 1:]])


def _as_table(X: Any) -> pd.DataFrame:
    if not isinstance(X, pd.DataFrame):
        raise UsageError(f"got {type(X).__name__}, expected a DataFrame, whose columns have names and kinds")
    return X.rename(columns=str)


def _expect_column(name: str, table: pd.DataFrame) -> None:
    if name not in table.columns:
        hint = suggest(name, list(table.columns)) or f"; there are {', '.join(map(repr, table.columns))}"
        raise UsageError(f"there is no column '{name}'{hint}")


def _kind_of(cells: pd.Series) -> Any:
    """Return the class of a column: by its dtype, or, where it holds text, by what most of its cells are."""
    for is_kind, kind in KINDS_OF_DTYPES:
        if is_kind(cells.dtype):
            return kind
    there = cells.dropna()
    _expect_plain(there)
    for kind in KINDS:
        if kind.parse(there).notna().mean() >= kind.least:
            return kind
    _expect_no_decimal_comma(there)
    return CategoryColumn


def _expect_plain(cells: pd.Series) -> None:
    """Refuse cells that hold more than a value, or a value that is neither number, date nor text."""
    for place, cell in enumerate(cells):
        if isinstance(cell, STRANGE):
            raise UsageError(
                f"row {_row(cells, place)}, column '{cells.name}': got a {type(cell).__name__}, expected a "
                f"number, a date, a duration or text; leave the column out (--ignore '{cells.name}')"
            )


def _expect_no_decimal_comma(cells: pd.Series) -> None:
    comma = cells.astype("str").str.fullmatch(DECIMAL_COMMA)
    if comma.mean() >= NumberColumn.least:
        first = cells[comma].iloc[0]
        raise UsageError(
            f"column '{cells.name}': got '{first}' and the like, which look like numbers with a comma: "
            "write them with a decimal point and nothing between the thousands"
        )


def _row(cells: pd.Series, place: int) -> int:
    """Return the number of a row as a reader of the file counts it, from 1 below the header."""
    label = cells.index[place]
    return int(label) + 1 if isinstance(label, int | np.integer) else place + 1
