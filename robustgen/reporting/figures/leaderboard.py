"""How detectors stand at one corruption, each beside its clean oracle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from robustgen.reporting.figures.palette import FAINT, INK, MUTED, PAPER, Mark
from robustgen.reporting.figures.style import LABELS, WIDTH, key, styled, tag
from robustgen.reporting.formatting import count


@styled
def leaderboard(
    table: pd.DataFrame, marks: Mapping[str, Mark], *, baseline: str | None, metric: str
) -> Figure:
    """Draw each detector's score on dirty data beside its clean oracle, best on top.

    Below stand those with fewer sets than others: their means are of other sets.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows of :func:`robustgen.reporting.tables.summary` at one corruption.
    marks : mapping
        :func:`robustgen.reporting.figures.palette.marks` of the detectors.
    baseline : str or None
        Its score is the dotted line that the others should leave behind.
    metric : {"auroc", "ap"}
        What to draw.
    """
    whole = table["sets"] == table["sets"].max()
    rows = table.assign(whole=whole).sort_values(["whole", metric], ignore_index=True)
    figure = Figure(figsize=(WIDTH, 0.95 + 0.27 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for place, row in rows.iterrows():
        _row(axes, float(place), row, marks[row["detector"]], metric)
    if (rows["detector"] == baseline).any():
        score = rows.loc[rows["detector"] == baseline, metric].iloc[0]
        axes.axvline(score, color=MUTED, lw=0.8, ls=":", zorder=0)
    axes.set_yticks(range(len(rows)), labels=[_label(row) for _, row in rows.iterrows()])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"{LABELS[metric]}, mean over sets")
    axes.grid(axis="x", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    key(figure, [_dot("trained on dirty data", INK), _dot("trained on the clean part of it", PAPER)])
    return figure


def _label(row: pd.Series) -> str:
    return row["detector"] if row["whole"] else f"{row['detector']} ({count(row['sets'], 'set')})"


def _row(axes: Axes, place: float, row: pd.Series, mark: Mark, metric: str) -> None:
    dirty, oracle, spread = row[metric], row[f"{metric}_oracle"], row[f"{metric}_spread"]
    parts: list[Artist] = [*axes.plot([dirty, oracle], [place, place], color=mark.colour, lw=1.2, alpha=0.6)]
    if np.isfinite(spread):
        parts += axes.plot([dirty - spread, dirty + spread], [place] * 2, color=mark.colour, lw=4, alpha=0.3)
    parts += axes.plot(oracle, place, "o", ms=6, mfc=PAPER, mec=mark.colour, mew=1.2)
    parts += axes.plot(dirty, place, "o", ms=6.5, color=mark.colour)
    tag(parts, row["detector"])


def _dot(label: str, face: str) -> Line2D:
    return Line2D([], [], marker="o", ls="", ms=6, mfc=face, mec=INK, label=label)
