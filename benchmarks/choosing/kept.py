"""Members on disk: a cell is fitted once, and again only for models that it lacks."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.choosing.cells import Cell, Mask, Rows, rows_of
from benchmarks.choosing.members import OF_ALL_ROWS, OF_CORE, Errors, Pair

torch.set_num_threads(1)
FOLDER = Path(os.environ.get("CHOOSING_CACHE", "/work/research/choosing_cache"))


class Kept:
    """What is known of one cell: ``train[member]``, ``test[member]``, ``outlier`` and ``outlier_test``."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.path = FOLDER / f"{cell}.npz"
        self.held = _read(self.path)

    @property
    def outlier(self) -> Mask:
        return self.held["y"].astype(bool)

    @property
    def outlier_test(self) -> Mask:
        return self.held["t"].astype(bool)

    def fit(self, models: dict[str, Callable[[Rows, Rows], Pair]] = OF_ALL_ROWS) -> None:
        """Fit the models that are missing and write them all at once."""
        missing = [name for name in models if f"{name}/x" not in self.held]
        if not missing:
            return
        X, y, T, t = _rows(self.cell)
        self.held |= {"y": y, "t": t}
        for name in missing:
            self._hold(name, models[name](X, T))
        self._write(self.path, self.held)

    def train(self, name: str) -> Errors:
        return self.held[f"{name}/x"].astype(np.float64)

    def test(self, name: str) -> Errors:
        return self.held[f"{name}/t"].astype(np.float64)

    def core(self, chosen: Mask, *names: str) -> dict[str, Pair]:
        """Return what models of the chosen rows say; they are kept under the hash of the choice."""
        key = hashlib.sha256(np.packbits(chosen).tobytes()).hexdigest()[:12]
        path = FOLDER / "cores" / str(self.cell) / f"{key}.npz"
        held = _read(path)
        missing = [name for name in names if f"{name}/x" not in held]
        if missing:
            X, _, T, _ = _rows(self.cell)
            center, scale = X[chosen].mean(0), X[chosen].std(0)
            scale = np.where(scale > 1e-9, scale, 1)
            X, T = (X - center) / scale, (T - center) / scale
            for name in missing:
                pair = OF_CORE[name](X[chosen], X, T, np.flatnonzero(chosen))
                held |= {f"{name}/x": np.float32(pair[0]), f"{name}/t": np.float32(pair[1])}
            self._write(path, held)
        return {name: (held[f"{name}/x"].astype(float), held[f"{name}/t"].astype(float)) for name in names}

    def statistic(self, name: str, measure: Callable[[Rows], float | NDArray]) -> NDArray:
        """Return a figure of the training rows, measured once."""
        if f"stat/{name}" not in self.held:
            self.held[f"stat/{name}"] = np.asarray(measure(_rows(self.cell)[0]))
            self._write(self.path, self.held)
        return self.held[f"stat/{name}"]

    def _hold(self, name: str, pair: Pair) -> None:
        self.held |= {f"{name}/x": np.float32(pair[0]), f"{name}/t": np.float32(pair[1])}

    @staticmethod
    def _write(path: Path, held: dict[str, NDArray]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.tmp.npz")
        np.savez(unfinished, **held)
        unfinished.replace(path)


def _read(path: Path) -> dict[str, NDArray]:
    if not path.exists():
        return {}
    with np.load(path) as archive:
        return dict(archive)


@lru_cache(maxsize=12)
def _rows(cell: Cell) -> tuple[Rows, Mask, Rows, Mask]:
    """Return the rows of a cell, which are kept as well: some sets are slow to read."""
    path = FOLDER / "rows" / f"{cell}.npz"
    held = _read(path)
    if not held:
        held = dict(zip("XyTt", rows_of(cell), strict=True))
        Kept._write(path, held)
    return held["X"], held["y"], held["T"], held["t"]
