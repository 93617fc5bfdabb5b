"""Arrays of vectors or images, ``.npy`` and ``.npz``; scores go to a CSV beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from robustgen._files import whole_file
from robustgen.data.files import read_array
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
