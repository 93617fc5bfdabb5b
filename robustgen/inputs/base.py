"""What the commands ask of a file, whatever its format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import expect_writable, shown, whole_file

Values = Mapping[str, NDArray[Any]]
"""New columns (n,) by name, one value for each row of the input."""


@dataclass(frozen=True)
class Part:
    """Rows of an input, to be written to a file of their own.

    Attributes
    ----------
    path : Path
        The file, or the folder.
    rows : ndarray of bool, (n,)
        Which rows.
    values : mapping of str to ndarray, (n,)
        New columns behind those of the rows; without any, the rows are written as they are.
    """

    path: Path
    rows: NDArray[Any]
    values: Values = field(default_factory=dict)


class Input(ABC):
    """Rows in a file, in an order that never changes.

    Parameters
    ----------
    path : Path
        The file or folder.
    """

    tabular: ClassVar[bool] = False
    """Whether its rows are those of a DataFrame, whose columns have names and kinds."""
    kept_endings: ClassVar[tuple[str, ...]]
    """How the name of a file of kept rows ends, where it is a file."""
    scored_endings: ClassVar[tuple[str, ...]]
    """How the name of a file of scored rows ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._hashes: dict[Path, str] = {}

    @abstractmethod
    def about(self) -> int | None:
        """Return about how many rows there are, for a progress bar; None where that is not known."""

    @abstractmethod
    def whole(self) -> Any:
        """Return all rows: a DataFrame, or an array."""

    @abstractmethod
    def blocks(self) -> Iterator[Any]:
        """Yield all rows in order, a block at a time."""

    @abstractmethod
    def write(self, parts: Sequence[Part]) -> None:
        """Write parts of the rows, each to its own path, in one pass over the input.

        Raises
        ------
        UsageError
            When the input is no longer what was read: other bytes, or another number of rows.
        """

    def staged(self, path: Path) -> AbstractContextManager[Path]:
        """Give a temporary path for kept rows, which becomes the path when the block ends well."""
        return whole_file(path)

    def row_names(self, n_rows: int) -> Sequence[Any]:
        """Return what each of n rows is called: its number, from 1."""
        return range(1, n_rows + 1)

    def skipped(self) -> Sequence[str]:
        """Return what was passed over, and why, a line each: nothing."""
        return ()

    def expect_writable(self, path: Path) -> None:
        """Raise unless kept rows can be written at a path."""
        expect_writable(path)
        _expect_ending(path, self.kept_endings, "the kept rows")

    def expect_scorable(self, path: Path, names: Iterable[str]) -> None:
        """Raise unless scored rows can be written at a path: new columns of these names."""
        expect_writable(path)
        _expect_ending(path, self.scored_endings, "the scored rows")
        there = self.column_names()
        for name in names:
            if name in there:
                raise UsageError(f"'{shown(self.path)}' already has a column '{name}': rename it first")

    def column_names(self) -> Sequence[str]:
        """Return the names of the columns: none, where the rows are not a table's."""
        return ()

    def expect_same(self, path: Path, content: str) -> None:
        """Note the hash of a file that is read for the first time; later, raise where it has another."""
        if self._hashes.setdefault(path, content) != content:
            raise UsageError(f"'{shown(path)}' has changed while it was read: run the command again")


def expect_all_rows(path: Path, n_rows: int, parts: Sequence[Part]) -> None:
    """Raise unless as many rows were written or left out as were read."""
    if any(part.rows.size != n_rows for part in parts):
        raise UsageError(f"'{shown(path)}' has changed while it was read: it has {n_rows} rows now")


def _expect_ending(path: Path, endings: tuple[str, ...], what: str) -> None:
    if not path.name.lower().endswith(endings):
        raise UsageError(f"cannot write '{shown(path)}': {what} of this input are {' or '.join(endings)}")
