"""Scores against the number of rows that a person judged."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from robustgen.reporting.figures.palette import MARKERS, MUTED, OKABE_ITO
from robustgen.reporting.figures.style import LABELS, key, panels, styled


@styled
def against_answers(table: pd.DataFrame, *, detector: str, metric: str) -> Figure:
    """Draw one panel a corruption: a detector's score against the number of answers, a line a strategy.

    Parameters
    ----------
    table : pandas.DataFrame
        What :func:`robustgen.reporting.answers.summary` returns.
    detector : str
        The detector; others that have answers are drawn in grey, by the middles of clusters.
    metric : {"auroc", "ap"}
        What to draw.
    """
    strategies = table["strategy"].unique()
    looks = dict(zip(strategies, zip(OKABE_ITO, MARKERS, strict=True), strict=False))
    levels = sorted(table["corruption"].unique())
    figure, grid = panels([f"{100 * level:g} % outliers" for level in levels], aspect=1.1)
    for level, axes in zip(levels, grid.values(), strict=True):
        here = table[table["corruption"] == level]
        for _, rows in here[here["detector"] != detector].groupby(["detector", "strategy", "wrong"]):
            axes.plot(rows["answers"], rows[metric], color=MUTED, lw=0.7, alpha=0.6)
        for (strategy, wrong), rows in here[here["detector"] == detector].groupby(["strategy", "wrong"]):
            colour, marker = looks[strategy]
            style = "--" if wrong else "-"
            axes.plot(rows["answers"], rows[metric], style, color=colour, marker=marker, lw=1.3, ms=3.5)
        _clean(axes, table, detector, metric)
    figure.supxlabel("rows that a person judged", fontsize=9)
    figure.supylabel(f"{LABELS[metric]}, mean over sets", fontsize=9)
    key(figure, _handles(table[table["detector"] == detector], looks, others=table["detector"].nunique() > 1))
    return figure


def _clean(axes: Axes, table: pd.DataFrame, detector: str, metric: str) -> None:
    """Draw the detector's own fit without outliers, where there is one."""
    own = table[(table["detector"] == detector) & (table["corruption"] == 0) & (table["answers"] == 0)]
    if len(own):
        axes.axhline(own[metric].iloc[0], color=MUTED, lw=0.8, ls=":")


def _handles(table: pd.DataFrame, looks: dict[str, tuple[str, str]], *, others: bool) -> list[Line2D]:
    handles = []
    for strategy, wrong in table[["strategy", "wrong"]].drop_duplicates().itertuples(index=False):
        colour, marker = looks[strategy]
        label = f"{strategy}, {100 * wrong:g} % wrong" if wrong else strategy
        handles.append(
            Line2D([], [], color=colour, marker=marker, ls="--" if wrong else "-", lw=1.3, ms=4, label=label)
        )
    if others:
        handles.append(Line2D([], [], color=MUTED, lw=0.8, label="other detectors"))
    return [*handles, Line2D([], [], color=MUTED, lw=0.8, ls=":", label="trained without outliers")]
