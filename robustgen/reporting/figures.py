"""From tables to figures. Pure: frames in, `matplotlib.figure.Figure` out; nothing is drawn to a screen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from robustgen.reporting.palette import FAINT, INK, INLIERS, MUTED, OUTLIERS, PAPER, Mark

STYLE: dict[Any, Any] = {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "legend.frameon": False,
    "path.simplify_threshold": 0.25,
    "svg.fonttype": "none",
    "svg.hashsalt": "robustgen",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}
WIDTH = 5.2
"""Inches: so narrow that 9 points can still be read on a phone."""
LABELS = {"auroc": "AUROC", "ap": "average precision"}

P = ParamSpec("P")


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in this report's style, whatever the user's own settings, and leave those as they were."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with mpl.rc_context({**mpl.rcParamsDefault, **STYLE, "backend": mpl.rcParams["backend"]}):
            return draw(*args, **kwargs)

    return drawn


def token(detector: str) -> str:
    """Return the word by which the parts of a detector are found across figures and tables.

    Examples
    --------
    >>> token("knn")
    'd1c32b3e5'
    """
    return "d" + hashlib.sha256(detector.encode()).hexdigest()[:8]


@styled
def standing(table: pd.DataFrame, marks: Mapping[str, Mark], *, naive: str | None, metric: str) -> Figure:
    """Draw each detector's score on dirty data beside its clean oracle, best on top.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows of `tables.summary` at one corruption.
    marks : mapping
        `palette.marks` of the detectors.
    naive : str or None
        Its score is the dotted line that the others should leave behind.
    metric : {"auroc", "ap"}
        What to draw.
    """
    rows = table.sort_values(metric, kind="stable").reset_index(drop=True)
    figure = Figure(figsize=(WIDTH, 0.95 + 0.27 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for place, row in rows.iterrows():
        _standing_row(axes, float(place), row, marks[row["detector"]], metric)
    if (rows["detector"] == naive).any():
        score = rows.loc[rows["detector"] == naive, metric].iloc[0]
        axes.axvline(score, color=MUTED, lw=0.8, ls=":", zorder=0)
    axes.set_yticks(range(len(rows)), labels=rows["detector"])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"{LABELS[metric]}, mean over sets")
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    _key(figure, [_dot("trained on dirty data", INK), _dot("trained on the clean part of it", PAPER)])
    return figure


@styled
def against_corruption(table: pd.DataFrame, marks: Mapping[str, Mark], *, metric: str) -> Figure:
    """Draw the mean over sets against corruption, the clean oracle dashed, the spread as a band.

    Parameters
    ----------
    table : pandas.DataFrame
        What `tables.summary` returns.
    marks : mapping
        `palette.marks` of the detectors; the prominent ones are labelled at their line's end.
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
    _key(figure, [solid, dashed])
    return figure


@styled
def against_corruption_by_dataset(table: pd.DataFrame, marks: Mapping[str, Mark], *, metric: str) -> Figure:
    """Draw one panel a set: the score against corruption, as in `against_corruption`.

    Parameters
    ----------
    table : pandas.DataFrame
        What `tables.by_dataset` returns.
    marks, metric
        As in `against_corruption`.
    """
    figure, panels = _panels(table["dataset"].unique())
    for dataset, axes in panels.items():
        _corruption_lines(axes, table[table["dataset"] == dataset], marks, metric)
        _corruption_axis(axes, table, small=True)
    figure.supxlabel("corruption", fontsize=9)
    figure.supylabel(LABELS[metric], fontsize=9)
    _key(figure, _detector_handles(table["detector"], marks))
    return figure


@styled
def precision_recall(curves: pd.DataFrame, marks: Mapping[str, Mark]) -> Figure:
    """Draw one panel a set: the mean precision at each recall, at one corruption.

    Parameters
    ----------
    curves : pandas.DataFrame
        Rows of `curves.precision_recall` at one corruption, without the oracles.
    marks : mapping
        `palette.marks` of the detectors.
    """
    figure, panels = _panels(curves["dataset"].unique())
    for dataset, axes in panels.items():
        for detector, one in _quiet_first(curves[curves["dataset"] == dataset], marks):
            _line(axes, one["recall"], one["precision"], detector, marks[detector])
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        axes.set_xticks([0, 0.5, 1], labels=["0", "0.5", "1"])
        axes.set_yticks([0, 0.5, 1], labels=["0", "0.5", "1"])
    figure.supxlabel("recall", fontsize=9)
    figure.supylabel("precision", fontsize=9)
    _key(figure, _detector_handles(curves["detector"], marks))
    return figure


@styled
def score_histograms(histograms: pd.DataFrame, detectors: Sequence[str]) -> Figure:
    """Draw one small histogram a detector (row) and corruption (column), for one set.

    Parameters
    ----------
    histograms : pandas.DataFrame
        Rows of `curves.histograms` of one set, without the oracles above corruption 0.
    detectors : sequence of str
        The rows, top to bottom; those without a histogram are left out.
    """
    rows = [name for name in detectors if (histograms["detector"] == name).any()]
    columns = _first_middle_last(sorted(histograms["corruption"].unique()))
    figure = Figure(figsize=(WIDTH, 0.8 + 0.34 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for side, colour in (("inliers", INLIERS), ("outliers", OUTLIERS)):
        shapes = _small_histograms(histograms, side, rows, columns)
        axes.add_collection(PolyCollection(shapes, facecolor=colour, edgecolor=colour, alpha=0.55, lw=0.6))
    axes.set_xlim(-0.02, len(columns) * 1.08 - 0.06)
    axes.set_ylim(-0.1, len(rows))
    axes.set_yticks(np.arange(len(rows)) + 0.15, labels=rows[::-1])
    axes.set_xticks(np.arange(len(columns)) * 1.08 + 0.5, labels=[f"corruption {c:g}" for c in columns])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _key(figure, [_patch(side, colour) for side, colour in (("inliers", INLIERS), ("outliers", OUTLIERS))])
    return figure


def _standing_row(axes: Axes, place: float, row: pd.Series, mark: Mark, metric: str) -> None:
    dirty, oracle, spread = row[metric], row[f"{metric}_oracle"], row[f"{metric}_spread"]
    parts: list[Artist] = [*axes.plot([dirty, oracle], [place, place], color=mark.colour, lw=1.2, alpha=0.6)]
    if np.isfinite(spread):
        parts += axes.plot([dirty - spread, dirty + spread], [place] * 2, color=mark.colour, lw=4, alpha=0.3)
    parts += axes.plot(oracle, place, "o", ms=6, mfc=PAPER, mec=mark.colour, mew=1.2)
    parts += axes.plot(dirty, place, "o", ms=6.5, color=mark.colour)
    _tag(parts, row["detector"])


def _corruption_lines(axes: Axes, table: pd.DataFrame, marks: Mapping[str, Mark], metric: str) -> None:
    for detector, rows in _quiet_first(table, marks):
        mark, at = marks[detector], rows["corruption_of_all"]
        _line(axes, at, rows[metric], detector, mark, marker=mark.marker)
        if mark.prominent:
            low, high = rows[metric] - rows[f"{metric}_spread"], rows[metric] + rows[f"{metric}_spread"]
            band = axes.fill_between(at, low, high, color=mark.colour, alpha=0.15, lw=0)
            dashes = axes.plot(at, rows[f"{metric}_oracle"], color=mark.colour, lw=0.9, ls="--", alpha=0.8)
            _tag([band, *dashes], detector)


def _line(axes: Axes, x: pd.Series, y: pd.Series, detector: str, mark: Mark, *, marker: str = "") -> None:
    width, alpha = (1.5, 1.0) if mark.prominent else (0.7, 0.45)
    line = axes.plot(x, y, color=mark.colour, lw=width, alpha=alpha, marker=marker, ms=4)
    _tag(line, detector)


def _quiet_first(table: pd.DataFrame, marks: Mapping[str, Mark]) -> list[tuple[str, pd.DataFrame]]:
    """Split by detector, the grey ones first, so that they lie below."""
    groups = [(str(name), rows) for name, rows in table.groupby("detector")]
    return sorted(groups, key=lambda group: marks[group[0]].prominent)


def _corruption_axis(axes: Axes, table: pd.DataFrame, *, small: bool = False) -> None:
    levels = sorted(table["corruption_of_all"].unique())
    axes.set_xticks(levels, labels=readable(levels, apart=0.25 if small else 0.07))
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)


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
        _tag([text, *dot], str(name))


def readable(levels: Sequence[float], *, apart: float) -> list[str]:
    """Label sorted levels, but for those nearer than the share `apart` of the range to a labelled one.

    Examples
    --------
    >>> readable([0, 0.05, 0.1, 0.3], apart=0.25)
    ['0', '', '0.1', '0.3']
    """
    least = apart * (levels[-1] - levels[0])
    labels, labelled = [], -float("inf")
    for level in levels:
        near = level - labelled < least
        labels.append("" if near else f"{level:.3g}")
        labelled = labelled if near else level
    return labels


def spread_apart(heights: Sequence[float], distance: float) -> list[float]:
    """Move sorted heights apart to at least `distance`, the group staying about its centre.

    Examples
    --------
    >>> spread_apart([0.0, 1.0, 9.0], 2.0)
    [-0.5, 1.5, 9.0]
    """
    groups: list[tuple[float, int]] = []
    for height in heights:
        centre, size = height, 1
        while groups and centre - (size - 1) * distance / 2 < _top(groups[-1], distance) + distance:
            below, number = groups.pop()
            centre, size = (below * number + centre * size) / (number + size), number + size
        groups.append((centre, size))
    return [centre + (place - (size - 1) / 2) * distance for centre, size in groups for place in range(size)]


def _top(group: tuple[float, int], distance: float) -> float:
    centre, size = group
    return centre + (size - 1) * distance / 2


def _panels(names: Sequence[str]) -> tuple[Figure, dict[str, Axes]]:
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(WIDTH, 0.9 + 0.85 * WIDTH / max(columns, 2) * lines), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    for axes, name in zip(grid, names, strict=False):
        axes.set_title(name)
    return figure, dict(zip(names, grid, strict=False))


def _small_histograms(
    table: pd.DataFrame, side: str, rows: Sequence[str], columns: Sequence[float]
) -> list[np.ndarray]:
    """Return the outlines, each in its place of the grid; bins are joined in pairs at this size."""
    shapes = []
    shown = table[table["corruption"].isin(columns)].sort_values("bin")
    for (detector, corruption), one in shown.groupby(["detector", "corruption"]):
        pairs = one[["inliers", "outliers"]].groupby(one["bin"] // 2).sum()
        heights, tallest = pairs[side].to_numpy(), max(pairs.to_numpy().max(), 1e-12)
        edges = np.linspace(0, 1, heights.size + 1).repeat(2)
        steps = np.concatenate([[0], heights.repeat(2), [0]]) / tallest * 0.85
        corner = np.array([columns.index(corruption) * 1.08, len(rows) - 1 - rows.index(detector)])
        shapes.append(np.column_stack([edges, steps]) + corner)
    return shapes


def _first_middle_last(levels: Sequence[float]) -> list[float]:
    """Cut the corruptions to as many as a page's width shows."""
    return list(levels) if len(levels) <= 3 else [levels[0], levels[len(levels) // 2], levels[-1]]


def _detector_handles(detectors: pd.Series, marks: Mapping[str, Mark]) -> list[Line2D]:
    """Return the key of the prominent detectors, and one grey line for all others."""
    there = [name for name in marks if (detectors == name).any()]
    named = [name for name in there if marks[name].prominent]
    handles = [_named_line(name, marks[name]) for name in named]
    if others := len(there) - len(named):
        handles.append(Line2D([], [], color=MUTED, lw=0.8, label=f"{others} more"))
    return handles


def _named_line(label: str, mark: Mark) -> Line2D:
    return Line2D([], [], color=mark.colour, marker=mark.marker, lw=1.5, ms=4, label=label)


def _key(figure: Figure, handles: Sequence[Artist]) -> None:
    shape: dict[str, Any] = {"ncols": 3, "handlelength": 1.3, "columnspacing": 1.2, "fontsize": 8.5}
    figure.legend(handles=list(handles), loc="outside upper left", **shape)


def _dot(label: str, face: str) -> Line2D:
    return Line2D([], [], marker="o", ls="", ms=6, mfc=face, mec=INK, label=label)


def _patch(label: str, colour: str) -> Line2D:
    return Line2D([], [], marker="s", ls="", ms=7, color=colour, alpha=0.7, label=label)


def _tag(artists: Sequence[Artist], detector: str) -> None:
    """Mark the parts of a detector; the drawing turns the mark into an attribute (see `drawing`)."""
    for artist in artists:
        artist.set_gid(token(detector))
