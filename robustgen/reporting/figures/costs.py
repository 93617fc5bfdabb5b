"""What a fit and a score cost, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from robustgen.reporting.figures.palette import FAINT, Mark
from robustgen.reporting.figures.style import WIDTH, styled, tag

COSTS = {"fit_seconds": "seconds a fit", "score_microseconds": "microseconds a row scored"}

NARROW = 50
"""An axis whose ends differ by a smaller factor has ticks between the powers of ten."""


@styled
def run_times(table: pd.DataFrame, marks: Mapping[str, Mark]) -> Figure:
    """Draw the median time of a fit and of scoring a row, the middle half of the fits as a bar.

    Parameters
    ----------
    table : pandas.DataFrame
        What :func:`robustgen.reporting.tables.run_times` returns; the cheapest fit is drawn on top.
    marks : mapping
        :func:`robustgen.reporting.figures.palette.marks` of the detectors.
    """
    rows = table[::-1].reset_index(drop=True)
    figure = Figure(figsize=(WIDTH, 0.8 + 0.22 * len(rows)), layout="constrained")
    for axes, (cost, label) in zip(figure.subplots(1, 2, sharey=True), COSTS.items(), strict=True):
        _dots(axes, rows, cost, marks)
        axes.set_xlabel(label)
    return figure


def _dots(axes: Axes, rows: pd.DataFrame, cost: str, marks: Mapping[str, Mark]) -> None:
    for place, row in rows.iterrows():
        colour = marks[row["detector"]].colour
        bar = axes.plot([row[f"{cost}_low"], row[f"{cost}_high"]], [place] * 2, color=colour, lw=4, alpha=0.3)
        tag([*bar, *axes.plot(row[cost], place, "o", ms=5, color=colour)], row["detector"])
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=[1, 2, 5] if high < NARROW * low else [1]))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(range(len(rows)), labels=rows["detector"], fontsize=8)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
