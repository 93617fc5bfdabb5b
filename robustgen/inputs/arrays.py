"""Arrays of vectors or images, ``.npy`` and ``.npz``; scores go to a CSV beside them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from robustgen._checks import UsageError
from robustgen._files import whole_file
from robustgen.data.files import ImageFolder, read_array, read_images
from robustgen.inputs.base import Input, Values

BLOCK_ROWS = 4096


def write_listing(path: Path, names: dict[str, Any], values: Values, rows: NDArray[Any] | None) -> None:
    """Write one line a row as CSV: what names the row, then the new columns."""
    table = pd.DataFrame(names | dict(values))
    with whole_file(path) as temporary:
        (table if rows is None else table[rows]).to_csv(temporary, index=False, float_format="%.10g")


class Arrays(Input):
    """The rows of an array; ``X`` of an ``.npz``."""

    tabular = False
    kept_endings = (".npy", ".npz")
    scored_endings = (".csv",)

    def about(self) -> int | None:
        return None

    def whole(self) -> Any:
        return read_array(self.path)

    def blocks(self) -> Iterator[Any]:
        X = self.whole()
        for start in range(0, X.shape[0], BLOCK_ROWS):
            yield X[start : start + BLOCK_ROWS]

    def write_scored(self, path: Path, values: Values, rows: NDArray[Any] | None = None) -> None:
        n_rows = len(next(iter(values.values())))
        write_listing(path, {"row": np.arange(1, n_rows + 1)}, values, rows)

    def write_kept(self, path: Path, rows: NDArray[Any]) -> None:
        kept = self.whole()[np.flatnonzero(rows)]
        X = kept.toarray() if sparse.issparse(kept) else kept
        with whole_file(path) as temporary:
            if path.suffix.lower() == ".npy":
                np.save(temporary, X)
            else:
                np.savez_compressed(temporary, **self._beside(rows), X=X)

    def _beside(self, rows: NDArray[Any]) -> dict[str, Any]:
        """Return what an .npz holds for each row beside X, such as labels, of the marked rows."""
        if self.path.suffix.lower() != ".npz":
            return {}
        with np.load(self.path) as archive:
            others = {name: archive[name] for name in archive.files if not name.startswith("X")}
        return {name: one[rows] for name, one in others.items() if one.shape[:1] == rows.shape}


class Images(Input):
    """Image files, named by their path below the folder."""

    @cached_property
    def _folder(self) -> ImageFolder:
        return read_images(self.path)

    tabular = False
    scored_endings = (".csv",)

    def about(self) -> int | None:
        return len(self._folder.X)

    def whole(self) -> Any:
        return self._folder.X

    def blocks(self) -> Iterator[Any]:
        for start in range(0, len(self._folder.X), BLOCK_ROWS):
            yield self._folder.X[start : start + BLOCK_ROWS]

    def row_names(self, n_rows: int) -> list[str]:
        return [str(path.relative_to(self.path)) for path in self._folder.paths]

    def write_scored(self, path: Path, values: Values, rows: NDArray[Any] | None = None) -> None:
        write_listing(path, {"file": self.row_names(len(self._folder.paths))}, values, rows)

    def expect_writable(self, path: Path) -> None:
        if path.exists():
            raise UsageError(f"cannot write '{path}': it is there already; name a new folder")

    def write_kept(self, path: Path, rows: NDArray[Any]) -> None:
        self.expect_writable(path)
        temporary = path.with_name(f".{path.name}.part")
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            for place in np.flatnonzero(rows):
                source = self._folder.paths[place]
                target = temporary / source.relative_to(self.path)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
