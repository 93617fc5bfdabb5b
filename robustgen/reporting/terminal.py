"""Display tables on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich import box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from robustgen._text import legible
from robustgen.reporting.display_tables import DisplayTable, Item

WIDTH = 120
"""Characters of a line where the output is no terminal and has no width of its own."""

NAME = 32
"""Characters of a name that is not broken into lines; headings and messages are."""

STYLES = {"ahead": "green", "behind": "red", "": ""}
"""How the entries that a table marks are drawn."""


def console() -> Console:
    """Return a console on stdout, wide enough where that is no terminal."""
    own = Console()
    return own if own.is_terminal else Console(width=WIDTH)


def terminals(table: DisplayTable, width: int, *, most: int | None = None) -> Iterator[Table]:
    """Yield a table as parts that a terminal of this width draws whole: each has the columns that name a row.

    Parameters
    ----------
    table, most
        As in `terminal`.
    width : int
        Characters of a line.
    """
    names = next((place for place, column in enumerate(table.columns) if not column.numeric), 0) + 1
    parts: list[list[int]] = [[]]
    for place in range(names, len(table.columns)):
        if parts[-1] and _width(table, [*range(names), *parts[-1], place]) > width:
            parts.append([])
        parts[-1].append(place)
    for number, part in enumerate(parts):
        title = table.title if number == 0 else ""
        yield terminal(_columns(replace(table, title=title), [*range(names), *part]), most=most)


def _width(table: DisplayTable, places: Sequence[int]) -> int:
    """Return the characters of a line that columns need: numbers and names whole, other texts in part."""
    return 1 + sum(3 + _least_width(table, place) for place in places)


def _least_width(table: DisplayTable, place: int) -> int:
    label = max(map(len, table.columns[place].label.split()), default=0)
    longest = max((len(f"{item.text} {item.beside}".strip()) for item in _entries(table, place)), default=0)
    return max(label, longest if table.columns[place].numeric else min(longest, NAME))


def _entries(table: DisplayTable, place: int) -> Iterator[Item]:
    return (line.items[place] for line in table.lines)


def _columns(table: DisplayTable, places: Sequence[int]) -> DisplayTable:
    lines = (replace(line, items=tuple(line.items[place] for place in places)) for line in table.lines)
    return replace(table, columns=tuple(table.columns[place] for place in places), lines=tuple(lines))


def terminal(table: DisplayTable, *, most: int | None = None) -> Table:
    """Return a table as a terminal draws it.

    Parameters
    ----------
    table : DisplayTable
        Where its first column is one to choose from, lines that have the same there are a block.
    most : int or None
        Lines to draw; what is left out is counted below. None draws all.

    Returns
    -------
    rich.table.Table
        Its words are not read as markup.
    """
    hidden = len(table.lines) - len(table.lines[:most])
    drawn = Table(
        title=table.title or None, title_justify="left", box=box.SIMPLE_HEAD, caption_justify="left"
    )
    drawn.caption = f"{hidden} more: --output" if hidden else None
    for place, column in enumerate(table.columns):
        longest = max([len(column.label), *(len(item.text) for item in _entries(table, place))])
        whole = not column.numeric and longest <= NAME
        justify: JustifyMethod = "right" if column.numeric else "left"
        least = _least_width(table, place) if column.numeric else None
        drawn.add_column(column.label, justify=justify, no_wrap=whole, overflow="fold", min_width=least)
    before = None
    for line in table.lines[:most]:
        first, *others = (
            Text(legible(f"{item.text} {item.beside}".strip()), STYLES[item.mark]) for item in line.items
        )
        if table.columns[0].choice and first == before:
            first = Text()
        elif table.columns[0].choice:
            drawn.add_section()
            before = first
        drawn.add_row(first, *others)
    return drawn
