"""Tables of a user as DataFrames: whole, or in chunks of rows.

Rows are counted from 1 below the header, in every message; lines (of a CSV that cannot be cut
into cells) are those that an editor shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd

from robustgen._checks import UsageError
from robustgen._extras import optional
from robustgen._files import shown
from robustgen.data.files.csv_file import BLOCK, CSVFile, expect_distinct
from robustgen.data.files.formats import format_of
from robustgen.data.files.table_reading import AS_IT_LOOKS, TableReading
from robustgen.data.reading import expect_columns, expect_unpacked_size, reading

ROWS = 65_536
"""Rows that are read at once where nobody says otherwise."""

EMPTY = ("", "#N/A", "N/A", "NA", "n/a", "<NA>", "NULL", "null", "None", "NaN", "nan", "-NaN", "-nan")
"""What a cell of a CSV says that is empty."""
BOOLEANS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


def chunks(
    path: str | Path, rows: int = ROWS, reading_as: TableReading = AS_IT_LOOKS
) -> Iterator[pd.DataFrame]:
    """Read a table a chunk of rows at a time, so that its size does not matter.

    Parameters
    ----------
    path : str or Path
        ``.csv`` or ``.tsv`` (a header line; separated by commas, semicolons, tabs or bars), also ``.gz``,
        ``.bz2``, ``.xz`` or ``.zip`` behind that; ``.jsonl``, ``.parquet``, ``.feather`` or ``.xlsx``.
    rows : int
        The most rows of a chunk.
    reading_as : TableReading
        How text is read.

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
    yield from frames(Path(path), rows, reading_as)


def read_table(path: str | Path, reading_as: TableReading = AS_IT_LOOKS) -> pd.DataFrame:
    """Read a whole table; see `chunks`.

    Parameters
    ----------
    path : str or Path
        A table, as `chunks` takes it.
    reading_as : TableReading
        How text is read.

    Returns
    -------
    DataFrame
        Every row, the index counting from 0.

    Raises
    ------
    UsageError
        As `chunks` does.
    """
    (table,) = frames(Path(path), None, reading_as)
    return table


def frames(path: Path, rows: int | None, reading_as: TableReading = AS_IT_LOOKS) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table, so many at a time, or all at once; see `chunks`."""
    form = format_of(path)
    if form == "csv":
        with CSVFile(path, reading_as.encoding) as file:
            yield from csv_frames(file, rows, reading_as)
    elif form in FRAMES:
        yield from FRAMES[form](path, rows)
    else:
        raise UsageError(f"'{shown(path)}' is no table: expected one such as .csv or .parquet")


def csv_frames(
    file: CSVFile, rows: int | None, reading_as: TableReading = AS_IT_LOOKS
) -> Iterator[pd.DataFrame]:
    """Yield the rows of an open CSV, so many at a time, or all at once; see `chunks`."""
    start = 0
    for cells in _cut(file, rows):
        with reading(file.path, "CSV file"):
            frame = pd.DataFrame({name: _typed(cells[name], reading_as.is_text(name)) for name in file.names})
        frame.index = pd.RangeIndex(start, start + len(frame))
        start += len(cells)
        yield frame
    _expect_rows(start, file.path)


def _cut(file: CSVFile, rows: int | None) -> Iterator[pd.DataFrame]:
    """Yield the rows as text; where pyarrow is installed pandas holds it in a tenth of the memory."""
    cells = chain.from_iterable(file.rows())
    if rows is not None:
        while block := list(islice(cells, rows)):
            yield _as_text(file.names, block)
        return
    parts = [_as_text(file.names, block) for block in iter(lambda: list(islice(cells, ROWS)), [])]
    if parts:
        yield pd.concat(parts, ignore_index=True)


def _as_text(names: list[str], rows: list[list[str]]) -> pd.DataFrame:
    columns = zip(*rows, strict=True)
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


def json_frames(path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    """Yield the rows of a file with a JSON object a line, so many at a time, or all at once."""
    names = json_names(path)
    start = 0
    objects = json_objects(path)
    while block := list(islice(objects, rows)):
        frame = pd.DataFrame(block, pd.RangeIndex(start, start + len(block)), columns=names)
        start += len(block)
        yield frame
    _expect_rows(start, path)


def json_names(path: Path) -> list[str]:
    """Return the names of all columns, in order of appearance: an object may leave out what it lacks."""
    names = list(dict.fromkeys(chain.from_iterable(json_objects(path))))
    expect_columns(path, len(names))
    return names


def json_objects(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file, one a line."""
    with path.open(encoding="utf-8-sig") as file:
        n_lines = 0
        while block := _lines(file, path):
            for number, line in enumerate(block, start=n_lines + 1):
                if line.strip():
                    yield _object(line, number, path)
            n_lines += len(block)


def _lines(file: Any, path: Path) -> list[str]:
    with reading(path, "file of JSON lines"):
        return list(islice(file, BLOCK))


def _object(line: str, number: int, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError(
            f"line {number} of '{shown(path)}': got '{line.strip()[:40]}', expected a JSON object, such as "
            '{"heat": 61}'
        )
    return found


def feather_frames(path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    """Yield the rows of a Feather file, so many at a time, or all at once."""
    with reading(path, "Feather file"):
        table = optional("pyarrow.feather", "Feather").read_table(path, memory_map=True)
        names = table.schema.names
    expect_distinct(names, path)
    expect_columns(path, len(names))
    expect_unpacked_size(path, table.nbytes)
    yield from _pieces(table.to_pandas(), rows, path)


def excel_frames(path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    """Yield the rows of the first sheet of an Excel file, so many at a time, or all at once."""
    optional("openpyxl", "Excel")
    with reading(path, "Excel file"):
        with ZipFile(path) as archive:
            expect_unpacked_size(path, sum(one.file_size for one in archive.infolist()))
        table = pd.read_excel(path, engine="openpyxl")
    expect_columns(path, table.shape[1])
    yield from _pieces(table, rows, path)


def _pieces(table: pd.DataFrame, rows: int | None, path: Path) -> Iterator[pd.DataFrame]:
    _expect_rows(len(table), path)
    table = table.rename(columns=str).reset_index(drop=True)
    for start in range(0, len(table), rows or len(table)):
        yield table.iloc[start : start + (rows or len(table))]


FRAMES: Mapping[str, Callable[[Path, int | None], Iterator[pd.DataFrame]]] = {
    "jsonl": json_frames,
    "parquet": parquet_frames,
    "feather": feather_frames,
    "excel": excel_frames,
}
"""How the rows of tables are read that know the kinds of their cells."""


def _expect_rows(n_rows: int, path: Path) -> None:
    if not n_rows:
        raise UsageError(f"'{shown(path)}' holds no rows")
