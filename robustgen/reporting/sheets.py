"""From frames to tables for reading: columns with labels and notes, cells as text with a value to sort by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from robustgen.reporting.cells import METRICS
from robustgen.reporting.figures import token
from robustgen.reporting.tables import SCORES
from robustgen.reporting.words import count, percent, score, seconds

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
    """One entry: the text, the value that sorts it, a spread or count beside it, a shade in [0, 1]."""

    text: str
    value: float | str | None = None
    beside: str = ""
    shade: float | None = None


@dataclass(frozen=True)
class Line:
    """One row: its entries, the detector's token, and whether that is the naive one."""

    items: tuple[Item, ...]
    token: str = ""
    naive: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table for reading."""

    name: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


Form = Callable[[pd.Series], Item]


def standing(table: pd.DataFrame, *, naive: str | None) -> Sheet:
    """Return the table of the first screen: `tables.summary` at one corruption."""
    shown: list[tuple[Column, Form]] = [
        _detector(),
        _metric("auroc"),
        _undone("auroc"),
        _oracle("auroc"),
        _metric("ap"),
        _rank(),
        _number("Sets", "sets", "Number of data sets behind the means"),
    ]
    return _sheet("standing", table, shown, naive)


def every_metric(table: pd.DataFrame, *, naive: str | None) -> Sheet:
    """Return all of `tables.summary`: a row a corruption and detector, the dirtiest first."""
    rows = table.sort_values("corruption", ascending=False, kind="stable")
    shown = [
        _detector(),
        _corruption(),
        *(form(metric) for metric in SCORES for form in (_metric, _oracle, _undone)),
        *(_metric(metric) for metric in METRICS[2:]),
        _rank(),
        _number("Sets", "sets", "Number of data sets behind the means"),
        _number("Fits", "fits", "Number of fits behind the means"),
        _number("Repetitions", "repetitions", "Number of repetitions behind the means and spreads"),
    ]
    return _sheet("every-metric", rows, shown, naive)


def each_dataset(table: pd.DataFrame, *, naive: str | None) -> Sheet:
    """Return all of `tables.by_dataset`: a row a corruption, set and detector, the dirtiest first."""
    rows = table.sort_values("corruption", ascending=False, kind="stable")
    shown = [
        _detector(),
        _text("Data set", "dataset", choice=True),
        _corruption(),
        *(form(metric) for metric in SCORES for form in (_metric, _oracle, _undone)),
        _number("Fits", "fits", "Number of fits behind the means: inlier classes and repetitions"),
    ]
    return _sheet("each-set", rows, shown, naive)


def matrix(table: pd.DataFrame, *, naive: str | None) -> Sheet:
    """Return the AUROC of each detector (row) on each set (column), shaded, at one corruption.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows of `tables.by_dataset` at one corruption.
    naive : str or None
        The row to set apart.
    """
    wide = table.pivot(index="detector", columns="dataset", values="auroc")
    fits = table.groupby("dataset")["fits"].max()
    order = wide.mean(axis=1).sort_values(ascending=False, kind="stable").index
    low, high = np.nanmin(wide.to_numpy()), np.nanmax(wide.to_numpy())
    shades = (wide - low) / max(high - low, 1e-9)
    sets = [Column(str(name), f"{count(int(fits[name]), 'fit')} a detector") for name in wide]
    lines = [
        Line(
            (Item(str(name), str(name)), *(_shaded(wide.at[name, n], shades.at[name, n]) for n in wide)),
            token(str(name)),
            name == naive,
        )
        for name in order
    ]
    return Sheet("matrix", (Column("Detector", numeric=False), *sets), tuple(lines))


def run_times(table: pd.DataFrame) -> Sheet:
    """Return `tables.run_times` for reading."""
    shown: list[tuple[Column, Form]] = [
        _detector(),
        _seconds("Fit, s", "fit_seconds", "Median seconds of a fit"),
        _seconds("Score, s", "score_seconds", "Median seconds of scoring the test rows"),
        _seconds("Rows scored a second", "rows_per_second", "Median"),
        _seconds("Peak memory, MiB", "peak_memory_mib", "Median of the worker's peak"),
        _seconds("All fits, s", "total_seconds", "Sum over all finished cells, oracles included"),
        _number("Fits", "fits", "Number of finished cells behind the medians, oracles included"),
    ]
    return _sheet("run-times", table, shown, None)


def unfinished(table: pd.DataFrame) -> Sheet:
    """Return `tables.unfinished` for reading."""
    words: list[tuple[Column, Form]] = [
        _text("Status", "status", choice=True),
        _text("Data set", "dataset"),
        _text("Inlier class", "inlier_class"),
        _corruption(),
        _text("Detector", "detector"),
        (Column("Trained", numeric=False), lambda row: Item("clean" if row["clean"] else "dirty")),
        _number("Repetition", "repetition", ""),
        _text("Message", "message"),
    ]
    return _sheet("unfinished", table, words, None)


def warnings(table: pd.DataFrame) -> Sheet:
    """Return `tables.warnings` for reading."""
    fits = _number("Fits", "fits", "Number of finished cells that warned so")
    return _sheet("warnings", table, [_text("Detector", "detector"), fits, _text("Message", "message")], None)


def _sheet(name: str, table: pd.DataFrame, shown: Sequence[tuple[Column, Form]], naive: str | None) -> Sheet:
    lines = [
        Line(tuple(form(row) for _, form in shown), token(row["detector"]), row["detector"] == naive)
        for _, row in table.iterrows()
    ]
    return Sheet(name, tuple(column for column, _ in shown), tuple(lines))


def _detector() -> tuple[Column, Form]:
    return _text("Detector", "detector")


def _text(label: str, name: str, *, choice: bool = False) -> tuple[Column, Form]:
    return Column(label, numeric=False, choice=choice), lambda row: Item(str(row[name]), str(row[name]))


def _number(label: str, name: str, note: str) -> tuple[Column, Form]:
    return Column(label, note), lambda row: Item(f"{int(row[name])}", float(row[name]))


def _seconds(label: str, name: str, note: str) -> tuple[Column, Form]:
    return Column(label, note), lambda row: Item(seconds(row[name]), _value(row[name]))


def _corruption() -> tuple[Column, Form]:
    column = Column("Corruption", "As the suite states it", choice=True)
    return column, lambda row: Item(f"{row['corruption']:g}", float(row["corruption"]))


def _metric(metric: str) -> tuple[Column, Form]:
    def form(row: pd.Series) -> Item:
        spread = score(row[f"{metric}_spread"])
        return Item(score(row[metric]), _value(row[metric]), f"± {spread}" if spread else "")

    return Column(TITLES[metric], NOTES[metric]), form


def _oracle(metric: str) -> tuple[Column, Form]:
    def form(row: pd.Series) -> Item:
        value = row[f"{metric}_oracle"]
        return Item(score(value), _value(value), _other_count(row, "oracle_sets"))

    label = "Clean oracle" if metric == "auroc" else f"{TITLES[metric]}, oracle"
    return Column(label, f"{TITLES[metric]} of the same detector trained on the clean part of the data"), form


def _undone(metric: str) -> tuple[Column, Form]:
    def form(row: pd.Series) -> Item:
        share = row[f"{metric}_recovered"]
        beside = _other_count(row, "recovered_sets") if _value(share) is not None else ""
        shade = None if pd.isna(share) else min(max(float(share), 0.0), 1.0)
        return Item(percent(share), _value(share), beside, shade)

    label = "Undone" if metric == "auroc" else f"{TITLES[metric]}, undone"
    return Column(label, "Share of the damage undone: (dirty - naive) / (oracle - naive)"), form


def _rank() -> tuple[Column, Form]:
    def form(row: pd.Series) -> Item:
        return Item(score(row["rank"], 2), _value(row["rank"]), _other_count(row, "rank_sets"))

    return Column("Rank", "Mean rank by AUROC over the sets that every detector finished; 1 is best"), form


def _other_count(row: pd.Series, name: str) -> str:
    """Return the number of sets in brackets where it is not the one of the row."""
    other = row.get(name)
    return "" if other is None or pd.isna(other) or other == row["sets"] else f"({int(other)})"


def _shaded(value: float, shade: float) -> Item:
    return Item(score(value), _value(value), shade=None if pd.isna(shade) else float(shade))


def _value(number: float) -> float | None:
    return None if pd.isna(number) else float(number)
