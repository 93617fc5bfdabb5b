"""Compressed text: by the ending of its name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

from robustgen._checks import UsageError
from robustgen._files import shown

OPENERS: Mapping[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
PACKINGS = (*OPENERS, ".zip")
"""Endings of compressed files."""


def packing_of(path: Path) -> str:
    """Return the ending of a compressed file, "" of another one.

    Examples
    --------
    >>> packing_of(Path("boilers.CSV.GZ")), packing_of(Path("boilers.csv"))
    ('.gz', '')
    """
    return path.suffix.lower() if path.suffix.lower() in PACKINGS else ""


def unpacked(path: Path, file: IO[bytes]) -> IO[bytes]:
    """Return what a file holds that is open for reading: its bytes, unpacked where it is compressed."""
    packing = packing_of(path)
    if packing == ".zip":
        return _member(path)
    return OPENERS[packing](file, "rb") if packing else file


def _member(path: Path) -> IO[bytes]:
    """Open the one file in a ZIP archive."""
    archive = zipfile.ZipFile(path)
    names = [one for one in archive.namelist() if not one.endswith("/") and not one.startswith("__MACOSX/")]
    if len(names) != 1:
        raise UsageError(f"got '{shown(path)}' with {len(names)} files in it, expected one table: unpack it")
    return archive.open(names[0])


def open_for_text(path: Path, encoding: str) -> IO[str]:
    """Open a file for writing text, compressed where its name says so.

    What cannot be said in the encoding is escaped.
    """
    opened = OPENERS.get(packing_of(path), open)
    return cast(IO[str], opened(path, "wt", encoding=encoding, errors="backslashreplace", newline=""))
