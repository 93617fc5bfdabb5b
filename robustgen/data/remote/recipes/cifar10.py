"""CIFAR-10's binary version: a byte for the class, then 1024 bytes each of red, green and blue.

Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. Its other version is a
pickle, which could run anything.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SHAPE = (3, 32, 32)
_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_TEST = ("test_batch.bin",)


def cifar10(folder: Path) -> dict[str, NDArray]:
    """Return the images (n, 3, 32, 32) of the five training batches and of the test batch."""
    with tarfile.open(folder / "cifar-10-binary.tar.gz") as archive:
        files = {Path(member.name).name: member for member in archive.getmembers()}
        train, test = (
            np.concatenate([_records(_content(archive, files[name])) for name in names])
            for names in (_TRAIN, _TEST)
        )
        class_names = _content(archive, files["batches.meta.txt"]).decode().split()
    records = np.concatenate([train, test])
    return {
        "X": records[:, 1:].reshape(-1, *_SHAPE),
        "y": records[:, 0],
        "split": np.repeat(np.arange(2, dtype=np.uint8), [len(train), len(test)]),
        "class_names": np.array(class_names),
    }


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    if file is None:
        raise ValueError(f"{member.name} is no file")
    return file.read()


def _records(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, np.uint8).reshape(-1, 1 + int(np.prod(_SHAPE)))
