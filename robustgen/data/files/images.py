"""A folder of images: its sub-folders are classes, or it is flat and has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen.data.archive import channels_first

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
"""Files of other endings are passed over, as are hidden ones."""

#: "L" is grey and "RGB" is colour, in Pillow's words.
Mode = Literal["L", "RGB"]

_GREY = {"1", "L", "LA"}
_COLOUR = {"P", "RGB", "RGBA", "CMYK", "YCbCr"}


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """The images of a folder.

    Parameters
    ----------
    X : uint8 (n, H, W) or (n, 3, H, W)
        The pixels, grey or in colour.
    paths : tuple of Path (n,)
        The file of each image, in alphabetical order.
    classes : tuple of str (n,) or None
        The sub-folder of each image; None for a flat folder.
    """

    X: NDArray[np.uint8]
    paths: tuple[Path, ...]
    classes: tuple[str, ...] | None


def read_images(
    folder: str | Path, *, size: tuple[int, int] | None = None, mode: Mode | None = None
) -> ImageFolder:
    """Read every image of a folder.

    Parameters
    ----------
    folder : str or Path
        Holds either images or sub-folders of images, at any depth, each sub-folder a class.
    size : (H, W) or None
        What every image is resized to; None demands that all have one size.
    mode : {"L", "RGB"} or None
        Grey or colour; None for grey where every image is grey, and colour otherwise. Transparency
        is left out.

    Returns
    -------
    ImageFolder
        Pixels, files and classes.

    Raises
    ------
    UsageError
        If there is no image, an image cannot be read or has another size (it is named), or images
        lie both beside sub-folders and inside them.
    """
    folder = Path(folder)
    paths = _images_below(folder)
    mode = mode or _common_mode(paths)
    X = np.stack(list(_pixels(paths, size, mode)))
    return ImageFolder(channels_first(X) if mode == "RGB" else X, paths, _classes(paths, folder))


def _images_below(folder: Path) -> tuple[Path, ...]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    paths = tuple(sorted(path for path in found if not _is_hidden(path.relative_to(folder))))
    if not paths:
        raise UsageError(f"the folder '{folder}' holds no image (of {', '.join(ENDINGS)})")
    return paths


def _classes(paths: tuple[Path, ...], folder: Path) -> tuple[str, ...] | None:
    """Return the sub-folder of each image, or None where there are no sub-folders."""
    flat = {path.parent == folder: path for path in paths}
    if len(flat) == 2:
        raise UsageError(
            f"'{folder}' holds images both beside its sub-folders and inside them ('{flat[True].name}', "
            f"'{flat[False].relative_to(folder)}'): move each into a sub-folder, its class"
        )
    return None if True in flat else tuple(path.relative_to(folder).parts[0] for path in paths)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _common_mode(paths: tuple[Path, ...]) -> Mode:
    """Return "L" if all images are grey; only their headers are read."""
    return "L" if all(_mode_of(path) in _GREY for path in paths) else "RGB"


def _mode_of(path: Path) -> str:
    with _opened(path) as image:
        return str(image.mode)


def _pixels(paths: tuple[Path, ...], size: tuple[int, int] | None, mode: Mode) -> Iterator[NDArray[np.uint8]]:
    first = None
    for path in paths:
        with _opened(path) as image:
            image = image.convert(mode)
            pixels = np.asarray(image.resize(size[::-1]) if size else image)
        first = pixels.shape[:2] if first is None else first
        if pixels.shape[:2] != first:
            raise UsageError(
                f"'{path}' is {_words(pixels.shape)} pixels, but '{paths[0]}' is {_words(first)}: "
                f"all images must have one size"
            )
        yield pixels


def _words(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} x {shape[1]}"


@contextmanager
def _opened(path: Path) -> Iterator[Image]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            if image.mode not in _GREY | _COLOUR:
                raise UsageError(f"'{path}' has pixels of mode '{image.mode}': save it with 8 bits a channel")
            yield image
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise UsageError(f"'{path}' cannot be read as an image: {error}") from None
