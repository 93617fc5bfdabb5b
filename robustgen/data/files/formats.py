"""What a path holds, by its name: a table, an array, an archive of arrays, or a folder of images."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from robustgen._checks import UsageError, suggest
from robustgen._files import shown
from robustgen.data.files.packing import PACKINGS

Format = Literal["csv", "jsonl", "parquet", "feather", "excel", "npy", "npz", "images"]
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
    """Return how the file at `path` is read; a folder is a folder of images.

    Parameters
    ----------
    path : str or Path
        A file or folder, which has to be there.

    Returns
    -------
    {"csv", "jsonl", "parquet", "feather", "excel", "npy", "npz", "images"}
        By the ending of the name, in capitals or not.

    Raises
    ------
    UsageError
        If there is nothing at `path` (with names like it), or its ending is unknown.

    Examples
    --------
    >>> format_of(".")
    'images'
    """
    path = Path(path)
    expect_there(path)
    if path.is_dir():
        return "images"
    for ending, form in _ENDINGS.items():
        if path.name.lower().endswith(ending):
            return form
    expected = ", ".join(_ENDINGS)
    raise UsageError(
        f"'{shown(path)}' has no known ending: expected one of {expected}, or a folder of images"
    )
