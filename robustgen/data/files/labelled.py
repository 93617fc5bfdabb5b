"""A user's file as a data set for the benchmark: its rows as numbers, and its labels."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen._checks import UsageError, suggest
from robustgen._declared import DECLARED
from robustgen._files import shown
from robustgen.data.archive import dataset_from, read_arrays
from robustgen.data.dataset import Dataset, Kind, read_labels
from robustgen.data.files.arrays import read_array
from robustgen.data.files.folders import READERS, read_folder
from robustgen.data.files.formats import format_of
from robustgen.data.files.row_options import AS_THEY_ARE, RowOptions
from robustgen.data.files.table_options import AS_IT_LOOKS, TableOptions
from robustgen.data.files.tables import FRAMES, read_table

TABLES = ("csv", *FRAMES)
KINDS: dict[str, Kind] = {"images": "image", "signals": "signal", "clips": "clip"}
"""What a data set is said to hold, by the type of its rows."""


def read(
    path: str | Path,
    label: str | None = None,
    name: str | None = None,
    options: TableOptions = AS_IT_LOOKS,
    rows: RowOptions = AS_THEY_ARE,
) -> Dataset:
    """Read a labelled file of a user's own.

    Labels 0 and 1 (False and True) mean inlier and outlier; whole numbers and text are classes, of
    which the draw takes one as the inliers. The columns of a table become numbers as
    `robustgen.tables.TableEncoder` says, which learns from all rows, before training rows are drawn: what
    stands for an empty cell, and which values are distinguished, is the same in every cell of a benchmark.

    Parameters
    ----------
    path : str or Path
        A table, as :func:`robustgen.data.files.chunks` takes it, an array (``.npy``), arrays (``.npz``), or a
        folder with a sub-folder of images or sounds for each class.
    label : str or None
        The column of a table; the number of a column of an ``.npy``, from 0 or negative from the
        end; the array of an ``.npz``, ``y`` where None. None for a folder.
    name : str or None
        The name of the data set, which seeds its draws; that of the file where None.
    options : TableOptions
        How a table is read and encoded, as by ``robustgen fit``.
    rows : RowOptions
        How rows that are no table's are read.

    Returns
    -------
    Dataset
        Rows and labels.

    Raises
    ------
    UsageError
        If the file cannot be read or its label is missing, with file, row and column.

    Warns
    -----
    UserWarning
        When files are passed over, with each and the reason.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "boilers.csv")
    ...     _ = path.write_text("heat,faulty\\n61,0\\n97,1\\n64,0\\n")
    ...     boilers = read(path, label="faulty")
    >>> boilers.name, boilers.outlier_mask()
    ('boilers.csv', array([False,  True, False]))
    """
    path = Path(path)
    form = format_of(path)
    rows.expect_suited(path, form)
    name = name or path.resolve().name
    if form in TABLES:
        return _read_table(path, label, name, options)
    _expect_no_table(path, options)
    if form in READERS:
        return _read_folder(path, label, name, rows)
    return _declared(_READERS[form](path, label, name), rows.row_type)


def _expect_no_table(path: Path, options: TableOptions) -> None:
    if options != AS_IT_LOOKS:
        raise UsageError(f"'{shown(path)}' is no table: leave out what says how one is read")


def _read_table(path: Path, label: str | None, name: str, options: TableOptions) -> Dataset:
    table = read_table(path, options.reading())
    columns = [str(column) for column in table.columns]
    if label is None:
        raise UsageError(
            f"'{path}' is a table: name its label column (--label); its columns: {_listed(columns)}"
        )
    if label not in columns:
        hint = suggest(label, columns) or f"; its columns: {_listed(columns)}"
        raise UsageError(f"'{path}' has no column '{label}'{hint}")
    _expect_filled(table[label], name)
    if len(columns) == 1:
        raise UsageError(f"'{name}' has no column but its label")
    return _dataset(
        _encoded(table.drop(columns=label), name, options), _label_values(table[label]), name, label
    )


def _encoded(table: pd.DataFrame, name: str, options: TableOptions) -> NDArray:
    try:
        return options.encoder(list(table)).fit_transform(table)
    except UsageError as error:
        raise UsageError(f"'{name}': {error}") from None


def _expect_filled(labels: pd.Series, name: str) -> None:
    if labels.isna().any():
        row = int(np.argmax(labels.isna().to_numpy()))
        raise UsageError(
            f"row {row + 1} of '{name}' has no value in column '{labels.name}' "
            f"({labels.isna().sum()} such cells in all): fill them, or remove their rows"
        )


def _label_values(column: pd.Series) -> NDArray:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy()
    values = column.astype(str).to_numpy(dtype=np.str_)
    meant = {"0": 0, "1": 1, "False": 0, "True": 1}
    return np.array([meant[value] for value in values]) if set(values) <= meant.keys() else values


def _read_npy(path: Path, label: str | None, name: str) -> Dataset:
    X = read_array(path)
    if X.ndim != 2:
        raise UsageError(f"'{path}' has the shape {X.shape}: rows with a label in a column are (n, d)")
    try:
        column = range(X.shape[1])[int(label or "")]
    except (ValueError, IndexError):
        raise UsageError(
            f"'{path}' needs the number of its label column, 0 to {X.shape[1] - 1}, or -1 for the last; "
            f"got {'none' if label is None else repr(label)}"
        ) from None
    rows = np.delete(X, column, axis=1)
    check_finite(rows, name)
    return _dataset(rows, np.asarray(X[:, column]), name, str(column))


def _read_npz(path: Path, label: str | None, name: str) -> Dataset:
    dataset = dataset_from(read_arrays(path), name, path, label=label or "y")
    check_finite(dataset.X, name)
    return dataset


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


def _declared(dataset: Dataset, row_type: str | None) -> Dataset:
    if row_type is None:
        return dataset
    return replace(dataset, X=DECLARED[row_type](dataset.X), kind=KINDS[row_type])


def _read_folder(path: Path, label: str | None, name: str, options: RowOptions) -> Dataset:
    if label is not None:
        raise UsageError(
            f"'{path}' is a folder: its sub-folders are the labels; leave out the label '{label}'"
        )
    files = read_folder(path, options)
    if files.skipped:
        # a record may be published: it names no folder of the user's
        lines = [line.replace(f"{shown(path)}/", "") for line in files.skipped]
        warnings.warn("\n  ".join([f"{len(lines)} files passed over:", *lines]), stacklevel=3)
    if files.classes is None:
        raise UsageError(f"'{path}' has no sub-folders: put the files of each class into one")
    y, classes = np.unique(files.classes, return_inverse=True)[::-1]
    kind = KINDS[getattr(files.X, "row_type", "images")]
    return Dataset(name, files.X, y, tuple(map(str, classes)), kind)


def _dataset(X: NDArray, values: NDArray, name: str, label: str) -> Dataset:
    """Put rows and labels together, once the labels can be labels."""
    if values.dtype.kind == "f":
        whole = np.equal(np.mod(values, 1), 0)  # NaN and infinity are not whole either
        if not whole.all():
            row = int(np.argmin(whole))
            raise UsageError(
                f"row {row + 1} of '{name}' has {values[row]:g} in the label column '{label}': "
                f"labels are 0 and 1, whole numbers or text"
            )
        values = values.astype(np.int64)
    found = np.unique(values).size
    if found > max(2, values.size // 2):
        raise UsageError(
            f"column '{label}' of '{name}' has {found} different values in {values.size} rows: "
            f"labels are 0 and 1, or name a class that several rows share"
        )
    y, classes = read_labels(values)
    return Dataset(name, X, y, classes)


def _listed(names: list[str], most: int = 20) -> str:
    quoted = ", ".join(f"'{name}'" for name in names[:most])
    return quoted if len(names) <= most else f"{quoted}, ... ({len(names)} in all)"


_READERS: Mapping[str, Callable[[Path, str | None, str], Dataset]] = {
    "npy": _read_npy,
    "npz": _read_npz,
}
