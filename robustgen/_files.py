"""Files that appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from robustgen._checks import UsageError

if TYPE_CHECKING:
    import pandas as pd


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, its line ends as they are."""
    path.write_bytes(text.encode("utf-8"))


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table, numbers with six significant places."""
    write_text(path, frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give an empty folder inside `folder`, on the same disk, that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix=".report-", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


_BLOCK = 1 << 20


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside a file, and rename it to the file when the block ends well.

    A block that fails leaves what was there before, and nothing half written.

    Parameters
    ----------
    path : str or path-like
        The file to write; its suffix is the temporary path's too.

    Yields
    ------
    pathlib.Path
        Where the block writes.

    Raises
    ------
    UsageError
        Before the block runs: when the folder does not exist, or something other than a file has
        the name.

    Examples
    --------
    >>> with whole_file("nowhere/model") as temporary:
    ...     pass
    Traceback (most recent call last):
        ...
    robustgen._checks.UsageError: cannot write nowhere/model: there is no folder nowhere; make it first
    """
    expect_writable(path)
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def expect_writable(path: str | os.PathLike[str]) -> None:
    """Raise unless a file can be written at a path: to be asked before long work.

    Parameters
    ----------
    path : str or path-like
        The file.

    Raises
    ------
    UsageError
        When the folder does not exist or may not be written to, or something other than a file has
        the name.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {Path(path).parent}; make it first")
    if target.exists() and not target.is_file():
        raise UsageError(f"cannot write {path}: it is there and is no file; name another")
    if not os.access(target.parent, os.W_OK):
        raise UsageError(f"cannot write {path}: you may not write to the folder {target.parent}")
