"""What a path holds, by names: a table, an array, an archive of arrays, a folder of images or sounds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from robustgen._checks import UsageError, suggest
from robustgen._files import shown
from robustgen.data.files import images, sounds
from robustgen.data.files.file_rows import named
from robustgen.data.files.packing import PACKINGS

Format = Literal["csv", "jsonl", "parquet", "feather", "excel", "npy", "npz", "images", "sounds"]
"""How a file is read."""

TEXTS = (".csv", ".tsv")
_ENDINGS: dict[str, Format] = {
    **{text + packing: "csv" for packing in ("", *PACKINGS) for text in TEXTS},
    ".jsonl": "jsonl",
    ".parquet": "parquet",
    ".feather": "feather",
    ".xlsx": "excel",
    ".npy": "npy",
    ".npz": "npz",
}


def expect_there(path: Path) -> None:
    """Raise a UsageError, with names like it, where there is no file or folder at a path."""
    if not path.exists():
        known = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UsageError(f"there is no file '{shown(path)}'{shown(suggest(path.name, known))}")
    if not (path.is_file() or path.is_dir()):  # to open a pipe would wait for ever
        raise UsageError(f"got '{shown(path)}', a pipe or device, expected a file: write it to one first")


def format_of(path: str | Path) -> Format:
    """Return how the file at `path` is read; a folder is one of sounds where it holds some, or of images.

    Parameters
    ----------
    path : str or Path
        A file or folder, which has to be there.

    Returns
    -------
    {"csv", "jsonl", "parquet", "feather", "excel", "npy", "npz", "images", "sounds"}
        By the ending of the name, in capitals or not.

    Raises
    ------
    UsageError
        If there is nothing at `path` (with names like it), its ending is unknown, or a folder holds
        images and sounds.

    Examples
    --------
    >>> format_of(".")
    'images'
    """
    path = Path(path)
    expect_there(path)
    if path.is_dir():
        return _of_folder(path)
    for ending, form in _ENDINGS.items():
        if path.name.lower().endswith(ending):
            return form
    expected = ", ".join(_ENDINGS)
    raise UsageError(
        f"'{shown(path)}' has no known ending: expected one of {expected}, or a folder of images or sounds"
    )


def _of_folder(path: Path) -> Format:
    sound = next(named(path, sounds.ENDINGS), None)
    image = None if sound is None else next(named(path, images.ENDINGS), None)
    if sound is not None and image is not None:
        raise UsageError(
            f"'{shown(path)}' holds images and sounds ('{shown(image.name)}', '{shown(sound.name)}'): put "
            "each into a folder of its own"
        )
    return "images" if sound is None else "sounds"
