"""What a path holds, by its name: a table, an array, an archive of arrays, or a folder of images."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from robustgen._checks import UsageError, suggest

#: How a file is read.
Format = Literal["csv", "parquet", "npy", "npz", "images"]

_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".parquet": "parquet",
    ".npy": "npy",
    ".npz": "npz",
}


def expect_there(path: Path) -> None:
    """Raise a UsageError, with the nearest names beside it, where there is nothing at a path."""
    if not path.exists():
        beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UsageError(f"there is no file '{path}'{suggest(path.name, beside)}")


def format_of(path: str | Path) -> Format:
    """Return how the file at `path` is read; a folder is a folder of images.

    Parameters
    ----------
    path : str or Path
        A file or folder, which has to be there.

    Returns
    -------
    {"csv", "parquet", "npy", "npz", "images"}
        By the ending of the name, in capitals or not.

    Raises
    ------
    UsageError
        If there is nothing at `path` (with the nearest names beside it), or its ending is unknown.

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
    raise UsageError(f"'{path}' has no known ending: expected one of {expected}, or a folder of images")
