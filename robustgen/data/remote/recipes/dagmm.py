"""KDDCUP99 (10 %) as prepared for DAGMM: one array of scaled columns, the label in the last.

Zong et al., Deep Autoencoding Gaussian Mixture Model, ICLR 2018.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def dagmm(folder: Path) -> dict[str, NDArray]:
    """Return the rows in single precision, and their labels: 1 is normal traffic."""
    with np.load(folder / "kdd_cup.npz") as archive:
        table = archive["kdd"]
    return {"X": table[:, :-1].astype(np.float32), "y": table[:, -1].astype(np.uint8)}
