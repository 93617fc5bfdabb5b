"""The terminal shows the tables of the pages, and takes no name for markup."""

from __future__ import annotations

import pytest
from rich.console import Console

from robustgen.bench.records import Record
from robustgen.reporting import display_tables, tables
from robustgen.reporting.cells import cells
from robustgen.reporting.display_tables import Column, DisplayTable, Item, Line
from robustgen.reporting.terminal import WIDTH, terminal, terminals

from . import fabricate

CELLS = cells([Record(**one) for one in fabricate.run(("autoencoder", "a name of some length"))])
MEANS = display_tables.means(tables.summary(CELLS, baseline="autoencoder"))


def shown(table: DisplayTable, **options: int) -> list[str]:
    console = Console(width=WIDTH)
    with console.capture() as caught:
        console.print(terminal(table, **options))
    return caught.get().splitlines()


def test_every_entry_is_shown_but_for_the_repeats_of_a_block() -> None:
    text = "\n".join(shown(MEANS))
    assert text.count("a name of some length") == 3
    for line in MEANS.lines:
        assert all(item.text in text for item in line.items)
    assert sum(line.lstrip().startswith("0.3 ") for line in shown(MEANS)) == 1


@pytest.mark.parametrize("name", ["[red]x[/red]", "[/]", ":smile:", "\\[bold]"])
def test_names_are_no_markup(name: str) -> None:
    table = DisplayTable("t", (Column("Detector", numeric=False),), (Line((Item(name),)),))
    assert name in "\n".join(shown(table))


def test_what_is_left_out_is_counted() -> None:
    text = "\n".join(shown(MEANS, most=2))
    assert f"{len(MEANS.lines) - 2} more: --output" in text
    assert "more" not in "\n".join(shown(MEANS, most=len(MEANS.lines)))


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_gets_parts_that_fit_and_cut_nothing(width: int) -> None:
    console = Console(width=width)
    with console.capture() as caught:
        console.print(*terminals(MEANS, width))
    lines = caught.get().splitlines()
    assert max(map(len, lines)) <= width
    assert sum("a name of some length" in line for line in lines) == 3 * sum(
        "Detector" in line for line in lines
    )
    for line in MEANS.lines:
        assert all(f"{item.text} {item.beside}".strip() in caught.get() for item in line.items)
