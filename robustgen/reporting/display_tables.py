"""From frames to tables for reading: columns with labels and notes, cells as text with a value to sort by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from robustgen.reporting.cells import METRICS
from robustgen.reporting.figures import token
from robustgen.reporting.formatting import count, percent, points, score, seconds
from robustgen.reporting.tables import SCORES

TITLES = {
    "auroc": "AUROC",
    "ap": "AP",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "precision_at_n": "P@n",
    "recall_at_1pct": "Recall at 1 %",
    "recall_at_5pct": "Recall at 5 %",
}
NOTES = {
    "auroc": "The chance that a random outlier scores above a random inlier; 0.5 is guessing",
    "ap": "Average precision: the area under the precision-recall curve; depends on the share of outliers",
    "precision": "Share of the alarms that are outliers, at the fitted threshold",
    "recall": "Share of the outliers that raise an alarm, at the fitted threshold",
    "f1": "Harmonic mean of precision and recall, at the fitted threshold",
    "precision_at_n": "Share of outliers among the n highest scores, n being their number",
    "recall_at_1pct": "Share of the outliers found when 1 % of the inliers raise false alarms",
    "recall_at_5pct": "Share of the outliers found when 5 % of the inliers raise false alarms",
}


@dataclass(frozen=True)
class Column:
    """A column: its label, what it means, whether it holds numbers, whether it can be chosen from."""

    label: str
    note: str = ""
    numeric: bool = True
    choice: bool = False


@dataclass(frozen=True)
class Item:
    """One entry: the text, a spread or count beside it, a shade in [0, 1], and a word that marks it."""

    text: str
    beside: str = ""
    shade: float | None = None
    mark: str = ""


@dataclass(frozen=True)
class Line:
    """One row: its entries, the detector's token, and whether that is the baseline."""

    items: tuple[Item, ...]
    token: str = ""
    baseline: bool = False


@dataclass(frozen=True)
class DisplayTable:
    """A table for reading.

    Parameters
    ----------
    name
        Its id in a page, unlike any other's.
    columns, lines
        What it holds.
    title
        Its caption, where the section's title is not enough.
    kind
        What it is styled as; by default its name.
    across
        What its columns are, where they can be filtered as its rows can.
    choices
        Of several tables of a section, what this one shows: pairs of a label and a value.
    level
        The corruption that it is of; the slider of a page shows one at a time.
    """

    name: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    title: str = ""
    kind: str = ""
    across: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    level: str = ""


Form = Callable[[pd.Series], Item]

DETECTOR = Column("Detector", numeric=False)
RECOVERED = "Recovered"
FULL_SHADE = 0.2
"""The distance from the best of a set, in units of the measure, at which a shade has faded out."""

BUDGET_NOTES = {
    "precision": "Share of so many alarms that are outliers",
    "recall": "Share of the outliers that are among so many alarms",
}

MEASURES: dict[str, Callable[[float], str]] = {"auroc": score, "ap": score, "auroc_recovered": percent}
"""What is shown set by set, and how it is written."""


def leaderboard(table: pd.DataFrame, *, baseline: str | None) -> DisplayTable:
    """Return the table of the first screen: :func:`robustgen.reporting.tables.summary` at one corruption."""
    shown: list[tuple[Column, Form]] = [
        detector(),
        _metric("auroc"),
        _recovered("auroc"),
        _oracle("auroc"),
        _metric("ap"),
        _rank(),
        number("Sets", "sets", "Number of data sets behind the means"),
    ]
    level = f"{table['corruption'].iloc[0]:g}" if len(table) else ""
    whole = table_of(f"leaderboard-{level}", table, shown, baseline)
    return replace(whole, kind="leaderboard", level=level)


def means(table: pd.DataFrame) -> DisplayTable:
    """Return the table of a terminal: :func:`robustgen.reporting.tables.summary`, a block a corruption."""
    shown: list[tuple[Column, Form]] = [
        corruption(),
        detector(),
        _metric("auroc"),
        _oracle("auroc"),
        _recovered("auroc"),
        _metric("ap"),
        number("Sets", "sets"),
        number("Fits", "fits"),
    ]
    title = "Means over data sets, ± spread over repetitions"
    return replace(table_of("means", table, shown), title=title)


def every_metric(table: pd.DataFrame, *, baseline: str | None) -> DisplayTable:
    """Return all of :func:`.tables.summary`: a row a corruption and detector, the dirtiest first."""
    rows = table.sort_values("corruption", ascending=False, kind="stable")
    shown = [
        detector(),
        corruption(),
        *(form(metric) for metric in SCORES for form in (_metric, _oracle, _recovered)),
        *(_metric(metric) for metric in METRICS[2:]),
        _rank(),
        number("Sets", "sets", "Number of data sets behind the means"),
        number("Fits", "fits", "Number of fits behind the means"),
        number("Repetitions", "repetitions", "Number of repetitions behind the means and spreads"),
    ]
    return table_of("every-metric", rows, shown, baseline)


def ranks(table: pd.DataFrame) -> tuple[DisplayTable, ...]:
    """Return :func:`.tables.ranks` for reading: a table a metric, a column a corruption."""
    return tuple(_ranks_by(metric, table[table["metric"] == metric]) for metric in SCORES)


def _ranks_by(metric: str, table: pd.DataFrame) -> DisplayTable:
    wide = table.pivot(index="detector", columns="corruption", values="rank")
    sets = table.groupby("corruption")["rank_sets"].first()
    columns = [Column(f"{level:g} ({count(int(sets[level]), 'set')})", "Corruption") for level in wide]
    lines = [
        Line((Item(str(name)), *(Item(score(rank, 2)) for rank in wide.loc[name])), token(str(name)))
        for name in wide.sort_values(wide.columns[-1], kind="stable").index
    ]
    title = f"Mean rank by {TITLES[metric]} at each corruption"
    choices = (("By", TITLES[metric]),)
    return DisplayTable(
        f"ranks-{metric}", (DETECTOR, *columns), tuple(lines), title, "ranks", choices=choices
    )


def pairs(table: pd.DataFrame, corruption: float) -> DisplayTable:
    """Return :func:`.statistics.pairs` at one corruption as a square: row minus column, in points."""
    names = [str(name) for name in dict.fromkeys([*table["detector"], *table["other"]])]
    entries: dict[tuple[str, str], Item] = {(name, name): Item("") for name in names}
    for _, row in table.iterrows():
        different = row["verdict"] == "better"
        entries[row["detector"], row["other"]] = _difference(row["difference"], different, "ahead")
        entries[row["other"], row["detector"]] = _difference(-row["difference"], different, "behind")
    lines = [Line((Item(name), *(entries[name, other] for other in names)), token(name)) for name in names]
    return DisplayTable(
        f"pairs-{corruption:g}",
        (DETECTOR, *(Column(name) for name in names)),
        tuple(lines),
        f"Row minus column at corruption {corruption:g}: points of mean AUROC; * significantly different",
        "pairs",
        "detectors",
        level=f"{corruption:g}",
    )


def _difference(difference: float, different: bool, mark: str) -> Item:
    return Item(f"{points(difference)}*", mark=mark) if different else Item(points(difference))


def grids(table: pd.DataFrame, *, baseline: str | None) -> Iterator[DisplayTable]:
    """Yield each measure at each corruption, the dirtiest first: a row a detector, a column a set.

    Parameters
    ----------
    table : pandas.DataFrame
        What :func:`robustgen.reporting.tables.by_dataset` returns.
    baseline : str or None
        The row to set apart.
    """
    for measure, form in MEASURES.items():
        for corruption, rows in reversed(list(table.groupby("corruption"))):
            if rows[measure].notna().any():
                yield _grid(rows, measure, form, float(corruption), baseline)


def _grid(
    table: pd.DataFrame, measure: str, form: Callable[[float], str], corruption: float, baseline: str | None
) -> DisplayTable:
    wide = table.pivot(index="detector", columns="dataset", values=measure)
    order = wide.agg(["count", "mean"], axis=1).sort_values(["count", "mean"], ascending=False).index
    shades = (1 - (wide.max() - wide) / FULL_SHADE).clip(0, 1)
    lines = [
        Line(
            (Item(str(name)), *(_shaded(form(wide.at[name, n]), shades.at[name, n]) for n in wide)),
            token(str(name)),
            name == baseline,
        )
        for name in order
    ]
    label = RECOVERED if measure == "auroc_recovered" else TITLES[measure]
    return DisplayTable(
        f"grid-{measure}-{corruption:g}",
        (DETECTOR, *(Column(str(name)) for name in wide)),
        tuple(lines),
        f"{label} on each set at corruption {corruption:g}",
        "grid",
        "sets",
        (("Measure", label),),
        f"{corruption:g}",
    )


def budgets(table: pd.DataFrame) -> Iterator[DisplayTable]:
    """Yield :func:`.budgets.alarm_budgets` at each corruption, the dirtiest first: a column a budget."""
    for corruption, rows in reversed(list(table.groupby("corruption"))):
        wide = rows.pivot(index="detector", columns="budget", values=[*BUDGET_NOTES])
        kinds = [(measure, budget) for budget in wide["precision"] for measure in BUDGET_NOTES]
        columns = [
            Column(f"{percent(budget)}: {measure}", BUDGET_NOTES[measure]) for measure, budget in kinds
        ]
        order = wide["recall"].mean(axis=1).sort_values(ascending=False).index
        lines = [
            Line((Item(str(name)), *(Item(percent(wide.at[name, kind])) for kind in kinds)), token(str(name)))
            for name in order
        ]
        title = f"Alarms for the most suspicious rows at corruption {corruption:g}"
        yield DisplayTable(
            f"budgets-{corruption:g}",
            (DETECTOR, *columns),
            tuple(lines),
            title,
            "budgets",
            level=f"{corruption:g}",
        )


def run_times(table: pd.DataFrame) -> DisplayTable:
    """Return :func:`robustgen.reporting.tables.run_times` for reading."""
    shown: list[tuple[Column, Form]] = [
        detector(),
        figure("Fit, s", "fit_seconds", seconds, "Median seconds of a fit"),
        figure(
            "Score, µs a row", "score_microseconds", seconds, "Median microseconds of scoring one test row"
        ),
        figure("Peak memory, MiB", "peak_memory_mib", seconds, "Median of the worker's peak"),
        figure("All fits, s", "total_seconds", seconds, "Sum over all finished runs, oracles included"),
        number("Fits", "fits", "Number of finished runs behind the medians, oracles included"),
    ]
    return table_of("run-times", table, shown)


def unfinished(table: pd.DataFrame) -> DisplayTable:
    """Return :func:`robustgen.reporting.tables.unfinished` for reading."""
    words: list[tuple[Column, Form]] = [
        text("Status", "status", choice=True),
        text("Data set", "dataset"),
        text("Inlier class", "inlier_class"),
        corruption(),
        text("Detector", "detector"),
        (Column("Trained", numeric=False), lambda row: Item("clean" if row["clean"] else "dirty")),
        number("Repetition", "repetition"),
        text("Message", "message"),
    ]
    return table_of("unfinished", table, words)


def warnings(table: pd.DataFrame) -> DisplayTable:
    """Return :func:`robustgen.reporting.tables.warnings` for reading."""
    fits = number("Fits", "fits", "Number of finished runs that warned so")
    return table_of("warnings", table, [text("Detector", "detector"), fits, text("Message", "message")])


def table_of(
    name: str, table: pd.DataFrame, shown: Sequence[tuple[Column, Form]], baseline: str | None = None
) -> DisplayTable:
    """Return a frame as a table for reading: a line a row, and each column with the form of its entries."""
    lines = [
        Line(
            tuple(form(row) for _, form in shown),
            token(row.get("detector", "")),
            baseline is not None and row.get("detector") == baseline,
        )
        for _, row in table.iterrows()
    ]
    return DisplayTable(name, tuple(column for column, _ in shown), tuple(lines))


def detector() -> tuple[Column, Form]:
    """Return the column of the detectors' names."""
    return text("Detector", "detector")


def corruption() -> tuple[Column, Form]:
    """Return the column of the corruptions, from which one can be chosen."""
    column = Column("Corruption", "As the suite states it", choice=True)
    return column, lambda row: Item(f"{row['corruption']:g}")


def text(label: str, name: str, *, choice: bool = False) -> tuple[Column, Form]:
    """Return a column of words, from a column of a frame."""
    return Column(label, numeric=False, choice=choice), lambda row: Item(str(row[name]))


def number(label: str, name: str, note: str = "") -> tuple[Column, Form]:
    """Return a column of whole numbers, from a column of a frame."""
    return Column(label, note), lambda row: Item(f"{int(row[name])}")


def figure(label: str, name: str, form: Callable[[float], str], note: str = "") -> tuple[Column, Form]:
    """Return a column of numbers that are written by `form`, from a column of a frame."""
    return Column(label, note), lambda row: Item(form(row[name]))


def _metric(metric: str) -> tuple[Column, Form]:
    def form(row: pd.Series) -> Item:
        spread = score(row[f"{metric}_spread"])
        return Item(score(row[metric]), f"± {spread}" if spread else "")

    return Column(TITLES[metric], NOTES[metric]), form


def _oracle(metric: str) -> tuple[Column, Form]:
    def form(row: pd.Series) -> Item:
        return Item(score(row[f"{metric}_oracle"]), _other_count(row, "oracle_sets"))

    label = "Clean oracle" if metric == "auroc" else f"{TITLES[metric]}, oracle"
    return Column(label, f"{TITLES[metric]} of the same detector trained on the clean part of the data"), form


def _recovered(metric: str) -> tuple[Column, Form]:
    def form(row: pd.Series) -> Item:
        share = row[f"{metric}_recovered"]
        if pd.isna(share):
            return Item("")
        return Item(percent(share), _other_count(row, "recovered_sets"), min(max(float(share), 0.0), 1.0))

    label = RECOVERED if metric == "auroc" else f"{TITLES[metric]}, recovered"
    return Column(label, "Part of the damage recovered: (dirty - baseline) / (oracle - baseline)"), form


def _rank() -> tuple[Column, Form]:
    def form(row: pd.Series) -> Item:
        return Item(score(row["rank"], 2), _other_count(row, "rank_sets"))

    note = "Mean rank by AUROC, 1 the best, over the sets (each inlier class one) that all compared finished"
    return Column("Rank", note), form


def _other_count(row: pd.Series, name: str) -> str:
    """Return the number of sets in brackets where it is not the one of the row."""
    other = row.get(name)
    return "" if other is None or pd.isna(other) or other == row["sets"] else f"({int(other)})"


def _shaded(text: str, shade: float) -> Item:
    return Item(text, shade=None if pd.isna(shade) else float(shade))
