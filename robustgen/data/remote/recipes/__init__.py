"""How the files of a set, as they are published, become arrays: one function a format.

Each takes the folder that holds the files, and returns the arrays of the ``.npz`` form. None of our
own unpickles anything or extracts an archive to the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robustgen.data.remote.recipes import scikit_learn
from robustgen.data.remote.recipes.caltech101 import caltech101
from robustgen.data.remote.recipes.cifar10 import cifar10
from robustgen.data.remote.recipes.idx import idx
from robustgen.data.remote.recipes.nsl_kdd import nsl_kdd
from robustgen.data.remote.recipes.reuters import reuters


def adbench(folder: Path) -> dict[str, NDArray]:
    """Return the rows in single precision, and their labels."""
    (path,) = folder.glob("*.npz")
    with np.load(path) as archive:
        return {"X": archive["X"].astype(np.float32), "y": archive["y"].ravel().astype(np.uint8)}


def dagmm(folder: Path) -> dict[str, NDArray]:
    """Return the rows in single precision, and their labels: 1 is normal traffic."""
    with np.load(folder / "kdd_cup.npz") as archive:
        table = archive["kdd"]
    return {"X": table[:, :-1].astype(np.float32), "y": table[:, -1].astype(np.uint8)}


Recipe = Callable[[Path], dict[str, NDArray]]

RECIPES: Mapping[str, Recipe] = {
    "adbench": adbench,
    "caltech101": caltech101,
    "cifar10": cifar10,
    "dagmm": dagmm,
    "idx": idx,
    "nsl_kdd": nsl_kdd,
    "reuters": reuters,
    "scikit-learn:20newsgroups": scikit_learn.newsgroups20,
    "scikit-learn:covtype": scikit_learn.covtype,
    "scikit-learn:kddcup99": scikit_learn.kddcup99,
    "scikit-learn:olivetti_faces": scikit_learn.olivetti_faces,
}
