"""What the commands ask of a file, whatever its format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import expect_writable

Values = Mapping[str, NDArray[Any]]
"""New columns (n,) by name, one value for each row of the input."""


class Input(ABC):
    """Rows in a file, in an order that never changes.

    Parameters
    ----------
    path : Path
        The file or folder.
    text : collection of str
        The columns of a table whose cells are text even where they look like numbers.
    """

    kept_endings: ClassVar[tuple[str, ...]]
    """How the name of a file of kept rows ends, where it is a file."""
    scored_endings: ClassVar[tuple[str, ...]]
    """How the name of a file of scored rows ends."""

    def __init__(self, path: Path, text: Collection[str] = ()) -> None:
        self.path = path
        self.text = text

    @property
    @abstractmethod
    def tabular(self) -> bool:
        """Whether its rows are those of a DataFrame, whose columns have names and kinds."""

    @abstractmethod
    def about(self) -> int | None:
        """Return about how many rows there are, for a progress bar; None where that is not known."""

    @abstractmethod
    def whole(self) -> Any:
        """Return all rows: a DataFrame, or an array."""

    @abstractmethod
    def blocks(self) -> Iterator[Any]:
        """Yield all rows in order, a block at a time."""

    def row_names(self, n_rows: int) -> Sequence[Any]:
        """Return what each of n rows is called: its number, from 1."""
        return range(1, n_rows + 1)

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
                raise UsageError(f"'{self.path}' already has a column '{name}': rename it first")

    def column_names(self) -> Sequence[str]:
        """Return the names of the columns: none, where the rows are not a table's."""
        return ()

    @abstractmethod
    def write_scored(self, path: Path, values: Values, rows: NDArray[Any] | None = None) -> None:
        """Write new columns beside all rows, or the marked ones (n,)."""

    @abstractmethod
    def write_kept(self, path: Path, rows: NDArray[Any]) -> None:
        """Write the marked rows (n,) as they are."""


def _expect_ending(path: Path, endings: tuple[str, ...], what: str) -> None:
    if not path.name.lower().endswith(endings):
        raise UsageError(f"cannot write '{path}': {what} of this input are {' or '.join(endings)}")
