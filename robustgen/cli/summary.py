"""The table at the end of a run: how each detector stands at each corruption."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from rich.console import Console
from rich.table import Table

from robustgen.bench.records import Record
from robustgen.reporting import samples, tables
from robustgen.reporting.cells import SAMPLE_METRICS, cells
from robustgen.reporting.formatting import percent

#: Wide enough for the whole table where the output is no terminal and has no width of its own.
_FILE_WIDTH = 120


def show_summary(records: Iterable[Record], *, naive: str | None) -> None:
    """Print the summary table on stdout.

    Parameters
    ----------
    records
        The records of a run.
    naive
        The detector that `recovered` measures against.
    """
    plain_console().print(summary_table(tables.summary(cells(records), naive=naive)))


def show_samples(records: Iterable[Record]) -> None:
    """Print the table of a run of the task "generation" on stdout: a line a detector and corruption."""
    means = samples.summary(cells(records, SAMPLE_METRICS))
    table = Table(title="Samples, means over data sets", title_justify="left")
    for name in ("corruption", "detector", "trained"):
        table.add_column(name)
    for measure in samples.MEASURES.values():
        table.add_column(measure.label, justify="right")
    for row in means.to_dict("records"):
        figures = [f"{row[name]:.3g}" for name in samples.MEASURES]
        table.add_row(f"{row['corruption']:g}", row["detector"], samples.trained(row["clean"]), *figures)
    plain_console().print(table)


def summary_table(summary: pd.DataFrame) -> Table:
    """Lay out the summary: a block a corruption, the best detector first.

    Parameters
    ----------
    summary
        What `robustgen.reporting.tables.summary` returns.
    """
    table = Table(title="Means over data sets, ± spread over repetitions", title_justify="left")
    table.add_column("corruption", justify="right")
    table.add_column("detector")
    for heading in ("AUROC", "clean oracle", "recovered", "AP", "sets", "fits"):
        table.add_column(heading, justify="right")
    for corruption, block in summary.groupby("corruption", sort=True):
        for place, row in enumerate(block.to_dict("records")):
            table.add_row("" if place else f"{corruption:g}", *_cells_of(row))
        table.add_section()
    return table


def _cells_of(row: dict[str, float]) -> tuple[str, ...]:
    return (
        str(row["detector"]),
        _with_spread(row["auroc"], row["auroc_spread"]),
        _number(row["auroc_oracle"]),
        percent(row["auroc_recovered"]) or "-",
        _with_spread(row["ap"], row["ap_spread"]),
        f"{row['sets']:g}",
        f"{row['fits']:g}",
    )


def _number(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.3f}"


def _with_spread(value: float, spread: float) -> str:
    return _number(value) if pd.isna(spread) else f"{_number(value)} ± {spread:.3f}"


def plain_console() -> Console:
    """Return a console on stdout, wide enough where that is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=_FILE_WIDTH)
