"""``robustgen bench publish``: the results of a benchmark as one file for others."""

from __future__ import annotations

from pathlib import Path

import click

from robustgen.cli.interrupts import interrupts_kept
from robustgen.cli.outputs import expect_apart


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), help="The file, .csv or .parquet.  [default: DIR.csv]"
)
def publish(folder: Path, output: Path | None) -> None:
    """Write the results of the benchmark in DIR as one file that others can add to a leaderboard.

    Every record is checked; versions, machine and commit are added. No row of any data set is written, nor
    where a file of your own lies.
    """
    with interrupts_kept():
        from robustgen.bench import published

    path = output or folder.resolve().with_name(f"{folder.resolve().name}.csv")
    expect_apart(
        [folder / "records.jsonl", folder / "manifest.json", folder / "metrics.csv"], {"--output": path}
    )
    table, left_out = published.published(folder)
    published.write(table, path)
    without = f", without {left_out} of detectors that were given answers" if left_out else ""
    click.echo(f"published: {path} ({len(table)} runs{without})")
