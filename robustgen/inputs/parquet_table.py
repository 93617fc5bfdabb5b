"""A Parquet file; its schema is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from robustgen._files import whole_file
from robustgen.inputs.base import Values
from robustgen.inputs.table import Table


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
