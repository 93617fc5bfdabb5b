"""What tables share: named columns, read whole or in chunks, and written row by row."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from robustgen._extras import optional
from robustgen._files import file_hash
from robustgen.data.files import parquet_frames
from robustgen.data.files.table_reading import AS_IT_LOOKS, TableReading
from robustgen.data.files.tables import ROWS
from robustgen.data.reading import reading
from robustgen.inputs.base import Input, Part, expect_all_rows

if TYPE_CHECKING:
    import pyarrow as pa


class Table(Input):
    """The rows of a table.

    Parameters
    ----------
    path : Path
        The file.
    reading_as : TableReading
        How text is read.
    """

    tabular = True

    def __init__(self, path: Path, reading_as: TableReading = AS_IT_LOOKS) -> None:
        super().__init__(path)
        self.reading_as = reading_as

    def whole(self) -> pd.DataFrame:
        (table,) = self._frames(None)
        self.names = list(table.columns)
        return table

    def blocks(self) -> Iterator[pd.DataFrame]:
        return self._frames(ROWS)

    def column_names(self) -> Sequence[str]:
        return self.names

    @cached_property
    def names(self) -> list[str]:
        """The names of the columns, by the file's header where its rows are not read yet."""
        return self._header()

    @abstractmethod
    def _header(self) -> list[str]:
        """Read the names of the columns."""

    @abstractmethod
    def _frames(self, rows: int | None) -> Iterator[pd.DataFrame]:
        """Yield all rows, so many at a time or all at once."""


class ParquetTable(Table):
    """A table in columns, ``.parquet``."""

    kept_endings = scored_endings = (".parquet",)

    def about(self) -> int | None:
        with reading(self.path, "Parquet file"):
            return int(_parquet().read_metadata(self.path).num_rows)

    def _header(self) -> list[str]:
        with reading(self.path, "Parquet file"):
            return list(_parquet().read_schema(self.path).names)

    def _frames(self, rows: int | None) -> Iterator[pd.DataFrame]:
        self.expect_same(self.path, file_hash(self.path))
        yield from parquet_frames(self.path, rows)

    def write(self, parts: Sequence[Part]) -> None:
        self.expect_same(self.path, file_hash(self.path))
        with ExitStack() as stack:
            source = stack.enter_context(_parquet().ParquetFile(self.path))
            expect_all_rows(self.path, source.metadata.num_rows, parts)
            writers = [stack.enter_context(_Writer(source.schema_arrow, part)) for part in parts]
            for batch in source.iter_batches():
                for writer in writers:
                    writer.write(batch)
        self.expect_same(self.path, file_hash(self.path))


def _parquet() -> Any:
    return optional("pyarrow.parquet", "Parquet")


class _Writer:
    """Writes the rows of a part, batch by batch."""

    def __init__(self, schema: pa.Schema, part: Part) -> None:
        arrow = optional("pyarrow", "Parquet")
        self._rows = arrow.array(part.rows)
        self._new = [arrow.array(column) for column in part.values.values()]
        for name, column in zip(part.values, self._new, strict=True):
            schema = schema.append(arrow.field(name, column.type))
        self._schema = schema
        self._file = _parquet().ParquetWriter(part.path, schema)
        self._start = 0

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the marked rows of the next batch."""
        place = slice(self._start, self._start + batch.num_rows)
        self._start = place.stop
        columns = [*batch.columns, *(column[place] for column in self._new)]
        marked = type(batch).from_arrays(columns, schema=self._schema).filter(self._rows[place])
        self._file.write_batch(marked)
