"""What CSV and Parquet share: named columns, read whole or in chunks, and written row by row."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
