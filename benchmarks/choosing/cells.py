"""The cells of the choice: set, corruption, draw; and the two halves that sets belong to."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustgen.data import draw, load

DATA = Path(os.environ.setdefault("ROBUSTGEN_DATA", "/work/shared/data"))
CORRUPTIONS = (0, 0.05, 0.1, 0.2, 0.3)
MOST_INLIERS, MOST_TEST_INLIERS, MOST_TEST_OUTLIERS = 1000, 1000, 500
TINY = 30
"""Training inliers under which a set is scored but has no say in the choice: four sets of 7 to 14 rows."""
KNOWN = (
    *("ad_6_cardio", "ad_12_fault", "ad_22_magic.gamma", "ad_24_mnist"),
    *("ad_29_Pima", "ad_30_satellite", "ad_32_shuttle", "ad_4_breastw"),
)
"""The eight sets that the former default was made with."""
NAMES = tuple(sorted(p.stem for p in DATA.glob("*.npz") if p.stem.startswith(("ad_", "emb_"))))

Rows = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Cell(NamedTuple):
    """One draw of one set at one corruption."""

    name: str
    corruption: float
    draw: int

    def __str__(self) -> str:
        return f"{self.name}-{self.corruption:g}-{self.draw}"


def half(name: str) -> str:
    """Return "A" or "B", by the hash of the name alone."""
    return "AB"[hashlib.sha256(name.encode()).digest()[0] % 2]


def rows_of(cell: Cell) -> tuple[Rows, Mask, Rows, Mask]:
    """Return training rows and test rows in standard units of the training rows, and which are outliers."""
    split = draw(
        _loaded(cell.name),
        corruption=cell.corruption,
        repetition=cell.draw,
        max_train=MOST_INLIERS,
        max_corruption=0.3,
    )
    tested = _some_of(split.outlier_test, cell.draw)
    X, T = _dense(split.X_train), _dense(split.X_test[tested])
    center, scale = X.mean(0), X.std(0)
    scale = np.where(scale > 1e-9 * np.maximum(1, np.abs(center)), scale, 1)
    return (X - center) / scale, split.outlier_train, (T - center) / scale, split.outlier_test[tested]


def _some_of(outlier: Mask, seed: int) -> NDArray[np.intp]:
    """Return places of at most 1,000 inliers and 500 outliers, the same at every corruption."""
    rng = np.random.default_rng(seed)
    inliers, outliers = (rng.permutation(np.flatnonzero(kind)) for kind in (~outlier, outlier))
    return np.sort(np.r_[inliers[:MOST_TEST_INLIERS], outliers[:MOST_TEST_OUTLIERS]])


def _dense(X: NDArray) -> Rows:
    return np.asarray(X, dtype=np.float64).reshape(len(X), -1)


@lru_cache(maxsize=1)
def _loaded(name: str):
    return load(name)
