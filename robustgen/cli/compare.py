"""``robustgen compare``: what changed between two runs."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run_a", metavar="RUN_A", type=click.Path(path_type=Path))
@click.argument("run_b", metavar="RUN_B", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="Folder for compare.html, .md and .csv.")
def compare(run_a: Path, run_b: Path, output: Path | None) -> None:
    """Tell what changed from RUN_A to RUN_B, two run folders of one protocol.

    Shows how each detector's mean moved over the cells that both runs finished, with a paired test over the
    sets, the cells that changed most or ended otherwise, and the settings, versions and commits that differ.
    """
    from robustgen.cli.changes import show_comparison
    from robustgen.reporting.compare import compare_runs, write_comparison

    comparison = compare_runs(run_a, run_b)
    show_comparison(comparison)
    if output is not None:
        click.echo(f"comparison: {write_comparison(comparison, output)}")
