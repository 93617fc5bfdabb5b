"""Tables of a user, CSV and Parquet, as DataFrames: whole, or in chunks of rows.

Rows are counted from 1 below the header, in every message; lines (of a CSV that cannot be cut
into cells) are those that an editor shows.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from robustgen._checks import UsageError
from robustgen.data.files.formats import format_of

if TYPE_CHECKING:
    import pandas as pd

#: Rows that are read at once where nobody says otherwise.
ROWS = 65_536

_SEPARATORS = ",;\t|"


def separator_of(header: str) -> str:
    """Return what separates the cells of a CSV: the sign that its header has most of.

    Examples
    --------
    >>> separator_of("heat;fuel, kind;faulty")
    ';'
    """
    return max(_SEPARATORS, key=header.count)


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
    import pandas as pd

    path = Path(path)
    read = _READERS.get(format_of(path))
    if read is None:
        raise UsageError(f"'{path}' is no table: expected .csv, .csv.gz or .parquet")
    start = 0
    for chunk in filter(len, read(path, rows, text)):
        chunk.index = pd.RangeIndex(start, start + len(chunk))
        chunk.columns = chunk.columns.map(str)
        start += len(chunk)
        yield chunk
    if not start:
        raise UsageError(f"'{path}' holds no rows")


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
    (table,) = chunks(path, rows=sys.maxsize, text=text)
    return table


def _csv_chunks(path: Path, rows: int, text: Collection[str]) -> Iterator[pd.DataFrame]:
    import pandas as pd

    with _worded_for_users(path):
        separator = _checked_header(path)
        # Without low_memory a column has one dtype over the chunk, never a mixture by its parts.
        options = {"sep": separator, "skipinitialspace": True, "low_memory": False, "encoding": "utf-8-sig"}
        with pd.read_csv(path, chunksize=rows, dtype=dict.fromkeys(text, "str"), **options) as reader:
            yield from reader


@contextmanager
def _worded_for_users(path: Path) -> Iterator[None]:
    import pandas as pd

    try:
        yield
    except pd.errors.EmptyDataError:
        raise UsageError(f"'{path}' is empty") from None
    except (pd.errors.ParserError, csv.Error) as error:
        raise UsageError(f"'{path}' is no table: {_in_words(str(error))}") from None
    except UnicodeDecodeError:
        raise UsageError(f"'{path}' is not UTF-8 text: save it as CSV in UTF-8") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UsageError(f"'{path}' is damaged: {error}") from None


def _checked_header(path: Path) -> str:
    """Return what separates the cells, once the header names every column, each by its own name."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        first = next((line for line in file if line.strip()), "")
        separator = separator_of(first)
        reader = csv.reader(chain([first], file), delimiter=separator, skipinitialspace=True)
        names = next(reader, [])
        cells = next((row for row in reader if len(row) > 1 or any(row)), names)
    _check_names([name.strip() for name in names], path)
    if len(cells) > len(names):  # pandas would take the first cells for names of the rows
        raise UsageError(
            f"row 1 of '{path}' has {len(cells)} cells, but the header names {len(names)} columns"
        )
    return separator


def _check_names(names: list[str], path: Path) -> None:
    for number, name in enumerate(names, start=1):
        if not name:
            raise UsageError(
                f"column {number} of '{path}' has no name in the header; a table that pandas wrote with its "
                f"index has such a column: write it with index=False"
            )
    _check_distinct(names, path)
    if names and all(map(_is_number, names)) and not all(name.isdecimal() for name in names):
        raise UsageError(
            f"the first line of '{path}' holds numbers ('{names[0]}', ...): it must name the columns"
        )


def _check_distinct(names: list[str], path: Path) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise UsageError(f"'{path}' has {times} columns named '{name}': give each a name of its own")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _in_words(error: str) -> str:
    """Say of the parser's complaint what it means for the file."""
    ragged = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", error)
    if ragged:
        expected, line, seen = ragged.groups()
        return f"line {line} has {seen} cells, expected {expected}; quote a cell that holds the separator"
    if "EOF inside string" in error:
        return "a quoted cell is opened and never closed"
    return error


def _parquet_chunks(path: Path, rows: int, text: Collection[str]) -> Iterator[pd.DataFrame]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_distinct(file.schema_arrow.names, path)
            for batch in file.iter_batches(batch_size=max(1, min(rows, file.metadata.num_rows))):
                yield batch.to_pandas()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise UsageError(f"'{path}' is not a readable Parquet file: {error}") from None


_READERS: Mapping[str, Callable[[Path, int, Collection[str]], Iterator[pd.DataFrame]]] = {
    "csv": _csv_chunks,
    "parquet": _parquet_chunks,
}
