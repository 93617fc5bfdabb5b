"""A CSV file cut into records: by one parser, whether rows are read or copied."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from robustgen._checks import UsageError, is_numeral
from robustgen._files import shown
from robustgen.data.reading import expect_columns, expect_unpacked_size, reading

LONGEST_CELL = 2**24
"""Characters that a cell may have; where there are more, a quote is not closed."""
LONGEST_LINE = 2**26
BLOCK = 4096
"""Records that are cut at once."""

_SEPARATORS = ",;\t|"


def separator_of(header: str) -> str:
    """Return what separates the cells of a CSV: the sign that its header has most of.

    Examples
    --------
    >>> separator_of("heat;fuel, kind;faulty")
    ';'
    """
    return max(_SEPARATORS, key=header.count)


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


class CSVFile:
    """A CSV that is open for reading, from its header to its last row.

    Parameters
    ----------
    path : Path
        ``.csv`` (UTF-8, a header line; separated by commas, semicolons, tabs or bars) or ``.csv.gz``.

    Attributes
    ----------
    separator : str
        What separates the cells.
    header : Record
        The line of names.
    names : list of str
        The names of the columns.

    Raises
    ------
    UsageError
        Here and while records are cut: when the text is no UTF-8, damaged or ragged, or a column has
        no name of its own.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._raw = _Hashed(path)
        self._binary = io.BufferedReader(self._raw, 2**20)
        self._packed = is_compressed(path)
        binary = gzip.GzipFile(fileobj=self._binary) if self._packed else self._binary
        self._text = io.TextIOWrapper(cast(IO[bytes], binary), encoding="utf-8-sig", newline="")
        self._line = self._n_characters = 0
        self._taken: list[str] = []
        self.names: list[str] = []
        with reading(path, "CSV file"):
            self._first = next((line for line in self._lines() if line.strip()), "")
        if not self._first:
            raise UsageError(f"'{shown(path)}' is empty")
        self.separator = separator_of(self._first)
        self._all = self._cut()
        (self.header,) = self._block(1)
        self.names = [name.strip() for name in self.header.cells]
        self._check_names()

    def __enter__(self) -> CSVFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._text.close()
        self._raw.close()

    def records(self) -> Iterator[Record]:
        """Yield the rows that are left, one at a time."""
        while block := self._block(BLOCK):
            yield from block

    def digest(self) -> str:
        """Return the SHA-256 of the file's bytes, which all have been read by now."""
        while self._binary.read(2**20):
            pass
        return self._raw.digest.hexdigest()

    def _lines(self) -> Iterator[str]:
        while line := self._text.readline(LONGEST_LINE):
            self._line += 1
            self._n_characters += len(line)
            if len(line) == LONGEST_LINE:
                raise UsageError(f"line {self._line} of '{shown(self.path)}' never ends: it is no table")
            if "\0" in line:
                raise UsageError(f"'{shown(self.path)}' is not UTF-8 text: save it as CSV in UTF-8")
            if self._packed:
                expect_unpacked_size(self.path, self._n_characters)
            yield line

    def _noted(self) -> Iterator[str]:
        for line in chain([self._first], self._lines()):
            self._taken.append(line)
            yield line
        if self._taken:
            raise UsageError(f"'{shown(self.path)}' is no table: a quoted cell is opened and never closed")

    def _block(self, most: int) -> list[Record]:
        """Cut up to so many records; the longest cell that the parser allows is a setting of the process."""
        limit = csv.field_size_limit(LONGEST_CELL)
        try:
            with reading(self.path, "CSV file"):
                return list(islice(self._all, most))
        finally:
            csv.field_size_limit(limit)

    def _cut(self) -> Iterator[Record]:
        """Yield the records; between rows a blank line is nothing, inside a quoted cell it is text."""
        cells = csv.reader(self._noted(), delimiter=self.separator, skipinitialspace=True)
        while (row := self._next(cells)) is not None:
            text = "".join(self._taken)
            self._taken.clear()
            if text.strip():
                self._expect_cells(len(row))
                yield Record(text, row)

    def _expect_cells(self, n_cells: int) -> None:
        if self.names and n_cells > len(self.names):
            raise UsageError(
                f"line {self._line} of '{shown(self.path)}' has {n_cells} cells, expected {len(self.names)}, "
                "as many as the header names; quote a cell that holds the separator"
            )

    def _next(self, cells: Iterator[list[str]]) -> list[str] | None:
        try:
            return next(cells, None)
        except csv.Error as error:
            raise UsageError(
                f"line {self._line} of '{shown(self.path)}' cannot be cut into cells of at most "
                f"{LONGEST_CELL:,} characters ({error}): is a quote never closed?"
            ) from None

    def _check_names(self) -> None:
        expect_columns(self.path, len(self.names))
        for number, name in enumerate(self.names, start=1):
            if not name:
                raise UsageError(
                    f"column {number} of '{shown(self.path)}' has no name in the header; a table that pandas "
                    f"wrote with its index has such a column: write it with index=False"
                )
        expect_distinct(self.names, self.path)
        if all(map(is_numeral, self.names)) and not all(name.isdecimal() for name in self.names):
            raise UsageError(
                f"the first line of '{shown(self.path)}' holds numbers ('{self.names[0]}', ...): it must "
                "name the columns"
            )


class _Hashed(io.RawIOBase):
    """The bytes of a file, and the hash of those that have been read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n_bytes = self._file.readinto(buffer) or 0
        self.digest.update(memoryview(buffer)[:n_bytes])
        return n_bytes

    def close(self) -> None:
        self._file.close()
        super().close()


def expect_distinct(names: list[str], path: Path) -> None:
    """Raise where two columns have one name."""
    for name, times in Counter(names).items():
        if times > 1:
            raise UsageError(
                f"'{shown(path)}' has {times} columns named '{name}': give each a name of its own"
            )


def is_compressed(path: Path) -> bool:
    """Tell by its name whether a CSV is compressed."""
    return path.name.lower().endswith(".gz")
