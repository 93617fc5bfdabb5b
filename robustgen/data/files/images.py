"""A folder of images: its sub-folders are classes, or it is flat and has none."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import shown
from robustgen.data.archive import channels_first
from robustgen.data.files.file_rows import FileRows, each_read, files_below
from robustgen.data.files.row_options import AS_THEY_ARE, Mode, RowOptions
from robustgen.data.reading import reading

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
"""Files of other endings are passed over."""
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""What a file may hold, whatever its name ends with: EPS, for one, would start an interpreter."""

_GREY = {"1", "L", "LA"}
_COLOUR = {"P", "RGB", "RGBA", "CMYK", "YCbCr"}


def read_images(folder: str | Path, options: RowOptions = AS_THEY_ARE) -> FileRows:
    """Read every image of a folder.

    Parameters
    ----------
    folder : str or Path
        Holds images, in sub-folders of any depth or not.
    options : RowOptions
        How they are read: ``size``, ``mode`` and ``skip_unreadable`` count.

    Returns
    -------
    FileRows
        Pixels, files and classes. A photo is turned as its EXIF orientation says. Of a JPEG with several
        pictures (MPO: previews, gain maps) the first, which is the photo, is read.

    Raises
    ------
    UsageError
        If there is no image, or an image cannot be read, has more than 8 bits a channel or several
        pages, or has another size (it is named).
    """
    folder = Path(folder)
    paths = files_below(folder, "image", ENDINGS)
    mode = options.mode or _common_mode(paths)
    skipped: list[str] = []
    read = list(_images(paths, mode, options, skipped))
    if not read:
        raise UsageError(f"no image of '{shown(folder)}' can be read; the first: {skipped[0]}")
    with reading(folder, "folder of images"):
        X = np.stack([pixels for _, pixels, _ in read])
    kept, hashes = tuple(path for path, _, _ in read), tuple(content for _, _, content in read)
    return FileRows(folder, channels_first(X) if mode == "RGB" else X, kept, hashes, tuple(skipped))


def _common_mode(paths: tuple[Path, ...]) -> Mode:
    """Return "L" if all images that can be read are grey; only their headers are looked at."""
    return "L" if all(_is_grey(path) for path in paths) else "RGB"


def _is_grey(path: Path) -> bool:
    try:
        with path.open("rb") as file, _opened(path, file) as image:
            return image.mode in _GREY
    except UsageError:
        return True  # it is named, or passed over, where its pixels are read


def _images(
    paths: tuple[Path, ...], mode: Mode, options: RowOptions, skipped: list[str]
) -> Iterator[tuple[Path, NDArray[np.uint8], str]]:
    first: tuple[Path, tuple[int, ...]] | None = None
    read = partial(_pixels, mode=mode, size=options.size)
    for path, (pixels, content) in each_read(paths, read, skipped if options.skip_unreadable else None):
        first = first or (path, pixels.shape)
        if pixels.shape != first[1]:
            raise UsageError(
                f"'{shown(path)}' is {_words(pixels.shape)} pixels, but '{shown(first[0])}' is "
                f"{_words(first[1])}: all images must have one size; make them so "
                f"(--resize {_words(first[1], 'x')})"
            )
        yield path, pixels, content


def _words(shape: tuple[int, ...], between: str = " x ") -> str:
    return f"{shape[0]}{between}{shape[1]}"


def _pixels(path: Path, mode: Mode, size: tuple[int, int] | None) -> tuple[NDArray[np.uint8], str]:
    """Return the pixels of a file, and its hash."""
    from PIL import ImageOps

    with reading(path, "image"):
        content = path.read_bytes()
    with _opened(path, io.BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image).convert(mode)
        pixels = np.asarray(upright.resize(size[::-1]) if size else upright)
    return pixels, hashlib.sha256(content).hexdigest()


@contextmanager
def _opened(path: Path, file: io.IOBase) -> Iterator[Image]:
    from PIL import Image

    with reading(path, "image"):
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(file, formats=FORMATS) as image:  # type: ignore[arg-type]
            if image.mode not in _GREY | _COLOUR or ";16" in str(image.tile):
                raise UsageError(
                    f"'{shown(path)}' has pixels of 16 bits or of mode '{image.mode}': "
                    "save it with 8 bits a channel"
                )
            pages = getattr(image, "n_frames", 1)
            if pages > 1 and image.format != "MPO":
                raise UsageError(
                    f"'{shown(path)}' has {pages} pages or frames: save each as a file of its own"
                )
            yield image
