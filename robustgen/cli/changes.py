"""What changed between two runs, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from robustgen.cli.summary import plain_console
from robustgen.reporting.cells import TIE
from robustgen.reporting.changes import most_changed
from robustgen.reporting.compare import Comparison
from robustgen.reporting.formatting import points, score

#: Lines of a list; the documents of --output have more.
_MOST = 10


def show_comparison(comparison: Comparison) -> None:
    """Print what changed from run A to run B on stdout.

    Parameters
    ----------
    comparison
        What `robustgen.reporting.compare.compare_runs` returns.
    """
    console = plain_console()
    for side, name in zip("AB", comparison.names, strict=True):
        console.print(Text(f"{side}: {name}"))
    console.print(Text(" · ".join(comparison.facts)))
    console.print(Text(comparison.sentence, "bold"))
    if not comparison.means.empty:
        console.print(means_table(comparison.means))
    _show_list(console, "Ended otherwise", [_outcome(row) for row in _rows(comparison.outcomes)])
    _show_list(console, "Changed most", [_change(row) for row in _rows(most_changed(comparison.cells))])
    _show_list(console, "Made with", [_setting(row) for row in _rows(comparison.settings)])


def means_table(means: pd.DataFrame) -> Table:
    """Lay out how the means moved: a block a corruption, what rose most first.

    Parameters
    ----------
    means
        What `robustgen.reporting.changes.means` returns.
    """
    table = Table(title="Mean AUROC over the common cells; B - A in points", title_justify="left")
    table.add_column("c", justify="right")
    table.add_column("detector", no_wrap=True)
    for heading in ("A", "B", "B - A", "AP, B - A", "p", "sets"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for corruption, block in means.groupby("corruption", sort=False):
        for place, row in enumerate(_rows(block)):
            table.add_row("" if place else f"{corruption:g}", *_entries(row))
        table.add_section()
    return table


def _entries(row: pd.Series) -> Iterator[Text]:
    yield Text(row["detector"])
    yield Text(score(row["auroc_a"]))
    yield Text(score(row["auroc_b"]))
    yield _difference(row["auroc_difference"])
    yield Text(points(row["ap_difference"]))
    yield Text("-" if pd.isna(row["p"]) else f"{row['p']:.2g}")
    yield Text(f"{row['sets']}")
    yield Text(row["verdict"])


def _difference(difference: float) -> Text:
    moved = "green" if difference > 0 else "red"
    return Text(points(difference), moved if abs(difference) >= TIE else "")


def _show_list(console: Console, title: str, lines: Sequence[Text]) -> None:
    if not lines:
        return
    console.print(Text(title, "italic"))
    for line in lines[:_MOST]:
        console.print(Text("  ").append(line))
    if len(lines) > _MOST:
        console.print(Text(f"  {len(lines) - _MOST} more: --output", "dim"))


def _outcome(row: pd.Series) -> Text:
    message = row["message_b"] or row["message_a"]
    return Text(f"{row['status_a']} -> {row['status_b']}: {_cell(row)}{f': {message}' if message else ''}")


def _change(row: pd.Series) -> Text:
    scores = f"{score(row['auroc_a'])} -> {score(row['auroc_b'])}"
    return _difference(row["auroc_difference"]).append(f" {_cell(row)}: {scores}", "none")


def _setting(row: pd.Series) -> Text:
    return Text(f"{row['name']}: {row['a'] or 'nothing'} -> {row['b'] or 'nothing'}")


def _cell(row: pd.Series) -> str:
    inliers = f" {row['inlier_class']}" if row["inlier_class"] else ""
    trained = ", trained clean" if row["clean"] and row["corruption"] > 0 else ""
    where = f"{row['dataset']}{inliers} at {row['corruption']:g}"
    return f"{row['detector']} on {where}, repetition {row['repetition']}{trained}"


def _rows(table: pd.DataFrame) -> list[pd.Series]:
    return [row for _, row in table.iterrows()]
