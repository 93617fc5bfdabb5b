"""Display tables on a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from robustgen._text import legible
from robustgen.reporting.display_tables import DisplayTable

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
        longest = max([len(column.label), *(len(line.items[place].text) for line in table.lines)])
        whole = not column.numeric and longest <= NAME
        justify: JustifyMethod = "right" if column.numeric else "left"
        drawn.add_column(column.label, justify=justify, no_wrap=whole, overflow="fold")
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
