"""Rows that are files: the images or sounds of a folder, whose sub-folders are classes, or which is flat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import shown

Content = TypeVar("Content")


@dataclass(frozen=True, eq=False)
class FileRows:
    """The files of a folder as rows.

    Parameters
    ----------
    folder : Path
        The folder.
    X : array (n, ...)
        Images are uint8 (n, H, W) or (n, 3, H, W), as a viewer shows them; sounds are
        :class:`robustgen.Signals` of float32 (n, C, T) in [-1, 1], with their rate.
    paths : tuple of Path (n,)
        The file of each row, in alphabetical order.
    hashes : tuple of str (n,)
        The SHA-256 of each file.
    skipped : tuple of str
        What was passed over, and why.
    """

    folder: Path
    X: NDArray[Any]
    paths: tuple[Path, ...]
    hashes: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The sub-folder of each row (n,); None for a flat folder.

        Raises
        ------
        UsageError
            If files lie both in the folder and in sub-folders.
        """
        flat = {path.parent == self.folder: path for path in self.paths}
        if len(flat) == 2:
            raise UsageError(
                f"'{shown(self.folder)}' holds files both beside its sub-folders and inside them "
                f"('{shown(flat[True].name)}', '{shown(flat[False].relative_to(self.folder))}'): move each "
                "into a sub-folder, its class"
            )
        return None if True in flat else tuple(path.relative_to(self.folder).parts[0] for path in self.paths)


def files_below(folder: Path, what: str, endings: Collection[str]) -> tuple[Path, ...]:
    """Return the files of a folder and its sub-folders that have one of some endings, in order.

    Raises
    ------
    UsageError
        When there are none; ``what`` names one of them, such as "image".
    """
    paths = tuple(sorted(named(folder, endings)))
    if not paths:
        raise UsageError(f"the folder '{shown(folder)}' holds no {what} (of {', '.join(endings)})")
    return paths


def named(folder: Path, endings: Collection[str]) -> Iterator[Path]:
    """Yield the files of a folder and its sub-folders that have one of some endings; not hidden ones."""
    for path in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in endings and path.is_file() and not is_hidden:
            yield path


def each_read(
    paths: tuple[Path, ...], read: Callable[[Path], Content], skipped: list[str] | None
) -> Iterator[tuple[Path, Content]]:
    """Yield each file with what was read of it.

    Parameters
    ----------
    paths : tuple of Path
        The files.
    read : callable
        Reads one, or raises a UsageError.
    skipped : list of str or None
        Where what is passed over is put down, and why; None raises instead.
    """
    for path in paths:
        try:
            content = read(path)
        except UsageError as error:
            if skipped is None:
                raise
            skipped.append(str(error))
            continue
        yield path, content
