"""A CSV file cut into records: by one parser, whether rows are read or copied."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

from robustgen._checks import UsageError, is_numeral
from robustgen._files import shown
from robustgen.data.files.packing import packing_of, unpacked
from robustgen.data.reading import expect_columns, expect_unpacked_size, reading

LONGEST_CELL = 2**24
"""Characters that a cell may have; where there are more, a quote is not closed."""
LONGEST_LINE = 2**26
BLOCK = 4096
"""Records that are cut at once."""

MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""What a text in UTF-16 begins with."""

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
        Text with a header line, separated by commas, semicolons, tabs or bars; compressed or not.
    encoding : str or None
        Of the text; None for UTF-8, or UTF-16 where the file begins with its mark.

    Attributes
    ----------
    separator : str
        What separates the cells.
    header : Record
        The line of names.
    names : list of str
        The names of the columns.
    encoding : str
        What its lines are to be written in.

    Raises
    ------
    UsageError
        Here and while records are cut: when the text is not in its encoding, damaged or ragged, or a column
        has no name of its own.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        self._raw = _Hashed(path)
        self._binary = io.BufferedReader(self._raw, 2**20)
        self._line = 0
        self._taken: list[str] = []
        self.names: list[str] = []
        with reading(path, "CSV file"):
            self._guarded = _Guarded(unpacked(path, self._binary), path)
            binary = io.BufferedReader(self._guarded, 2**20)
            self.encoding = encoding or MARKS.get(binary.peek(2)[:2], "utf-8")
            read_as = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
            self._text = io.TextIOWrapper(binary, encoding=read_as, newline="")
            self._first = next((line for line in self._lines() if line.strip()), "")
        if not self._first:
            raise UsageError(f"'{shown(path)}' is empty")
        self._expect_text()
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

    def rows(self) -> Iterator[list[list[str]]]:
        """Yield the cells of the rows that are left, a block of rows at a time: at less cost than records."""
        if len(self.names) == 1:  # whose blank lines only their text can tell from empty cells
            while block := self._block(BLOCK):
                yield [cells for _, cells in block]
            return
        cells = csv.reader(chain(self._text, ["\n"]), delimiter=self.separator, skipinitialspace=True)
        rows: list[list[str]] = []
        while read := self._rows(cells):
            yield self._even(rows)
            rows = read
        if rows.pop():  # the blank line at the end became part of a cell
            self._refuse_open_quote()
        yield self._even(rows)

    def _rows(self, cells: Any) -> list[list[str]]:
        limit = csv.field_size_limit(LONGEST_CELL)
        try:
            with reading(self.path, "CSV file"):
                rows = list(islice(cells, BLOCK))
        except csv.Error as error:
            self._refuse_line(self._line + cells.line_num, error)
        finally:
            csv.field_size_limit(limit)
        self._expect_text()
        return rows

    def _even(self, rows: list[list[str]]) -> list[list[str]]:
        """Return rows without blank ones, each with as many cells as there are names."""
        n_cells = len(self.names)
        if all(len(row) == n_cells for row in rows):
            return rows
        rows = [row for row in rows if not _is_blank(row)]
        if any(len(row) > n_cells for row in rows):
            with CSVFile(self.path, self.encoding) as again:  # which says in what line
                for _ in again.records():
                    pass
        return [row + [""] * (n_cells - len(row)) for row in rows]

    def digest(self) -> str:
        """Return the SHA-256 of the file's bytes, which all have been read by now."""
        while self._binary.read(2**20):
            pass
        return self._raw.digest.hexdigest()

    def _expect_text(self) -> None:
        if self._guarded.has_zero and not self.encoding.lower().startswith(("utf-16", "utf-32", "utf_16")):
            raise UsageError(
                f"'{shown(self.path)}' is not UTF-8 text: save it as CSV in UTF-8, or name its encoding "
                "(--encoding utf-16-le)"
            )

    def _lines(self) -> Iterator[str]:
        for line in self._text:
            self._line += 1
            yield line

    def _noted(self) -> Iterator[str]:
        for line in chain([self._first], self._lines()):
            self._taken.append(line)
            yield line
        if self._taken:
            self._refuse_open_quote()

    def _refuse_open_quote(self) -> NoReturn:
        raise UsageError(f"'{shown(self.path)}' is no table: a quoted cell is opened and never closed")

    def _block(self, most: int) -> list[Record]:
        """Cut up to so many records; the longest cell that the parser allows is a setting of the process."""
        limit = csv.field_size_limit(LONGEST_CELL)
        try:
            with reading(self.path, "CSV file"):
                block = list(islice(self._all, most))
        finally:
            csv.field_size_limit(limit)
        self._expect_text()
        return block

    def _cut(self) -> Iterator[Record]:
        """Yield the records; between rows a blank line is nothing, inside a quoted cell it is text."""
        cells = csv.reader(self._noted(), delimiter=self.separator, skipinitialspace=True)
        while (row := self._next(cells)) is not None:
            text = "".join(self._taken)
            self._taken.clear()
            if text.strip() if len(self.names) == 1 else not _is_blank(row):
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
            self._refuse_line(self._line, error)

    def _refuse_line(self, line: int, error: csv.Error) -> NoReturn:
        raise UsageError(
            f"line {line} of '{shown(self.path)}' cannot be cut into cells of at most "
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


class _Guarded(io.RawIOBase):
    """Unpacked bytes, which are no bomb, and whose lines end."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path
        self._packed = bool(packing_of(path))
        self._n_bytes = self._n_lines = self._since = 0
        self.has_zero = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        self.has_zero = self.has_zero or b"\0" in block
        self._n_bytes += len(block)
        self._expect_end_of_line(block)
        if self._packed:
            expect_unpacked_size(self._path, self._n_bytes)
        return len(block)

    def _expect_end_of_line(self, block: bytes) -> None:
        self._n_lines += block.count(b"\n")
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        self._since = self._since + len(block) if end < 0 else len(block) - end
        if self._since > LONGEST_LINE:
            raise UsageError(f"line {self._n_lines + 1} of '{shown(self._path)}' never ends: it is no table")


def _is_blank(row: list[str]) -> bool:
    return len(row) < 2 and not "".join(row).strip()


def expect_distinct(names: list[str], path: Path) -> None:
    """Raise where two columns have one name."""
    for name, times in Counter(names).items():
        if times > 1:
            raise UsageError(
                f"'{shown(path)}' has {times} columns named '{name}': give each a name of its own"
            )
