"""Two runs beside each other: what changed from A to B, as tables and as documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from robustgen._checks import UsageError
from robustgen._files import staged, write_csv, write_text
from robustgen.reporting import changes
from robustgen.reporting.cells import TIE
from robustgen.reporting.display_tables import Column, Item, Line, Sheet
from robustgen.reporting.documents import Section, page, text
from robustgen.reporting.figures import token
from robustgen.reporting.formatting import count, points, score
from robustgen.reporting.run import Run, read_run
from robustgen.reporting.statistics import least_sets

MOST = 60
"""Cells of a list in the documents; `compare-cells.csv` has all."""

SAMPLING = ("max_train", "max_test", "reach")
"""Settings of a suite that change which rows a cell draws."""

FILES = ("compare.csv", "compare-cells.csv", "compare.md", "compare.html")


@dataclass(frozen=True)
class Comparison:
    """What changed from run A to run B.

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
        """Every cell of either run; see `changes.joined`."""
        return changes.joined(self.a, self.b)

    @cached_property
    def means(self) -> pd.DataFrame:
        """How each detector moved; see `changes.means`."""
        return changes.means(self.a, self.b)

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """The cells that ended otherwise; see `changes.new_outcomes`."""
        return changes.new_outcomes(self.cells)

    @cached_property
    def settings(self) -> pd.DataFrame:
        """What the runs were made with; see `changes.settings`."""
        return changes.settings(self.a, self.b)

    @property
    def sentence(self) -> str:
        """What changed, in one sentence."""
        if self.means.empty:
            return "No cell finished in both runs: there is nothing to compare."
        moved = self.means.loc[self.means["auroc_difference"].abs() >= TIE, "auroc_difference"]
        rows = f"{len(self.means)} detectors and corruptions"
        if moved.empty:
            return f"No mean AUROC moved by two points or more, of {rows}."
        ways = f"{(moved > 0).sum()} rose and {(moved < 0).sum()} fell"
        return f"Of {rows}, {ways} by two points of mean AUROC or more from A to B."

    @property
    def facts(self) -> tuple[str, ...]:
        """How many cells the runs share, and how they ended."""
        where = self.cells["where"].value_counts()
        finished = ((self.cells["status_a"] == "ok") & (self.cells["status_b"] == "ok")).sum()
        return (
            f"{count(int(where.get('both', 0)), 'cell')} in both",
            f"{finished} of them finished in both",
            f"{where.get('A', 0)} only in A",
            f"{where.get('B', 0)} only in B",
            f"{count(len(self.outcomes), 'cell')} ended otherwise",
            *self._other_rows,
        )

    @property
    def _other_rows(self) -> list[str]:
        """Warn where the runs drew their rows otherwise, so that a cell of both has other data in each."""
        pairs = {name: (self.a.suite.get(name), self.b.suite.get(name)) for name in SAMPLING}
        return [f"other rows: {name} is {a} and {b}" for name, (a, b) in pairs.items() if a != b]


def compare_runs(a: Path, b: Path) -> Comparison:
    """Compare two runs of the task "detection".

    Parameters
    ----------
    a, b : Path
        Their folders, each with `records.jsonl` and, to tell how they were made, `manifest.json`.

    Returns
    -------
    Comparison
        The tables of what changed.

    Raises
    ------
    UsageError
        If a folder holds no run (see `run.read_run`), if a run is of generation, or if the two have other
        protocols or corruptions of another kind.
    """
    runs = read_run(Path(a)), read_run(Path(b))
    for folder, run in zip((a, b), runs, strict=True):
        if run.task != "detection":
            raise UsageError(
                f"{folder} is a run of the task '{run.task}', whose cells have no AUROC; "
                "expected two runs of 'detection'"
            )
    for what, of in {"protocol": _protocol, "corruption_of": _corruption_of}.items():
        sides = [of(run) for run in runs]
        if sides[0] != sides[1]:
            raise UsageError(
                f"{a} has {what} = {sides[0]} and {b} has {what} = {sides[1]}: their scores mean different "
                "things; compare two runs of one protocol"
            )
    return Comparison((str(a), str(b)), *runs)


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write `compare.html`, `compare.md`, `compare.csv` and `compare-cells.csv` into a folder.

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
        raise UsageError(f"the output folder '{folder}' is a file; give another --output")
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"comparison": comparison, "sections": sections(comparison)}
    with staged(folder) as parts:
        write_csv(parts / "compare.csv", comparison.means)
        write_csv(parts / "compare-cells.csv", comparison.cells)
        write_text(parts / "compare.md", text("compare.md.j2", **contents))
        write_text(parts / "compare.html", page("compare.html.j2", **contents))
        for name in FILES:
            (parts / name).replace(folder / name)
    return folder / "compare.html"


def sections(comparison: Comparison) -> list[Section]:
    """Return what the documents show, without what is empty."""
    means = (
        "Means over the cells that finished in both runs; the difference is B - A, in points. p is that of "
        "Wilcoxon's signed-rank test over the sets, with Holm's correction over all rows; it takes "
        f"{least_sets(1)} sets. A difference below two points is a tie, whatever p; open is what "
        "no test tells."
    )
    ended = "Cells of both runs that came to another end."
    cells = f"The {MOST} cells whose AUROC differs most; compare-cells.csv has all."
    settings = "What the manifests say differently."
    parts = [
        Section("means", "Means", means, sheets=(_means(comparison.means),)),
        Section("outcomes", "Ended otherwise", ended, sheets=(_outcomes(comparison.outcomes),)),
        Section("cells", "Cells that changed most", cells, sheets=(_cells(comparison.cells),)),
        Section("settings", "Settings, versions and commit", settings, sheets=(_settings(comparison),)),
    ]
    return [part for part in parts if part.sheets[0].lines]


Form = Callable[[pd.Series], Item]


def _means(table: pd.DataFrame) -> Sheet:
    shown: dict[Column, Form] = {
        Column("Detector", numeric=False): _word("detector"),
        Column("Corruption", choice=True): lambda row: Item(f"{row['corruption']:g}"),
        Column("AUROC, A"): _score("auroc_a"),
        Column("AUROC, B"): _score("auroc_b"),
        Column("B - A"): _difference("auroc_difference"),
        Column("AP, A"): _score("ap_a"),
        Column("AP, B"): _score("ap_b"),
        Column("AP, B - A"): lambda row: Item(points(row["ap_difference"])),
        Column("p", "Blank where the sets are too few for a test"): _p,
        Column("Verdict", numeric=False, choice=True): _word("verdict"),
        Column("Sets", "Each inlier class is one"): lambda row: Item(f"{row['sets']}"),
        Column("Fits"): lambda row: Item(f"{row['fits']}"),
    }
    return _sheet("means", table, shown)


def _outcomes(table: pd.DataFrame) -> Sheet:
    shown = _cell_names() | {
        Column("A", numeric=False, choice=True): _word("status_a"),
        Column("B", numeric=False, choice=True): _word("status_b"),
        Column("Message", numeric=False): _message,
    }
    return _sheet("outcomes", table, shown)


def _cells(table: pd.DataFrame) -> Sheet:
    shown = _cell_names() | {
        Column("AUROC, A"): _score("auroc_a"),
        Column("AUROC, B"): _score("auroc_b"),
        Column("B - A"): _difference("auroc_difference"),
        Column("AP, B - A"): lambda row: Item(points(row["ap_difference"])),
    }
    return _sheet("cells", changes.most_changed(table).head(MOST), shown)


def _settings(comparison: Comparison) -> Sheet:
    shown: dict[Column, Form] = {
        Column("Entry", numeric=False): _word("name"),
        Column(f"A: {comparison.names[0]}", numeric=False): _word("a"),
        Column(f"B: {comparison.names[1]}", numeric=False): _word("b"),
    }
    return _sheet("settings", comparison.settings, shown)


def _cell_names() -> dict[Column, Form]:
    return {
        Column("Detector", numeric=False): _word("detector"),
        Column("Data set", numeric=False, choice=True): _word("dataset"),
        Column("Inlier class", numeric=False): _word("inlier_class"),
        Column("Corruption", choice=True): lambda row: Item(f"{row['corruption']:g}"),
        Column("Trained", numeric=False): lambda row: Item(
            "clean" if row["clean"] or row["corruption"] == 0 else "dirty"
        ),
        Column("Repetition"): lambda row: Item(f"{row['repetition']}"),
    }


def _sheet(name: str, table: pd.DataFrame, shown: Mapping[Column, Form]) -> Sheet:
    lines = [
        Line(tuple(form(row) for form in shown.values()), token(row.get("detector", "")))
        for _, row in table.iterrows()
    ]
    return Sheet(name, tuple(shown), tuple(lines))


def _word(name: str) -> Form:
    return lambda row: Item(str(row[name]))


def _score(name: str) -> Form:
    return lambda row: Item(score(row[name]))


def _difference(name: str) -> Form:
    def form(row: pd.Series) -> Item:
        moved = abs(row[name]) >= TIE
        return Item(points(row[name]), mark=("ahead" if row[name] > 0 else "behind") if moved else "")

    return form


def _p(row: pd.Series) -> Item:
    return Item("" if pd.isna(row["p"]) else f"{row['p']:.2g}")


def _message(row: pd.Series) -> Item:
    sides = {side: row[f"message_{side.lower()}"] for side in "AB"}
    return Item("; ".join(f"{side}: {message}" for side, message in sides.items() if message))


def _protocol(run: Run) -> str:
    return str(run.suite.get("protocol", "unknown"))


def _corruption_of(run: Run) -> str:
    return run.records[0].corruption_of
