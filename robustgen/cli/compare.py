"""``robustgen compare``: what changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from robustgen.cli.interrupts import interrupts_kept
from robustgen.cli.outputs import expect_apart

if TYPE_CHECKING:
    from robustgen.reporting.compare import Comparison

_MOST = 10
"""Lines of a table on the terminal; the documents of --output have more."""


@click.command()
@click.argument("run_a", metavar="RUN_A", type=click.Path(path_type=Path))
@click.argument("run_b", metavar="RUN_B", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="Folder for compare.html, .md and .csv.")
def compare(run_a: Path, run_b: Path, output: Path | None) -> None:
    """Tell what changed from RUN_A to RUN_B, two run folders of one protocol.

    Shows how each detector's mean moved over the cells that both runs finished, with a paired test over the
    sets, the cells that changed most or ended otherwise, and the settings, versions and commits that differ.
    """
    with interrupts_kept():
        from robustgen.reporting.compare import compare_runs, write_comparison

    expect_apart([run_a, run_b], {"--output": output})
    comparison = compare_runs(run_a, run_b)
    _show(comparison)
    if output is not None:
        click.echo(f"comparison: {write_comparison(comparison, output)}")


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
        console.print(terminal.terminal(part.tables[0], most=_MOST))
