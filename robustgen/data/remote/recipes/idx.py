"""MNIST's format idx: two zero bytes, the type, the number of axes, their lengths, the values.

LeCun, Cortes & Burges, The MNIST database of handwritten digits.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_UNSIGNED_BYTE = 8


def idx(folder: Path) -> dict[str, NDArray]:
    """Return the training images and then the test images, with their classes and their part."""
    parts = [
        (
            read_idx(folder / f"{part}-images-idx3-ubyte.gz"),
            read_idx(folder / f"{part}-labels-idx1-ubyte.gz"),
        )
        for part in ("train", "t10k")
    ]
    images, labels = zip(*parts, strict=True)
    split = np.repeat(np.arange(2, dtype=np.uint8), [len(some) for some in labels])
    return {"X": np.concatenate(images), "y": np.concatenate(labels), "split": split}


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read the unsigned bytes of a compressed idx file.

    Raises
    ------
    ValueError
        If it is no such file, or its length is not the one that it says.
    """
    content = gzip.decompress(path.read_bytes())
    if content[:3] != bytes([0, 0, _UNSIGNED_BYTE]):
        raise ValueError(f"{path.name} is no idx file of unsigned bytes")
    axes = content[3]
    shape = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
