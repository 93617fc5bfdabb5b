"""A CSV file, whose lines are copied as they are: no cell is written anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from robustgen.data.files.csv_file import CSVFile, Record
from robustgen.data.files.formats import TEXTS
from robustgen.data.files.packing import OPENERS, open_for_text, packing_of
from robustgen.data.files.tables import csv_frames
from robustgen.inputs.base import Part, Values, expect_all_rows
from robustgen.inputs.table import Table

FORMATTED_ROWS = 65_536
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet would take for a formula."""


class CSVTable(Table):
    """A table in text, ``.csv`` or ``.tsv``, compressed or not; its encoding is kept."""

    kept_endings = scored_endings = tuple(text + packing for text in TEXTS for packing in ("", *OPENERS))

    def about(self) -> int | None:
        if packing_of(self.path):
            return None
        with self.path.open("rb") as file:
            blocks = iter(lambda: file.read(2**20), b"")
            return sum(block.count(b"\n") for block in blocks)

    def _opened(self) -> CSVFile:
        return CSVFile(self.path, self.reading_as.encoding)

    def _header(self) -> list[str]:
        with self._opened() as file:
            return file.names

    def _frames(self, rows: int | None) -> Iterator[pd.DataFrame]:
        with self._opened() as file:
            yield from csv_frames(file, rows, self.reading_as)
            self.expect_same(self.path, file.digest())

    def write(self, parts: Sequence[Part]) -> None:
        n_rows = 0
        with ExitStack() as stack:
            source = stack.enter_context(self._opened())
            writers = [stack.enter_context(_Writer(source, part)) for part in parts]
            for record in source.records():
                for writer in writers:
                    writer.write(record)
                n_rows += 1
            self.expect_same(self.path, source.digest())
        expect_all_rows(self.path, n_rows, parts)


class _Writer:
    """Writes the rows of a part, record by record."""

    def __init__(self, source: CSVFile, part: Part) -> None:
        self._separator = source.separator
        self._n_cells = len(source.names)
        self._rows = zip(part.rows.tolist(), _texts(part.values, part.rows.size), strict=True)
        self._file = open_for_text(part.path, source.encoding)
        self._file.write(self._extended(source.header, list(part.values)))

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, record: Record) -> None:
        """Write the next record, if it is marked; rows beyond those that are known are counted by others."""
        marked, new = next(self._rows, (False, ()))
        if marked:
            self._file.write(self._extended(record, new))

    def _extended(self, record: Record, new: Iterable[str]) -> str:
        """Return the text of a row with new cells behind its own; one that ends early is filled up first."""
        added = [_quoted(text, self._separator) for text in new]
        if not added:
            return record.text
        body = record.text.rstrip("\r\n")
        end = record.text[len(body) :] or "\n"
        padding = [""] * (self._n_cells - len(record.cells))
        return self._separator.join([body, *padding, *added]) + end


def _quoted(text: str, separator: str) -> str:
    if not any(sign in text for sign in (separator, '"', "\n", "\r")):
        return text
    return '"' + text.replace('"', '""') + '"'


def _texts(values: Values, n_rows: int) -> Iterator[tuple[str, ...]]:
    """Yield the new cells of each row, formatted a block of rows at a time."""
    columns = list(values.values())
    for start in range(0, n_rows, FORMATTED_ROWS):
        rows = range(start, min(start + FORMATTED_ROWS, n_rows))
        block = [_formatted(column[rows.start : rows.stop]) for column in columns]
        yield from zip(*block, strict=True) if block else (() for _ in rows)


def _formatted(column: NDArray[Any]) -> list[str]:
    if column.dtype.kind == "f":
        return ["" if value != value else f"{value:.10g}" for value in column.tolist()]
    if column.dtype.kind in "OU":
        return [harmless(str(value)) for value in column.tolist()]
    return [str(value) for value in column.tolist()]


def harmless(text: str) -> str:
    """Return text as a cell that no spreadsheet takes for a formula.

    Examples
    --------
    >>> harmless("=cmd|' /C calc'!A0"), harmless("heat = 3")
    ("'=cmd|' /C calc'!A0", 'heat = 3')
    """
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
