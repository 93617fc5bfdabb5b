"""What CSV and Parquet share: named columns, read whole or in chunks, and written row by row."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from robustgen._files import whole_file
from robustgen.data.files import chunks, read_table
from robustgen.inputs.base import Input, Values


class Table(Input):
    """The rows of a table."""

    tabular = True

    def whole(self) -> pd.DataFrame:
        return read_table(self.path, self.text)

    def blocks(self) -> Iterator[pd.DataFrame]:
        return chunks(self.path, text=self.text)

    def column_names(self) -> Sequence[str]:
        return list(next(chunks(self.path, rows=1)).columns)

    def write_scored(self, path: Path, values: Values, rows: NDArray[Any] | None = None) -> None:
        every = next(iter(values.values()))
        self._write(path, np.ones(len(every), dtype=bool) if rows is None else rows, values)

    def write_kept(self, path: Path, rows: NDArray[Any]) -> None:
        self._write(path, rows, {})

    @abstractmethod
    def _write(self, path: Path, rows: NDArray[Any], values: Values) -> None:
        """Write the marked rows (n,), with new columns behind their own."""


class ParquetTable(Table):
    """A table in columns, ``.parquet``."""

    kept_endings = scored_endings = (".parquet",)

    def about(self) -> int | None:
        return pq.read_metadata(self.path).num_rows

    def _write(self, path: Path, rows: NDArray[Any], values: Values) -> None:
        with pq.ParquetFile(self.path) as source, whole_file(path) as temporary:
            new = {name: pa.array(column) for name, column in values.items()}
            schema = source.schema_arrow
            for name, column in new.items():
                schema = schema.append(pa.field(name, column.type))
            with pq.ParquetWriter(temporary, schema) as writer:
                start = 0
                for batch in source.iter_batches():
                    part = slice(start, start + batch.num_rows)
                    columns = [*batch.columns, *(column[part] for column in new.values())]
                    table = pa.Table.from_arrays(columns, schema=schema)
                    writer.write_table(table.filter(pa.array(rows[part])))
                    start += batch.num_rows
