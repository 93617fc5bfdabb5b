"""The options that say how a table is read, which every command takes that reads one."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from robustgen._checks import UsageError

if TYPE_CHECKING:
    from robustgen.data.files.table_options import TableOptions

BEGINNINGS = {b"PAR1": ".parquet", b"ARROW1": ".feather", b"\x1f\x8b": ".csv.gz", b"{": ".jsonl"}
"""How a format shows at the standard input, which has no name; anything else is CSV."""


class DataPath(click.ParamType):
    """A file or folder, or the standard input, which is kept in a file while the command runs."""

    name = "path"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Read the argument; of the standard input a temporary file is named."""
        if str(value) != "-":
            return Path(value)
        folder = tempfile.TemporaryDirectory()
        ctx.call_on_close(folder.cleanup)
        return _kept(sys.stdin.buffer, Path(folder.name))


def _kept(stream: IO[bytes], folder: Path) -> Path:
    first = stream.read(8)
    ending = next((name for start, name in BEGINNINGS.items() if first.startswith(start)), ".csv")
    path = folder / f"stdin{ending}"
    with path.open("wb") as file:
        file.write(first)
        shutil.copyfileobj(stream, file)
    return path


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a table, which it gets as its argument ``tables``."""

    @click.option("--encoding", help="Of text, as latin-1.  [default: UTF-8, or UTF-16 by its mark]")
    @click.option("--decimal", metavar="SIGN", help="In numbers, . or ,  [default: by column]")
    @click.option("--thousands", metavar="SIGN", help="Between thousands, as ' or ,  [default: by column]")
    @click.option("--date-format", metavar="PATTERN", help="Of dates, as %d.%m.%Y.  [default: by column]")
    @click.option(
        "--types",
        type=click.Path(path_type=Path),
        help="File (.json, .toml, .csv) of columns and what they are: number, category, date, boolean, id or "
        "ignore.",
    )
    @click.option("--na", metavar="TEXT", multiple=True, help="What a missing cell says, as -; repeatable.")
    @click.option(
        "--bad-cells",
        type=click.Choice(["refuse", "missing"]),
        help="What a cell is that its column's kind cannot be read from.  [default: refuse]",
    )
    @click.option(
        "--missing",
        type=click.Choice(["impute", "refuse"]),
        help="What to do about empty cells.  [default: impute]",
    )
    @click.option(
        "--ignore", metavar="COLUMN", multiple=True, help="A column that says nothing, such as an id."
    )
    @wraps(command)
    def with_tables(types: Path | None, **others: Any) -> Any:
        from robustgen.data.files.table_options import TableOptions, read_types

        names = ("encoding", "decimal", "thousands", "date_format", "na", "bad_cells", "missing", "ignore")
        given = {name: others.pop(name) for name in names}
        declared = () if types is None else read_types(types)
        return command(tables=TableOptions(types=declared, **given), **others)

    return with_tables


LEARNT = ("types", "missing", "ignore")


def expect_no_learning(tables: TableOptions) -> None:
    """Raise where options are given that only what is learnt from a table can follow."""
    for name in LEARNT:
        if name in tables.given:
            raise UsageError(f"got --{name}, which the model remembers from its training: leave it out")


def notes(model: Any) -> None:
    """Say on the terminal how a model has read the columns of a table where that is not plain."""
    for note in model[0].notes_ if hasattr(model, "named_steps") else ():
        click.echo(f"Note: {note}", err=True)
