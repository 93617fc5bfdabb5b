"""``robustgen report``: a benchmark's report again, from its records."""

from __future__ import annotations

from pathlib import Path

import click

from robustgen.cli.interrupts import interrupts_kept
from robustgen.cli.outputs import next_step


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Rebuild the report of the benchmark in DIR from its records, or a published one from metrics.csv."""
    with interrupts_kept():
        from robustgen.reporting import build_report

    click.echo(f"report: {build_report(folder)}")
    next_step("open the report, or compare two: robustgen compare A B")
