"""Tables on the terminal: how each detector stands at the end of a run, and what changed between two."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from robustgen.bench.records import Record
from robustgen.reporting import samples, tables
from robustgen.reporting.compare import Comparison, sections
from robustgen.reporting.sheets import Sheet
from robustgen.reporting.words import percent

#: Wide enough for the whole table where the output is no terminal and has no width of its own.
_FILE_WIDTH = 120
#: Rows of a table of changes; the documents have all.
_MOST = 30
_STYLES = {"ahead": "green", "behind": "red"}


def show_summary(records: Iterable[Record], *, naive: str | None) -> None:
    """Print the summary table on stdout.

    Parameters
    ----------
    records
        The records of a run.
    naive
        The detector that `recovered` measures against.
    """
    _console().print(summary_table(tables.summary(records, naive=naive)))


def show_samples(records: Iterable[Record]) -> None:
    """Print the table of a run of the task "generation" on stdout: a line a detector and corruption."""
    means = samples.summary(records)
    table = Table(title="Samples, means over data sets", title_justify="left")
    for name in ("corruption", "detector", "trained"):
        table.add_column(name)
    for measure in samples.MEASURES.values():
        table.add_column(measure.label, justify="right")
    for row in means.to_dict("records"):
        figures = [f"{row[name]:.3g}" for name in samples.MEASURES]
        table.add_row(f"{row['corruption']:g}", row["detector"], samples.trained(row["clean"]), *figures)
    _console().print(table)


def show_comparison(comparison: Comparison) -> None:
    """Print what changed between two runs on stdout: the sections of its documents, the long ones cut."""
    console = _console()
    for name, side in zip(comparison.names, "AB", strict=True):
        console.print(f"{side}: {name}", markup=False, highlight=False)
    console.print(" · ".join(comparison.facts), markup=False, highlight=False)
    console.print(comparison.sentence, style="bold", markup=False, highlight=False)
    for section in sections(comparison):
        console.print(sheet_table(section.title, section.sheets[0]))


def sheet_table(title: str, sheet: Sheet) -> Table:
    """Lay out a sheet; of a long one, the first rows, and how many there are.

    Parameters
    ----------
    title
        What stands above it.
    sheet
        A table as the documents show it.
    """
    hidden = len(sheet.lines) - _MOST
    table = Table(
        title=title, title_justify="left", caption=f"{hidden} more: --output" if hidden > 0 else None
    )
    for place, column in enumerate(sheet.columns):
        justify: JustifyMethod = "right" if column.numeric else "left"
        table.add_column(Text(column.label), justify=justify, overflow="fold", no_wrap=place == 0)
    for line in sheet.lines[:_MOST]:
        table.add_row(*(Text(item.text, _STYLES.get(item.mark, "")) for item in line.items))
    return table


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


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_FILE_WIDTH)
