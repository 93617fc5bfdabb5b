"""A user's file as a suite names it: where it lies, and what it held when it was named."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robustgen._checks import UsageError
from robustgen._files import file_hash
from robustgen.data.dataset import Dataset
from robustgen.data.files.formats import format_of
from robustgen.data.files.labelled import read
from robustgen.data.files.row_options import AS_THEY_ARE, RowOptions
from robustgen.data.files.table_options import AS_IT_LOOKS, TableOptions


@dataclass(frozen=True)
class DataFile:
    """A labelled file of a user's own, and the hash of its content.

    Parameters
    ----------
    path : str
        Where it lies; absolute, so that every process finds it.
    label : str or None
        As in `robustgen.data.read`.
    sha256 : str
        The hash of the content, of which every result is one.
    options : TableOptions
        How a table is read.
    rows : RowOptions
        How rows that are no table's are read.
    """

    path: str
    label: str | None
    sha256: str
    options: TableOptions = AS_IT_LOOKS
    rows: RowOptions = AS_THEY_ARE

    @classmethod
    def at(
        cls,
        path: str | Path,
        label: str | None = None,
        options: TableOptions = AS_IT_LOOKS,
        rows: RowOptions = AS_THEY_ARE,
    ) -> DataFile:
        """Return the file at `path` with the hash of what it holds now.

        Raises
        ------
        UsageError
            If there is nothing at `path`, or nothing that can be read.
        """
        format_of(path)
        return cls(str(Path(path).resolve()), label, content_hash(path), options, rows)

    @property
    def name(self) -> str:
        """The name of the file without its folder."""
        return Path(self.path).name

    @property
    def content(self) -> dict[str, Any]:
        """What a result depends on: label, hash and how the file is read, wherever it lies."""
        return {"label": self.label, "sha256": self.sha256, **self.options.given, **self.rows.given}

    def read(self, name: str) -> Dataset:
        """Return the data set under a name.

        Raises
        ------
        UsageError
            If the file cannot be read, or holds something else than when it was named.
        """
        dataset = read(self.path, self.label, name, self.options, self.rows)
        if content_hash(self.path) != self.sha256:
            raise UsageError(f"'{self.path}' has changed since the run began: start the run again")
        return dataset


def content_hash(path: str | Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents of a folder's files.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.csv").write_text("x\\n1\\n")
    ...     content_hash(Path(folder, "a.csv")) == content_hash(folder)
    False
    """
    path = Path(path)
    if path.is_file():
        return file_hash(path)
    below = sorted(one for one in path.rglob("*") if one.is_file())
    lines = (f"{one.relative_to(path).as_posix()}\0{file_hash(one)}\n" for one in below)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
