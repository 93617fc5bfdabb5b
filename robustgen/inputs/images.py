"""A folder of images; scores go to a CSV, kept images to a folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen.data.files import ImageFolder, read_images
from robustgen.inputs.arrays import BLOCK_ROWS, write_listing
from robustgen.inputs.base import Input, Values


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
