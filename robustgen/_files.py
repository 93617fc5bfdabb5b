"""Files that appear whole or not at all."""

from __future__ import annotations

import glob
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from robustgen._checks import UsageError
from robustgen._text import legible

if TYPE_CHECKING:
    import pandas as pd


LONGEST_STEM = 40
"""Characters of a file's name that its temporary file is named after: names have at most 255 bytes."""


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, its line ends as they are."""
    path.write_bytes(text.encode("utf-8"))


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a table, numbers with six significant places."""
    write_text(path, frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


_BLOCK = 1 << 20


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def shown(path: str | os.PathLike[str]) -> str:
    r"""Return a path as text that can be written anywhere, bytes that are no UTF-8 as escapes.

    Examples
    --------
    >>> shown("caf\udce9.png")
    'caf\\xe9.png'
    """
    return legible(os.fsencode(path).decode("utf-8", "backslashreplace"))


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside a file, and rename it to the file when the block ends well.

    A block that fails leaves what was there before, and nothing half written. The file's mode stays
    what it was. What a process that was killed has left of the same file is removed.

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
    mode = stat.S_IMODE(target.stat().st_mode) & 0o777 if target.exists() else None
    with _part(target, f".part{target.suffix}", _new_file) as temporary:
        if mode is not None:
            temporary.chmod(mode | 0o600)
        yield temporary
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty temporary folder beside a path, and rename it to the path when the block ends well.

    Parameters
    ----------
    path : str or path-like
        The folder to make.

    Yields
    ------
    pathlib.Path
        Where the block writes.

    Raises
    ------
    UsageError
        Before the block runs: when there is something at the path, or no folder to put it into.
    """
    expect_new(path)
    target = Path(os.path.realpath(path))
    with _part(target, ".part", Path.mkdir) as temporary:
        yield temporary
        temporary.rename(target)


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give an empty folder inside `folder`, on the same disk, that is gone afterwards."""
    with _part(folder / "report", ".part", Path.mkdir) as path:
        yield path


@contextmanager
def _part(target: Path, ending: str, make: Callable[[Path], None]) -> Iterator[Path]:
    """Give a new path beside a target, under a name that nobody can foresee, and remove what is left of it.

    The path is locked while the block runs, so that the next run for the same target can tell what a
    killed process has left from what a living one still writes.
    """
    name = target.stem[:LONGEST_STEM]
    for left in target.parent.glob(f".{glob.escape(name)}.*{glob.escape(ending)}"):
        with _locked(left) as abandoned:
            if abandoned:
                _remove(left)
    path = target.with_name(f".{name}.{secrets.token_hex(8)}{ending}")
    make(path)
    try:
        with _locked(path):
            yield path
    finally:
        _remove(path)


def _new_file(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Lock a file or folder while the block runs, and say whether that was possible."""
    try:
        import fcntl

        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except (ImportError, OSError):  # Windows has no such lock: what is left over stays there
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        locked = False
    else:
        locked = True
    try:
        yield locked
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def expect_new(path: str | os.PathLike[str]) -> None:
    """Raise unless a folder can be made at a path, where nothing is yet."""
    if os.path.lexists(path):
        raise UsageError(f"cannot write '{shown(path)}': it is there already; name a new folder")
    expect_writable(path)


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
    name = shown(path)
    if not target.parent.is_dir():
        raise UsageError(f"cannot write {name}: there is no folder {shown(Path(path).parent)}; make it first")
    if target.exists() and not target.is_file():
        raise UsageError(f"cannot write {name}: it is there and is no file; name another")
    if not os.access(target.parent, os.W_OK):
        raise UsageError(
            f"cannot write {name}: you may not write to the folder {shown(target.parent)}; name another"
        )
