"""Precision against recall, and the scores of inliers and outliers, one small panel each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from robustgen.reporting.figures.palette import INLIERS, OUTLIERS, Mark
from robustgen.reporting.figures.style import WIDTH, detector_handles, key, line, panels, quiet_first, styled

SIDES = {"inliers": INLIERS, "outliers": OUTLIERS}
"""The two groups of test rows and their colours."""

EVERY = 4
"""One point in so many of a curve is drawn: small panels show no more, and the page stays light."""


@styled
def precision_recall(curves: pd.DataFrame, marks: Mapping[str, Mark]) -> Figure:
    """Draw one panel a set: the mean precision at each recall, at one corruption.

    Parameters
    ----------
    curves : pandas.DataFrame
        Rows of :func:`robustgen.reporting.curves.precision_recall` at one corruption, without the oracles.
    marks : mapping
        :func:`robustgen.reporting.figures.palette.marks` of the detectors.
    """
    figure, grid = panels(curves["dataset"].unique())
    for dataset, axes in grid.items():
        for detector, one in quiet_first(curves[curves["dataset"] == dataset], marks):
            line(axes, one["recall"][::EVERY], one["precision"][::EVERY], detector, marks[detector])
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        axes.set_xticks([0, 0.5, 1], labels=["0", "0.5", "1"])
        axes.set_yticks([0, 0.5, 1], labels=["0", "0.5", "1"])
    figure.supxlabel("recall", fontsize=9)
    figure.supylabel("precision", fontsize=9)
    key(figure, detector_handles(curves["detector"], marks))
    return figure


@styled
def score_histograms(histograms: pd.DataFrame, detectors: Sequence[str]) -> Figure:
    """Draw one small histogram a set (row) and detector (column), at one corruption.

    Parameters
    ----------
    histograms : pandas.DataFrame
        Rows of :func:`.curves.histograms` at one corruption, without the oracles above corruption 0.
    detectors : sequence of str
        The columns, left to right; those without a histogram are left out.
    """
    columns = [name for name in detectors if (histograms["detector"] == name).any()]
    rows = histograms["dataset"].unique().tolist()
    figure = Figure(figsize=(WIDTH, 1.3 + 0.34 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for side, colour in SIDES.items():
        shapes = _outlines(histograms, side, rows, columns)
        axes.add_collection(PolyCollection(shapes, facecolor=colour, edgecolor=colour, alpha=0.55, lw=0.6))
    axes.set_xlim(-0.02, len(columns) * 1.08 - 0.06)
    axes.set_ylim(-0.1, len(rows))
    axes.set_yticks(np.arange(len(rows)) + 0.15, labels=rows[::-1], fontsize=8)
    axes.set_xticks(np.arange(len(columns)) * 1.08 + 0.2, labels=columns)
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", labelrotation=30)
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("left")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    key(figure, [_patch(side, colour) for side, colour in SIDES.items()])
    return figure


def _outlines(
    table: pd.DataFrame, side: str, rows: Sequence[str], columns: Sequence[str]
) -> list[np.ndarray]:
    """Return the outlines, each in its place of the grid; bins are joined in pairs at this size."""
    shapes = []
    shown = table[table["detector"].isin(columns)].sort_values("bin")
    for (dataset, detector), one in shown.groupby(["dataset", "detector"]):
        pairs = one[["inliers", "outliers"]].groupby(one["bin"] // 2).sum()
        heights, tallest = pairs[side].to_numpy(), max(pairs.to_numpy().max(), 1e-12)
        middles = (np.arange(heights.size) + 0.5) / heights.size
        outline = np.column_stack([[0, *middles, 1], [0, *(heights / tallest * 0.85), 0]])
        corner = np.array([columns.index(detector) * 1.08, len(rows) - 1 - rows.index(dataset)])
        shapes.append(outline + corner)
    return shapes


def _patch(label: str, colour: str) -> Line2D:
    return Line2D([], [], marker="s", ls="", ms=7, color=colour, alpha=0.7, label=label)
