"""Arrays, ``.npy`` and ``.npz``, and folders of images or sounds; scores go to a CSV."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from robustgen._declared import DECLARED
from robustgen._files import expect_new, file_hash, shown, whole_folder
from robustgen.data.archive import parts_of, read_arrays, rows_of
from robustgen.data.files import FileRows, RowOptions, read_array, read_folder
from robustgen.inputs.base import Input, Part, expect_all_rows
from robustgen.inputs.csv_table import FORMULA_SIGNS, harmless

BLOCK_ROWS = 4096


def write_listing(part: Part, names: dict[str, Any]) -> None:
    """Write one line a row as CSV: what names the row, then the new columns."""
    columns = {name: _harmless(column) for name, column in part.values.items()}
    table = pd.DataFrame(names | columns)[part.rows]
    table.to_csv(part.path, index=False, float_format="%.10g")


def _harmless(column: NDArray[Any]) -> Any:
    return [harmless(str(cell)) for cell in column] if column.dtype.kind in "OU" else column


class Arrays(Input):
    """The rows of an array; ``X`` of an ``.npz``.

    Parameters
    ----------
    path : Path
        The file.
    options : RowOptions
        What its rows are.
    """

    kept_endings = (".npy", ".npz")
    scored_endings = (".csv",)

    def __init__(self, path: Path, options: RowOptions) -> None:
        super().__init__(path)
        self._row_type = options.row_type

    def about(self) -> int | None:
        return None

    @cached_property
    def _rows(self) -> Any:
        self.expect_same(self.path, file_hash(self.path))
        return read_array(self.path)

    def whole(self) -> Any:
        return self._rows if self._row_type is None else DECLARED[self._row_type](self._rows)

    def blocks(self) -> Iterator[Any]:
        for start in range(0, self._rows.shape[0], BLOCK_ROWS):
            yield self._rows[start : start + BLOCK_ROWS]

    def write(self, parts: Sequence[Part]) -> None:
        n_rows = self._rows.shape[0]
        expect_all_rows(self.path, n_rows, parts)
        for part in parts:
            if part.values:
                write_listing(part, {"row": np.arange(1, n_rows + 1)})
            else:
                self._write_kept(part.path, np.flatnonzero(part.rows))
        self.expect_same(self.path, file_hash(self.path))

    def _write_kept(self, path: Path, rows: NDArray[np.intp]) -> None:
        if path.suffix.lower() == ".npy":
            kept = self._rows[rows]
            np.save(path, kept.toarray() if sparse.issparse(kept) else kept)
        elif self.path.suffix.lower() == ".npy":
            np.savez_compressed(path, X=self._rows[rows])
        else:
            np.savez_compressed(path, **_kept_arrays(read_arrays(self.path), rows))  # type: ignore[arg-type]


def _kept_arrays(arrays: dict[str, NDArray[Any]], rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz``: of those that have an entry for each row, some rows' entries."""
    X = rows_of(arrays)
    kept = parts_of(X[rows]) if sparse.issparse(X) else {"X": arrays["X"][rows]}
    others = {name: one for name, one in arrays.items() if not name.startswith("X")}
    return kept | {name: one[rows] if one.shape[:1] == X.shape[:1] else one for name, one in others.items()}


class Files(Input):
    """The image or sound files of a folder, named by their path below it.

    Parameters
    ----------
    path : Path
        The folder.
    options : RowOptions
        How they are read.
    """

    scored_endings = (".csv",)

    def __init__(self, path: Path, options: RowOptions) -> None:
        super().__init__(path)
        self._options = options

    @cached_property
    def _folder(self) -> FileRows:
        folder = read_folder(self.path, self._options)
        for path, content in zip(folder.paths, folder.hashes, strict=True):
            self.expect_same(path, content)
        return folder

    def about(self) -> int | None:
        return len(self._folder.X)

    def whole(self) -> Any:
        return self._folder.X

    def blocks(self) -> Iterator[Any]:
        for start in range(0, len(self._folder.X), BLOCK_ROWS):
            yield self._folder.X[start : start + BLOCK_ROWS]

    def row_names(self, n_rows: int) -> list[str]:
        names = [shown(path.relative_to(self.path)) for path in self._folder.paths]
        return [f"./{name}" if name.startswith(FORMULA_SIGNS) else name for name in names]

    def skipped(self) -> Sequence[str]:
        return self._folder.skipped

    def expect_writable(self, path: Path) -> None:
        expect_new(path)

    def staged(self, path: Path) -> AbstractContextManager[Path]:
        return whole_folder(path)

    def write(self, parts: Sequence[Part]) -> None:
        n_rows = len(self._folder.paths)
        expect_all_rows(self.path, n_rows, parts)
        for part in parts:
            if part.values:
                write_listing(part, {"file": self.row_names(n_rows)})
            else:
                self._copy(part)

    def _copy(self, part: Part) -> None:
        for place in np.flatnonzero(part.rows):
            source = self._folder.paths[place]
            content = source.read_bytes()
            self.expect_same(source, hashlib.sha256(content).hexdigest())
            target = part.path / source.relative_to(self.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            shutil.copystat(source, target)
