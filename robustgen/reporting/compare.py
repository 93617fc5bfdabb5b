"""Two benchmarks beside each other: what changed from A to B, as tables and as documents."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from robustgen._checks import UsageError
from robustgen._files import staged, write_csv, write_text
from robustgen.reporting import changes
from robustgen.reporting.cells import TIE
from robustgen.reporting.display_tables import (
    Column,
    DisplayTable,
    Form,
    Item,
    corruption,
    detector,
    figure,
    number,
    table_of,
    text,
)
from robustgen.reporting.documents import Section, markdown_of, page
from robustgen.reporting.formatting import count, points, score
from robustgen.reporting.run import Run, read_results
from robustgen.reporting.statistics import least_sets

MOST = 60
"""Cells of a list in the documents; `compare-runs.csv` has all."""

SAMPLING = ("max_train", "max_test", "max_corruption")
"""Settings of a suite that change which rows a cell draws."""

FILES = ("compare.csv", "compare-runs.csv", "compare.md", "compare.html")


@dataclass(frozen=True)
class Comparison:
    """What changed from A to B.

    Parameters
    ----------
    names
        The two folders as they were given.
    a, b
        What they hold.
    """

    names: tuple[str, str]
    a: Run
    b: Run

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Every cell of either run; see :func:`robustgen.reporting.changes.joined`."""
        return changes.joined(self.a, self.b)

    @cached_property
    def means(self) -> pd.DataFrame:
        """How each detector moved; see :func:`robustgen.reporting.changes.means`."""
        return changes.means(self.a, self.b)

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """The cells that ended otherwise; see :func:`robustgen.reporting.changes.new_outcomes`."""
        return changes.new_outcomes(self.cells)

    @cached_property
    def settings(self) -> pd.DataFrame:
        """What the runs were made with; see :func:`robustgen.reporting.changes.settings`."""
        return changes.settings(self.a, self.b)

    @property
    def sentence(self) -> str:
        """What changed, in one sentence."""
        if self.means.empty:
            return "No run finished in both: there is nothing to compare."
        moved = self.means.loc[self.means["auroc_difference"].abs() >= TIE, "auroc_difference"]
        rows = f"{len(self.means)} detectors and corruptions"
        if moved.empty:
            return f"No mean AUROC moved by two points or more, of {rows}."
        ways = f"{(moved > 0).sum()} rose and {(moved < 0).sum()} fell"
        return f"Of {rows}, {ways} by two points of mean AUROC or more from A to B."

    @property
    def facts(self) -> tuple[str, ...]:
        """How many runs the two share, and how they ended."""
        where = self.cells["where"].value_counts()
        finished = ((self.cells["status_a"] == "ok") & (self.cells["status_b"] == "ok")).sum()
        return (
            f"{count(int(where.get('both', 0)), 'run')} in both",
            f"{finished} of them finished in both",
            f"{where.get('A', 0)} only in A",
            f"{where.get('B', 0)} only in B",
            f"{count(len(self.outcomes), 'run')} ended otherwise",
            *self._other_rows,
        )

    @property
    def _other_rows(self) -> list[str]:
        """Warn where the runs drew their rows otherwise, so that a cell of both has other data in each."""
        pairs = {name: (self.a.suite.get(name), self.b.suite.get(name)) for name in SAMPLING}
        return [f"other rows: {name} is {a} and {b}" for name, (a, b) in pairs.items() if a != b]


def compare_runs(a: Path, b: Path) -> Comparison:
    """Compare two benchmarks of the task "detection".

    Parameters
    ----------
    a, b : Path
        Their folders, each with `records.jsonl`, or the `metrics.csv` of a published report, and, to tell how
        they were made, `manifest.json`.

    Returns
    -------
    Comparison
        The tables of what changed.

    Raises
    ------
    UsageError
        If a folder holds no run (see `run.read_results`), if a run is of generation, or if the two have other
        protocols or corruptions of another kind.
    """
    runs = read_results(Path(a)), read_results(Path(b))
    for folder, run in zip((a, b), runs, strict=True):
        if run.task != "detection":
            raise UsageError(
                f"got {folder}, a benchmark of the task '{run.task}', whose runs have no AUROC, "
                "expected two benchmarks of 'detection': give another folder"
            )
    for what in ("protocol", "corruption_of"):
        sides = [getattr(run, what) for run in runs]
        if sides[0] != sides[1]:
            raise UsageError(
                f"got {a} with {what} = {sides[0]} and {b} with {what} = {sides[1]}, expected one: their "
                "scores mean different things, compare two of one protocol"
            )
    return Comparison((str(a), str(b)), *runs)


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write `compare.html`, `compare.md`, `compare.csv` and `compare-runs.csv` into a folder.

    Parameters
    ----------
    comparison : Comparison
        What `compare_runs` returns.
    folder : Path
        Where to; it is made if it is not there.

    Returns
    -------
    Path
        The page, `compare.html`.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"got the file '{folder}' for the output, expected a folder: give another --output")
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"comparison": comparison, "sections": sections(comparison)}
    with staged(folder) as parts:
        write_csv(parts / "compare.csv", comparison.means)
        write_csv(parts / "compare-runs.csv", comparison.cells)
        write_text(parts / "compare.md", markdown_of("compare.md.j2", **contents))
        write_text(parts / "compare.html", page("compare.html.j2", **contents))
        for name in FILES:
            (parts / name).replace(folder / name)
    return folder / "compare.html"


def sections(comparison: Comparison) -> list[Section]:
    """Return what the documents show, without what is empty."""
    means = (
        "Means over the runs that finished in both; the difference is B - A, in points. p is that of "
        "Wilcoxon's signed-rank test over the sets, with Holm's correction over all rows; it takes "
        f"{least_sets(1)} sets. A difference below two points is a tie, whatever p; open is what "
        "no test tells."
    )
    ended = "Runs of both that came to another end."
    cells = f"The {MOST} runs whose AUROC differs most; compare-runs.csv has all."
    settings = "What the manifests say differently."
    parts = [
        Section("means", "Means", means, tables=(_means(comparison.means),)),
        Section("outcomes", "Ended otherwise", ended, tables=(_outcomes(comparison.outcomes),)),
        Section("runs", "Runs that changed most", cells, tables=(_cells(comparison.cells),)),
        Section("settings", "Settings, versions and commit", settings, tables=(_settings(comparison),)),
    ]
    return [part for part in parts if part.tables[0].lines]


def _means(table: pd.DataFrame) -> DisplayTable:
    shown = [
        detector(),
        corruption(),
        figure("AUROC, A", "auroc_a", score),
        figure("AUROC, B", "auroc_b", score),
        _difference(),
        figure("AP, A", "ap_a", score),
        figure("AP, B", "ap_b", score),
        figure("AP, B - A", "ap_difference", points),
        figure("p", "p", _p_value, "Blank where the sets are too few for a test"),
        text("Verdict", "verdict", choice=True),
        number("Sets", "sets", "Each inlier class is one"),
        number("Fits", "fits"),
    ]
    return table_of("means", table, shown)


def _outcomes(table: pd.DataFrame) -> DisplayTable:
    shown = [
        *_cell_names(),
        text("A", "status_a", choice=True),
        text("B", "status_b", choice=True),
        (Column("Message", numeric=False), _message),
    ]
    return table_of("outcomes", table, shown)


def _cells(table: pd.DataFrame) -> DisplayTable:
    shown = [
        *_cell_names(),
        figure("AUROC, A", "auroc_a", score),
        figure("AUROC, B", "auroc_b", score),
        _difference(),
        figure("AP, B - A", "ap_difference", points),
    ]
    return table_of("runs", changes.most_changed(table).head(MOST), shown)


def _settings(comparison: Comparison) -> DisplayTable:
    a, b = comparison.names
    shown = [text("Entry", "name"), text(f"A: {a}", "a"), text(f"B: {b}", "b")]
    return table_of("settings", comparison.settings, shown)


def _cell_names() -> list[tuple[Column, Form]]:
    return [
        detector(),
        text("Data set", "dataset", choice=True),
        text("Inlier class", "inlier_class"),
        corruption(),
        (Column("Trained", numeric=False), _trained),
        number("Repetition", "repetition"),
    ]


def _trained(row: pd.Series) -> Item:
    return Item("clean" if row["clean"] or row["corruption"] == 0 else "dirty")


def _difference() -> tuple[Column, Form]:
    def form(row: pd.Series) -> Item:
        difference = row["auroc_difference"]
        mark = "ahead" if difference > 0 else "behind"
        return Item(points(difference), mark=mark if abs(difference) >= TIE else "")

    return Column("B - A"), form


def _p_value(p: float) -> str:
    return "" if math.isnan(p) else f"{p:.2g}"


def _message(row: pd.Series) -> Item:
    sides = {side: row[f"message_{side.lower()}"] for side in "AB"}
    return Item("; ".join(f"{side}: {message}" for side, message in sides.items() if message))
