"""What all figures share: the style, the parts of a detector, panels and keys."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec

import matplotlib as mpl
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from robustgen.reporting.figures.palette import INK, MUTED, Mark


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
LEVEL = "level-"
"""What the name of the line of a corruption begins with; the page moves along these lines."""
LABELS = {"auroc": "AUROC", "ap": "average precision"}
"""What the metrics that need no threshold are called on an axis."""

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


def tag(artists: Sequence[Artist], detector: str) -> None:
    """Mark the parts of a detector; the drawing turns the mark into an attribute (see `drawing`)."""
    for artist in artists:
        artist.set_gid(token(detector))


def quiet_first(table: pd.DataFrame, marks: Mapping[str, Mark]) -> list[tuple[str, pd.DataFrame]]:
    """Split by detector, the grey ones first, so that they lie below."""
    groups = [(str(name), rows) for name, rows in table.groupby("detector")]
    return sorted(groups, key=lambda group: marks[group[0]].prominent)


def line(axes: Axes, x: pd.Series, y: pd.Series, detector: str, mark: Mark, *, marker: str = "") -> None:
    """Draw the line of a detector, strong or quiet as its mark says."""
    width, alpha = (1.5, 1.0) if mark.prominent else (0.7, 0.45)
    drawn = axes.plot(x, y, color=mark.colour, lw=width, alpha=alpha, marker=marker, ms=4)
    tag(drawn, detector)


def panels(names: Sequence[str], *, columns: int = 3, aspect: float = 0.85) -> tuple[Figure, dict[str, Axes]]:
    """Return a figure with one small panel a name, its title wrapped where it is too long."""
    columns = min(columns, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(WIDTH, 0.9 + aspect * WIDTH / max(columns, 2) * lines), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    for axes, name in zip(grid, names, strict=False):
        axes.set_title("\n".join(textwrap.wrap(name, 72 // columns)), fontsize=9 if columns < 3 else 7.5)
    return figure, dict(zip(names, grid, strict=False))


def detector_handles(detectors: pd.Series, marks: Mapping[str, Mark]) -> list[Line2D]:
    """Return the key of the prominent detectors, and one grey line for all others."""
    there = [name for name in marks if (detectors == name).any()]
    named = [name for name in there if marks[name].prominent]
    handles = [_named_line(name, marks[name]) for name in named]
    if others := len(there) - len(named):
        handles.append(Line2D([], [], color=MUTED, lw=0.8, label=f"{others} more"))
    return handles


def _named_line(label: str, mark: Mark) -> Line2D:
    return Line2D([], [], color=mark.colour, marker=mark.marker, lw=1.5, ms=4, label=label)


def key(figure: Figure, handles: Sequence[Artist]) -> None:
    """Set the key of a figure above it."""
    shape: dict[str, Any] = {"ncols": 3, "handlelength": 1.3, "columnspacing": 1.2, "fontsize": 8.5}
    figure.legend(handles=list(handles), loc="outside upper left", **shape)
