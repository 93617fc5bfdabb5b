"""A folder of images: its sub-folders are classes, or it is flat and has none."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import shown
from robustgen.data.archive import channels_first
from robustgen.data.reading import reading

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
"""Files of other endings are passed over, as are hidden ones."""
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""What a file may hold, whatever its name ends with: EPS, for one, would start an interpreter."""

Mode = Literal["L", "RGB"]
""""L" is grey and "RGB" is colour, in Pillow's words."""

_GREY = {"1", "L", "LA"}
_COLOUR = {"P", "RGB", "RGBA", "CMYK", "YCbCr"}


@dataclass(frozen=True)
class ImageReading:
    """How the images of a folder are read.

    Parameters
    ----------
    size : (H, W) or None
        What every image is resized to; None demands that all have one size.
    mode : {"L", "RGB"} or None
        Grey or colour; None for grey where every image is grey, and colour otherwise. Transparency
        is left out.
    skip_unreadable : bool
        Whether to pass over a file that cannot be read, instead of raising.
    """

    size: tuple[int, int] | None = None
    mode: Mode | None = None
    skip_unreadable: bool = False


AS_THEY_ARE = ImageReading()


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """The images of a folder.

    Parameters
    ----------
    folder : Path
        The folder.
    X : uint8 (n, H, W) or (n, 3, H, W)
        The pixels, grey or in colour, as a viewer shows them.
    paths : tuple of Path (n,)
        The file of each image, in alphabetical order.
    hashes : tuple of str (n,)
        The SHA-256 of each file.
    skipped : tuple of str
        What was passed over, and why.
    """

    folder: Path
    X: NDArray[np.uint8]
    paths: tuple[Path, ...]
    hashes: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The sub-folder of each image (n,); None for a flat folder.

        Raises
        ------
        UsageError
            If images lie both in the folder and in sub-folders.
        """
        flat = {path.parent == self.folder: path for path in self.paths}
        if len(flat) == 2:
            raise UsageError(
                f"'{shown(self.folder)}' holds images both beside its sub-folders and inside them "
                f"('{shown(flat[True].name)}', '{shown(flat[False].relative_to(self.folder))}'): move each "
                "into a sub-folder, its class"
            )
        return None if True in flat else tuple(path.relative_to(self.folder).parts[0] for path in self.paths)


def read_images(folder: str | Path, options: ImageReading | None = None) -> ImageFolder:
    """Read every image of a folder.

    Parameters
    ----------
    folder : str or Path
        Holds images, in sub-folders of any depth or not.
    options : ImageReading or None
        How they are read; as they are, where None.

    Returns
    -------
    ImageFolder
        Pixels, files and classes. A photo is turned as its EXIF orientation says. Of a JPEG with several
        pictures (MPO: previews, gain maps) the first, which is the photo, is read.

    Raises
    ------
    UsageError
        If there is no image, or an image cannot be read, has more than 8 bits a channel or several
        pages, or has another size (it is named).
    """
    folder = Path(folder)
    options = options or ImageReading()
    paths = images_below(folder)
    mode = options.mode or _common_mode(paths)
    skipped: list[str] = []
    read = list(_images(paths, mode, options, skipped))
    if not read:
        raise UsageError(f"no image of '{shown(folder)}' can be read; the first: {skipped[0]}")
    with reading(folder, "folder of images"):
        X = np.stack([pixels for _, pixels, _ in read])
    kept, hashes = tuple(path for path, _, _ in read), tuple(content for _, _, content in read)
    return ImageFolder(folder, channels_first(X) if mode == "RGB" else X, kept, hashes, tuple(skipped))


def images_below(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder and its sub-folders that are images by their names, in order."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    paths = tuple(sorted(path for path in found if not _is_hidden(path.relative_to(folder))))
    if not paths:
        raise UsageError(f"the folder '{shown(folder)}' holds no image (of {', '.join(ENDINGS)})")
    return paths


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


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
    paths: tuple[Path, ...], mode: Mode, options: ImageReading, skipped: list[str]
) -> Iterator[tuple[Path, NDArray[np.uint8], str]]:
    first: tuple[Path, tuple[int, ...]] | None = None
    for path in paths:
        try:
            pixels, content = _pixels(path, mode, options.size)
        except UsageError as error:
            if not options.skip_unreadable:
                raise
            skipped.append(str(error))
            continue
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
