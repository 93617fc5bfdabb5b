"""The sets that scikit-learn's own fetchers download and verify."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robustgen.data.remote.recipes.text import numbers, tf_idf


def kddcup99(folder: Path) -> dict[str, NDArray]:
    """KDDCUP99 (10 %), words one-hot: attacks are class 0, normal traffic is class 1."""
    from sklearn.datasets import fetch_kddcup99

    bunch = fetch_kddcup99(data_home=folder, percent10=True)
    X = numbers(np.array(column.tolist()) for column in bunch.data.T)
    return {"X": X, "y": (bunch.target == b"normal.").astype(np.uint8)}


def newsgroups20(folder: Path) -> dict[str, NDArray]:
    """20 Newsgroups without headers, footers and quotes, as tf-idf."""
    from sklearn.datasets import fetch_20newsgroups

    removed = ("headers", "footers", "quotes")
    train, test = (
        fetch_20newsgroups(data_home=folder, subset=part, remove=removed, shuffle=False)
        for part in ("train", "test")
    )
    return {
        **tf_idf([*train.data, *test.data]),
        "y": np.concatenate([train.target, test.target]).astype(np.uint8),
        "split": np.repeat(np.arange(2, dtype=np.uint8), [len(train.data), len(test.data)]),
        "class_names": np.array(train.target_names),
    }


def covtype(folder: Path) -> dict[str, NDArray]:
    """Forest cover types: 10 measurements, 44 flags, 7 classes."""
    from sklearn.datasets import fetch_covtype

    bunch = fetch_covtype(data_home=folder)
    return {"X": bunch.data.astype(np.float32), "y": bunch.target.astype(np.uint8)}


def olivetti_faces(folder: Path) -> dict[str, NDArray]:
    """Ten faces of each of 40 people, 64 x 64 pixels in [0, 1]."""
    from sklearn.datasets import fetch_olivetti_faces

    bunch = fetch_olivetti_faces(data_home=folder)
    return {"X": bunch.images.astype(np.float32), "y": bunch.target.astype(np.uint8)}
