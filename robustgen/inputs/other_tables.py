"""Tables in formats that are read as a whole: JSON lines, Feather and Excel."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any

import numpy as np
import pandas as pd

from robustgen._extras import optional
from robustgen._files import file_hash
from robustgen.data.files import format_of
from robustgen.data.files.tables import FRAMES, json_names, json_objects
from robustgen.inputs.base import Part, expect_all_rows
from robustgen.inputs.csv_table import harmless
from robustgen.inputs.table import Table


class _WholeTable(Table):
    """A table whose file is the same before and after each reading."""

    def about(self) -> int | None:
        return None

    def _header(self) -> list[str]:
        return [str(name) for name in next(self._frames(1))]

    def _frames(self, rows: int | None) -> Iterator[pd.DataFrame]:
        self.expect_same(self.path, file_hash(self.path))
        yield from FRAMES[format_of(self.path)](self.path, rows)

    def write(self, parts: Sequence[Part]) -> None:
        self.expect_same(self.path, file_hash(self.path))
        self._write(parts)
        self.expect_same(self.path, file_hash(self.path))

    @abstractmethod
    def _write(self, parts: Sequence[Part]) -> None:
        """Write parts of the rows."""


class FeatherTable(_WholeTable):
    """A table in columns, ``.feather``."""

    kept_endings = scored_endings = (".feather",)

    def _write(self, parts: Sequence[Part]) -> None:
        feather = optional("pyarrow.feather", "Feather")
        table = feather.read_table(self.path)
        expect_all_rows(self.path, table.num_rows, parts)
        for part in parts:
            written = table
            for name, column in part.values.items():
                written = written.append_column(name, [column])
            feather.write_feather(written.filter(part.rows), str(part.path))


class ExcelTable(_WholeTable):
    """The first sheet of an Excel file, ``.xlsx``; what is written of it is CSV."""

    kept_endings = scored_endings = (".csv", ".csv.gz")

    def _write(self, parts: Sequence[Part]) -> None:
        (table,) = self._frames(None)
        expect_all_rows(self.path, len(table), parts)
        for part in parts:
            new = {name: _harmless(column) for name, column in part.values.items()}
            table.assign(**new)[part.rows].to_csv(part.path, index=False, lineterminator="\n")


def _harmless(column: Any) -> Any:
    return [harmless(str(value)) for value in column] if column.dtype.kind in "OU" else column


class JSONLinesTable(_WholeTable):
    """A table with a JSON object a line, ``.jsonl``, whose lines are copied as they are."""

    kept_endings = scored_endings = (".jsonl",)

    def _header(self) -> list[str]:
        return json_names(self.path)

    def _write(self, parts: Sequence[Part]) -> None:
        with ExitStack() as stack, self.path.open(encoding="utf-8-sig", newline="") as source:
            files = [stack.enter_context(part.path.open("w", encoding="utf-8", newline="")) for part in parts]
            lines = filter(str.strip, source)
            n_rows = 0
            for place, (line, row) in enumerate(zip(lines, json_objects(self.path), strict=True)):
                for part, file in zip(parts, files, strict=True):
                    _write_line(file, part, place, line, row)
                n_rows += 1
        expect_all_rows(self.path, n_rows, parts)


def _write_line(file: IO[str], part: Part, place: int, line: str, row: dict[str, Any]) -> None:
    """Write a marked row: its line, or one with the new values behind its own."""
    if place >= part.rows.size or not part.rows[place]:
        return
    if not part.values:
        file.write(line)
        return
    new = {name: _plain(column[place]) for name, column in part.values.items()}
    file.write(json.dumps(row | new, ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if plain != plain else plain
