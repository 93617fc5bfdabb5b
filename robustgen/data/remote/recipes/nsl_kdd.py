"""NSL-KDD: KDDCUP99 without its repeated rows, two files of comma-separated values without a header.

Tavallaee, Bagheri, Lu & Ghorbani, A detailed analysis of the KDD CUP 99 data set, 2009.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robustgen.data.remote.recipes.text import numbers

_N_COLUMNS = 41  # then the name of the attack, and how many learners recognised the row


def nsl_kdd(folder: Path) -> dict[str, NDArray]:
    """Return the training rows and then the test rows, words one-hot; attacks are outliers."""
    import pandas as pd

    parts = [pd.read_csv(folder / f"KDD{part}+.txt", header=None) for part in ("Train", "Test")]
    table = pd.concat(parts, ignore_index=True)
    columns = (table[column] for column in range(_N_COLUMNS))
    X = numbers(np.array(column.tolist()) for column in columns)
    y = (table[_N_COLUMNS] != "normal").to_numpy(dtype=np.uint8)
    split = np.repeat(np.arange(2, dtype=np.uint8), [len(part) for part in parts])
    return {"X": X, "y": y, "split": split}
