"""Caltech-101: a zip file with a tar file of one folder of JPEG images a class.

Fei-Fei, Fergus & Perona, Learning generative visual models from few training examples, 2004.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SIZE = (32, 32)
_INNER = "101_ObjectCategories.tar.gz"


def caltech101(folder: Path) -> dict[str, NDArray]:
    """Return every image in colour at 32 x 32 pixels (bicubic), sorted by class and file name."""
    with zipfile.ZipFile(folder / "caltech-101.zip") as outer:
        (name,) = (name for name in outer.namelist() if Path(name).name == _INNER)
        inner = io.BytesIO(outer.read(name))
    with tarfile.open(fileobj=inner) as archive:
        members = {member.name: member for member in archive.getmembers() if _is_image(member)}
        names = sorted(members)
        images = [_pixels(archive, members[name]) for name in names]
    class_names, y = np.unique([Path(name).parent.name for name in names], return_inverse=True)
    return {"X": np.stack(images), "y": y.astype(np.uint8), "class_names": class_names}


def _is_image(member: tarfile.TarInfo) -> bool:
    path = Path(member.name)  # files of macOS begin with a dot
    return member.isfile() and path.suffix == ".jpg" and not path.name.startswith(".")


def _pixels(archive: tarfile.TarFile, member: tarfile.TarInfo) -> NDArray[np.uint8]:
    from PIL import Image

    file = archive.extractfile(member)
    assert file is not None  # what _is_image lets pass is a file
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB").resize(_SIZE, Image.Resampling.BICUBIC))
