"""The ``.npz`` files of ADBench: arrays ``X`` and ``y``, an outlier where y is 1.

Han, Hu, Huang, Jiang & Zhao, ADBench: Anomaly Detection Benchmark, NeurIPS 2022.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def adbench(folder: Path) -> dict[str, NDArray]:
    """Return the rows in single precision, and their labels."""
    (path,) = folder.glob("*.npz")
    with np.load(path) as archive:
        return {"X": archive["X"].astype(np.float32), "y": archive["y"].ravel().astype(np.uint8)}
