"""Mean ranks on an axis, and bars that join what is not significantly different."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from robustgen.reporting.figures.palette import INK, Mark
from robustgen.reporting.figures.style import WIDTH, styled, token

Span = tuple[float, float]
"""The mean ranks between which a bar is drawn."""


@styled
def critical_differences(
    ranks: pd.Series, groups: Iterable[frozenset[str]], marks: Mapping[str, Mark]
) -> Figure:
    """Draw the mean ranks on an axis, a bar under each group of detectors that are all alike.

    Parameters
    ----------
    ranks : pandas.Series
        The mean rank of each detector, 1 the best.
    groups : iterable of frozenset
        Detectors of which no two are significantly different: :func:`robustgen.reporting.posthoc.groups`.
    marks : mapping
        :func:`robustgen.reporting.figures.palette.marks` of the detectors.

    References
    ----------
    Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006, section 3.2.4;
    bars as in Benavoli, Corani & Mangili, "Should we really use post-hoc tests based on mean-ranks?",
    JMLR 17, 2016: by pairwise signed-rank tests, which no third detector can change.
    """
    figure = Figure(layout="constrained")
    axes = figure.add_subplot()
    ordered = ranks.sort_values(kind="stable")
    spans = [(ranks[list(group)].min(), ranks[list(group)].max()) for group in groups if len(group) > 1]
    levels = stacked(spans)
    for level, there in enumerate(levels, start=1):
        for span in there:
            axes.plot(span, [-level, -level], color=INK, lw=2, zorder=3)
    half = (len(ordered) + 1) // 2
    margin = 0.02 * (ordered.iloc[-1] - ordered.iloc[0])
    below = len(levels) + 1
    _labels(axes, ordered[:half], ordered.iloc[0] - margin, below, marks, "right", "{name}  {rank:.1f}")
    _labels(axes, ordered[half:][::-1], ordered.iloc[-1] + margin, below, marks, "left", "{rank:.1f}  {name}")
    _rank_axis(axes)
    figure.set_size_inches(WIDTH, 0.3 + 0.16 * (below + half))
    return figure


def stacked(spans: Iterable[Span]) -> list[list[Span]]:
    """Put each span on the first level where it meets no other.

    Examples
    --------
    >>> stacked([(1.0, 3.0), (2.0, 4.0), (3.5, 5.0)])
    [[(1.0, 3.0), (3.5, 5.0)], [(2.0, 4.0)]]
    """
    levels: list[list[Span]] = []
    for low, high in sorted(spans):
        free = (level for level in levels if all(end < low or high < start for start, end in level))
        level = next(free, None)
        if level is None:
            levels.append(level := [])
        level.append((low, high))
    return levels


def _labels(
    axes: Axes, ranks: pd.Series, edge: float, below: int, marks: Mapping[str, Mark], side: str, text: str
) -> None:
    """Name detectors at an edge, each on a line of its own, joined with its place on the axis."""
    for line, (name, rank) in enumerate(ranks.items(), start=below):
        colour = marks[name].colour
        axes.plot([edge, rank, rank], [-line, -line, 0], color=colour, lw=0.8)
        axes.plot(rank, 0, "o", ms=3, color=colour, zorder=3, clip_on=False)
        label = text.format(name=name, rank=rank)
        axes.text(edge, -line, label, color=colour, fontsize=8, ha=side, va="center", gid=token(name))


def _rank_axis(axes: Axes) -> None:
    axes.yaxis.set_visible(False)
    axes.spines[["left", "right", "bottom"]].set_visible(False)
    axes.spines["top"].set_visible(True)
    axes.spines["top"].set_position("zero")
    axes.xaxis.set_ticks_position("top")
