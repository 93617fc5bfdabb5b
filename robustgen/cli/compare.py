"""``robustgen compare``: what changed between two benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from robustgen.cli.interrupts import interrupts_kept
from robustgen.cli.outputs import expect_apart, next_step

if TYPE_CHECKING:
    from robustgen.reporting.compare import Comparison

_MOST = 10
"""Lines of a table on the terminal; the documents of --output have more."""


@click.command()
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="Folder for compare.html, .md and .csv.")
def compare(a: Path, b: Path, output: Path | None) -> None:
    """Tell what changed from A to B, the folders of two benchmarks of one protocol, or of published reports.

    Shows how each detector's mean moved over the runs that both finished, with a paired test over the sets,
    the runs that changed most or ended otherwise, and the settings, versions and commits that differ.
    """
    with interrupts_kept():
        from robustgen.reporting.compare import compare_runs, write_comparison

    expect_apart([a, b], {"--output": output})
    comparison = compare_runs(a, b)
    _show(comparison)
    if output is None:
        next_step("the same with --output FOLDER, for a page with all rows")
    else:
        click.echo(f"comparison: {write_comparison(comparison, output)}")
        next_step("open the comparison in a browser")


def _show(comparison: Comparison) -> None:
    """Print the sentence, the counts and the first lines of each table."""
    from rich.text import Text

    from robustgen.reporting import terminal
    from robustgen.reporting.compare import sections

    console = terminal.console()
    for side, name in zip("AB", comparison.names, strict=True):
        console.print(Text(f"{side}: {name}"))
    console.print(Text(" · ".join(comparison.facts)))
    console.print(Text(comparison.sentence, "bold"))
    for part in sections(comparison):
        console.print(Text(part.title, "italic"))
        console.print(*terminal.terminals(part.tables[0], console.width, most=_MOST))
