"""What a person says of a table: how its text is read, and what its columns are."""

from __future__ import annotations

import csv
import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from robustgen._checks import UsageError
from robustgen._files import shown
from robustgen.data.files.formats import expect_there
from robustgen.data.files.judged_columns import judged_columns
from robustgen.data.files.table_reading import NO_COLUMNS, TableReading
from robustgen.data.reading import reading
from robustgen.tables import TableEncoder

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class TableOptions:
    """How a table is read and encoded, by every command alike.

    Parameters
    ----------
    encoding : str or None
        Of its text, as :class:`robustgen.data.files.TableReading` takes it.
    decimal, thousands, date_format : str or None
        How numbers and dates are written; these and the others as :class:`robustgen.TableEncoder` takes them.
    types : tuple of (str, str)
        Columns and what they are declared to be.
    na : tuple of str
        What else a cell says that is missing.
    bad_cells : str or None
        What becomes of bad cells; None for "refuse".
    missing : str or None
        What becomes of missing cells; None for "impute".
    ignore : tuple of str
        Columns to leave out.
    """

    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    date_format: str | None = None
    types: tuple[tuple[str, str], ...] = ()
    na: tuple[str, ...] = ()
    bad_cells: str | None = None
    missing: str | None = None
    ignore: tuple[str, ...] = ()

    def reading(self, text: frozenset[str] = NO_COLUMNS) -> TableReading:
        """Return how text is read: all of it as it is written, where anything is said of how that is."""
        said = self.decimal or self.thousands or self.date_format
        declared = frozenset(name for name, kind in self.types if kind != "number")
        return TableReading(self.encoding, None if said else text | declared)

    def encoder(self, names: Sequence[str], categories: str = "groups") -> TableEncoder:
        """Return the unfitted encoder of a table with these columns.

        Warns
        -----
        UserWarning
            When some of them are what our own commands have appended: they are left out.
        """
        judged = judged_columns(names)
        if judged:
            warnings.warn(
                f"left out {', '.join(map(repr, judged))}: robustgen has appended these columns, and what is "
                "learnt from a judgement is no news",
                stacklevel=2,
            )
        return TableEncoder(
            missing=self.missing or "impute",
            categories=categories,
            ignore=(*self.ignore, *judged),
            types=dict(self.types) or None,
            decimal=self.decimal,
            thousands=self.thousands,
            date_format=self.date_format,
            na=self.na,
            bad_cells=self.bad_cells or "refuse",
        )

    @property
    def given(self) -> dict[str, Any]:
        """Those that are not the default, by name."""
        return {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if getattr(self, one.name) != one.default
        }


AS_IT_LOOKS = TableOptions()


def read_types(path: Path) -> tuple[tuple[str, str], ...]:
    """Read a file that declares types of columns.

    Parameters
    ----------
    path : Path
        ``.json`` or ``.toml``, an object or a table of column and type; or ``.csv`` with these two in each
        line, below a header.

    Returns
    -------
    tuple of (str, str)
        Column and type.

    Raises
    ------
    UsageError
        When it cannot be read or declares something else.
    """
    expect_there(path)
    with reading(path, "file of types"):
        text = path.read_text(encoding="utf-8-sig")
        declared = _PARSERS.get(path.suffix.lower(), _of_lines)(text)
    if not isinstance(declared, Mapping):
        raise UsageError(f"got '{shown(path)}', expected columns and their types: " + '{"store": "category"}')
    for column, kind in declared.items():
        if not isinstance(kind, str):
            raise UsageError(
                f"got {kind!r} as the type of column '{column}' in '{shown(path)}', expected text such as "
                "'category'"
            )
    return tuple(declared.items())


def _of_lines(text: str) -> dict[str, Any]:
    rows = [row for row in csv.reader(text.splitlines()) if row][1:]
    return {row[0].strip(): row[1].strip() if len(row) > 1 else "" for row in rows}


_PARSERS: Mapping[str, Any] = {".json": json.loads, ".toml": tomllib.loads}
