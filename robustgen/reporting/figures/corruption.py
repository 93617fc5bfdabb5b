"""How scores fall as corruption grows: all detectors in one frame, each with its interval, and set by set."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from robustgen.reporting.figures.palette import FAINT, INK, MUTED, Mark
from robustgen.reporting.figures.style import (
    LABELS,
    LEVEL,
    WIDTH,
    detector_handles,
    key,
    line,
    panels,
    quiet_first,
    readable,
    spread_apart,
    styled,
    tag,
)

WORST = -1.0
"""The least part of the damage recovered that is drawn."""


@styled
def against_corruption(table: pd.DataFrame, marks: Mapping[str, Mark], *, metric: str) -> Figure:
    """Draw the mean over sets against corruption, the clean oracle dashed.

    Parameters
    ----------
    table : pandas.DataFrame
        What :func:`robustgen.reporting.tables.summary` returns.
    marks : mapping
        :func:`.palette.marks` of the detectors; the prominent ones are labelled at their line's end.
    metric : {"auroc", "ap"}
        What to draw.
    """
    figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
    axes = figure.add_subplot()
    _corruption_lines(axes, table, marks, metric)
    _corruption_axis(axes, table)
    axes.set_xlabel("corruption: share of outliers in the training rows")
    axes.set_ylabel(f"{LABELS[metric]}, mean over sets")
    _end_labels(axes, table, marks, metric)
    solid, dashed = (Line2D([], [], color=INK, lw=1.4, ls=ls) for ls in ("-", "--"))
    solid.set_label("trained on dirty data")
    dashed.set_label("clean oracle")
    key(figure, [solid, dashed])
    return figure


@styled
def each_against_corruption(
    table: pd.DataFrame, marks: Mapping[str, Mark], *, baseline: str | None, metric: str
) -> Figure:
    """Draw one panel a detector: its mean with its interval as a band, above the baseline in grey.

    Parameters
    ----------
    table : pandas.DataFrame
        What :func:`robustgen.reporting.tables.summary` returns.
    marks : mapping
        :func:`robustgen.reporting.figures.palette.marks` of the detectors, in the order of the panels.
    baseline : str or None
        The detector that every panel shows too.
    metric : {"auroc", "ap"}
        What to draw.
    """
    there = [name for name in marks if (table["detector"] == name).any()]
    figure, grid = panels(there, columns=4, aspect=0.75)
    baseline_rows = table[table["detector"] == baseline]
    for detector, axes in grid.items():
        axes.plot(baseline_rows["corruption_of_all"], baseline_rows[metric], color=MUTED, lw=0.7, ls=":")
        _with_interval(axes, table[table["detector"] == detector], detector, marks[detector], metric)
        _corruption_axis(axes, table, small=True)
    figure.supxlabel("corruption", fontsize=9)
    figure.supylabel(f"{LABELS[metric]}, mean over sets", fontsize=9)
    return figure


@styled
def against_corruption_by_dataset(table: pd.DataFrame, marks: Mapping[str, Mark], *, metric: str) -> Figure:
    """Draw one panel a set: the score of every detector against corruption.

    Parameters
    ----------
    table : pandas.DataFrame
        What :func:`robustgen.reporting.tables.by_dataset` returns.
    marks, metric
        As in `against_corruption`.
    """
    figure, grid = panels(table["dataset"].unique())
    for dataset, axes in grid.items():
        for detector, rows in quiet_first(table[table["dataset"] == dataset], marks):
            line(axes, rows["corruption_of_all"], rows[metric], detector, marks[detector])
        _corruption_axis(axes, table, small=True)
    figure.supxlabel("corruption", fontsize=9)
    figure.supylabel(LABELS[metric], fontsize=9)
    key(figure, detector_handles(table["detector"], marks))
    return figure


@styled
def recovered(table: pd.DataFrame, marks: Mapping[str, Mark]) -> Figure:
    """Draw the part of the baseline's damage that each detector recovers, against corruption.

    Shares below `WORST` are left out: they would flatten all others.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of :func:`robustgen.reporting.tables.summary` where `auroc_recovered` is not blank.
    marks : mapping
        As in `against_corruption`.
    """
    figure = Figure(figsize=(WIDTH, 3.9), layout="constrained")
    axes = figure.add_subplot()
    shown = table[table["auroc_recovered"] >= WORST]
    for detector, rows in quiet_first(shown, marks):
        mark = marks[detector]
        line(axes, rows["corruption_of_all"], rows["auroc_recovered"], detector, mark, marker=mark.marker)
    _corruption_axis(axes, table)
    axes.axhline(1, color=MUTED, lw=0.8, ls="--")
    axes.axhline(0, color=MUTED, lw=0.8, ls=":")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel("corruption: share of outliers in the training rows")
    axes.set_ylabel("damage recovered, by AUROC")
    _end_labels(axes, shown, marks, "auroc_recovered")
    return figure


def _corruption_lines(axes: Axes, table: pd.DataFrame, marks: Mapping[str, Mark], metric: str) -> None:
    for detector, rows in quiet_first(table, marks):
        mark, at = marks[detector], rows["corruption_of_all"]
        line(axes, at, rows[metric], detector, mark, marker=mark.marker)
        if mark.prominent:
            dashes = axes.plot(at, rows[f"{metric}_oracle"], color=mark.colour, lw=0.9, ls="--", alpha=0.8)
            tag(dashes, detector)


def _with_interval(axes: Axes, rows: pd.DataFrame, detector: str, mark: Mark, metric: str) -> None:
    at, colour = rows["corruption_of_all"], mark.colour
    band = axes.fill_between(at, rows[f"{metric}_low"], rows[f"{metric}_high"], color=colour, alpha=0.2, lw=0)
    dashes = axes.plot(at, rows[f"{metric}_oracle"], color=colour, lw=0.8, ls="--")
    solid = axes.plot(at, rows[metric], color=colour, lw=1.4, marker=".", ms=4)
    tag([band, *dashes, *solid], detector)


def _corruption_axis(axes: Axes, table: pd.DataFrame, *, small: bool = False) -> None:
    levels = sorted(table["corruption_of_all"].unique())
    axes.set_xticks(levels, labels=readable(levels, apart=0.25 if small else 0.07))
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    for named, level in table.groupby("corruption")["corruption_of_all"].first().items():
        axes.axvline(level, color=FAINT, lw=0.5, zorder=0).set_gid(f"{LEVEL}{named:g}")


def _end_labels(axes: Axes, table: pd.DataFrame, marks: Mapping[str, Mark], metric: str) -> None:
    """Name the prominent lines at their right end, moved apart where they would touch."""
    ends = table.dropna(subset=[metric]).groupby("detector").last()
    ends = ends[[marks[str(name)].prominent for name in ends.index]].sort_values(metric)
    low, high = axes.get_ylim()
    heights = spread_apart(ends[metric].tolist(), (high - low) * 0.052)
    for height, (name, row) in zip(heights, ends.iterrows(), strict=True):
        mark = marks[str(name)]
        text = axes.annotate(
            f" {name}",
            (row["corruption_of_all"], height),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
        )
        dot = axes.plot(
            row["corruption_of_all"], height, marker=mark.marker, ms=0, color=mark.colour, clip_on=False
        )
        tag([text, *dot], str(name))
