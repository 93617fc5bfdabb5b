"""Tables of a user, CSV and Parquet, as DataFrames: whole, or in chunks of rows.

Rows are counted from 1 below the header, in every message; lines (of a CSV that cannot be cut
into cells) are those that an editor shows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from robustgen._checks import UsageError
from robustgen._extras import optional
from robustgen._files import shown
from robustgen.data.files.csv_file import CSVFile, Record, expect_distinct
from robustgen.data.files.formats import format_of
from robustgen.data.reading import expect_columns, expect_unpacked_size, reading

ROWS = 65_536
"""Rows that are read at once where nobody says otherwise."""

EMPTY = ("", "#N/A", "N/A", "NA", "n/a", "<NA>", "NULL", "null", "None", "NaN", "nan", "-NaN", "-nan")
"""What a cell of a CSV says that is empty."""
BOOLEANS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


def chunks(path: str | Path, rows: int = ROWS, text: Collection[str] = ()) -> Iterator[pd.DataFrame]:
    """Read a table a chunk of rows at a time, so that its size does not matter.

    Parameters
    ----------
    path : str or Path
        ``.csv`` (UTF-8, a header line; separated by commas, semicolons, tabs or bars), ``.csv.gz``,
        or ``.parquet``.
    rows : int
        The most rows of a chunk.
    text : collection of str
        The columns of a CSV whose cells are text even where they look like numbers: ``007`` stays what
        it is. Parquet knows the kinds of its columns.

    Yields
    ------
    DataFrame
        The next rows; its index goes on counting from 0. The dtypes are those of the chunk: a
        column of whole numbers is one of floats where a cell of the chunk is empty.

    Raises
    ------
    UsageError
        If there is no such table, or it is damaged, ragged or empty, or its columns are not
        named each by its own name. A line that ends early has empty cells.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "boilers.csv")
    ...     _ = path.write_text("heat,faulty\\n61,0\\n97,1\\n64,0\\n")
    ...     [len(chunk) for chunk in chunks(path, rows=2)]
    [2, 1]
    """
    yield from frames(Path(path), rows, text)


def read_table(path: str | Path, text: Collection[str] = ()) -> pd.DataFrame:
    """Read a whole table; see `chunks`.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.csv.gz`` or ``.parquet``.
    text : collection of str
        The columns of a CSV whose cells are text.

    Returns
    -------
    DataFrame
        Every row, the index counting from 0.

    Raises
    ------
    UsageError
        As `chunks` does.
    """
    (table,) = frames(Path(path), None, text)
    return table


def frames(path: Path, rows: int | None, text: Collection[str] = ()) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table, so many at a time, or all at once; see `chunks`."""
    form = format_of(path)
    if form == "csv":
        with CSVFile(path) as file:
            yield from csv_frames(file, rows, text)
    elif form == "parquet":
        yield from parquet_frames(path, rows)
    else:
        raise UsageError(f"'{shown(path)}' is no table: expected .csv, .csv.gz or .parquet")


def csv_frames(file: CSVFile, rows: int | None, text: Collection[str] = ()) -> Iterator[pd.DataFrame]:
    """Yield the rows of an open CSV, so many at a time, or all at once; see `chunks`."""
    records = file.records()
    start = 0
    while len(cells := _cut(file, records, rows)):
        with reading(file.path, "CSV file"):
            frame = pd.DataFrame({name: _typed(cells[name], name in text) for name in file.names})
        frame.index = pd.RangeIndex(start, start + len(frame))
        start += len(cells)
        yield frame
    _expect_rows(start, file.path)


def _cut(file: CSVFile, records: Iterator[Record], rows: int | None) -> pd.DataFrame:
    """Return the next rows as text; where pyarrow is installed pandas holds it in a tenth of the memory."""
    parts = [_as_text(file.names, [])]
    while block := list(islice(records, ROWS if rows is None else rows)):
        parts.append(_as_text(file.names, block))
        if rows is not None:
            break
    return pd.concat(parts, ignore_index=True)


def _as_text(names: list[str], records: list[Record]) -> pd.DataFrame:
    for _, cells in records:
        cells += [""] * (len(names) - len(cells))
    columns = list(zip(*(cells for _, cells in records), strict=True)) or [()] * len(names)
    return pd.DataFrame(
        {name: pd.Series(column, dtype="str") for name, column in zip(names, columns, strict=True)}
    )


def _typed(column: pd.Series, text: bool) -> pd.Series:
    """Return the cells of a column as what all of them are: numbers, booleans, or else text."""
    cells = column.mask(column.isin(EMPTY))
    there = cells.dropna()
    if text:
        return cells
    if len(there) == len(cells) and there.isin(list(BOOLEANS)).all():
        return cells.map(BOOLEANS).astype(bool)
    try:
        numbers = pd.to_numeric(cells) if len(there) else cells.astype("float64")
    except ValueError:
        return cells
    # Whole numbers beyond 64 bits are left as they are.
    return numbers if pd.api.types.is_numeric_dtype(numbers) else cells.map(float).astype("float64")


def parquet_frames(path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    """Yield the rows of a Parquet file, so many at a time, or all at once; see `chunks`."""
    start = 0
    batches = _batches(path, rows)
    while (frame := _next_frame(path, batches)) is not None:
        frame.index = pd.RangeIndex(start, start + len(frame))
        frame.columns = frame.columns.map(str)
        start += len(frame)
        yield frame
    _expect_rows(start, path)


def _next_frame(path: Path, batches: Iterator[Any]) -> pd.DataFrame | None:
    with reading(path, "Parquet file"):
        batch = next(batches, None)
        return None if batch is None else batch.to_pandas()


def _batches(path: Path, rows: int | None) -> Iterator[Any]:
    with optional("pyarrow.parquet", "Parquet").ParquetFile(path) as file:
        n_rows, names = file.metadata.num_rows, file.schema_arrow.names
        expect_distinct(names, path)
        expect_columns(path, len(names))
        expect_unpacked_size(path, 8 * len(names) * min(n_rows, rows or n_rows))
        yield from (batch for batch in file.iter_batches(max(1, min(n_rows, rows or n_rows))) if len(batch))


def _expect_rows(n_rows: int, path: Path) -> None:
    if not n_rows:
        raise UsageError(f"'{shown(path)}' holds no rows")
