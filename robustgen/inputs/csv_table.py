"""A CSV file, whose lines are copied as they are: no cell is written anew."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import whole_file
from robustgen.data.files import separator_of
from robustgen.inputs.base import Values
from robustgen.inputs.table import Table

FORMATTED_ROWS = 65_536


class Record(NamedTuple):
    """A row as it stands in the file.

    Attributes
    ----------
    text : str
        Its line, or lines where a quoted cell is broken, with the end of the line.
    cells : list of str
        What it says.
    """

    text: str
    cells: list[str]


class CSVTable(Table):
    """A table in text, ``.csv`` or ``.csv.gz``."""

    kept_endings = scored_endings = (".csv", ".csv.gz")

    def about(self) -> int | None:
        if _is_compressed(self.path):
            return None
        with self.path.open("rb") as file:
            blocks = iter(lambda: file.read(2**20), b"")
            return sum(block.count(b"\n") for block in blocks)

    def _write(self, path: Path, rows: NDArray[Any], values: Values) -> None:
        with (
            whole_file(path) as temporary,
            _opened(temporary, "wt", gz=_is_compressed(path)) as file,
            _opened(self.path, "rt", gz=_is_compressed(self.path)) as source,
        ):
            separator, records = _records(source)
            header = next(records)
            file.write(_extended(header, len(header.cells), list(values), separator))
            for record, kept, new in zip_longest(records, rows, _texts(values)):
                if record is None or kept is None:
                    raise UsageError(f"'{self.path}' has changed while it was read: it has other rows now")
                if kept:
                    file.write(_extended(record, len(header.cells), new or (), separator))


def _records(file: IO[str]) -> tuple[str, Iterator[Record]]:
    """Return what separates the cells, and the header and all rows."""
    first = next((line for line in file if line.strip()), "")
    separator = separator_of(first)
    return separator, _cut(chain([first], file), separator)


def _is_compressed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _opened(path: Path, mode: str, *, gz: bool) -> IO[str]:
    encoding = "utf-8-sig" if mode == "rt" else "utf-8"
    opened = gzip.open if gz else open
    return cast(IO[str], opened(path, mode, encoding=encoding, newline=""))


def _cut(lines: Iterable[str], separator: str) -> Iterator[Record]:
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    for cells in csv.reader(noted(), delimiter=separator):
        text = "".join(taken)
        taken.clear()
        if text.strip():  # between rows a blank line is nothing; inside a quoted cell it is text
            yield Record(text, cells)


def _extended(record: Record, n_cells: int, new: Iterable[str], separator: str) -> str:
    """Return the text of a row with new cells behind its own; one that ends early is filled up first."""
    added = list(new)
    if not added:
        return record.text
    body = record.text.rstrip("\r\n")
    end = record.text[len(body) :] or "\n"
    padding = [""] * (n_cells - len(record.cells))
    return separator.join([body, *padding, *(_quoted(text, separator) for text in added)]) + end


def _quoted(text: str, separator: str) -> str:
    if not any(sign in text for sign in (separator, '"', "\n", "\r")):
        return text
    return '"' + text.replace('"', '""') + '"'


def _texts(values: Values) -> Iterator[tuple[str, ...]]:
    """Yield the new cells of each row, formatted a block of rows at a time."""
    columns = list(values.values())
    for start in range(0, len(columns[0]) if columns else 0, FORMATTED_ROWS):
        block = [column[start : start + FORMATTED_ROWS] for column in columns]
        yield from zip(*(_formatted(part) for part in block), strict=True)


def _formatted(column: NDArray[Any]) -> list[str]:
    if column.dtype.kind == "f":
        return ["" if value != value else f"{value:.10g}" for value in column.tolist()]
    return [str(value) for value in column.tolist()]
