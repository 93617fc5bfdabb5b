"""Colours: one a detector, the same in every figure, distinguished by colour-blind readers too."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

INK = "#1f2328"
MUTED = "#6e7781"
FAINT = "#d8dee4"
PAPER = "#ffffff"
INLIERS = "#8c959f"
OUTLIERS = "#d1495b"

OKABE_ITO = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "s", "^", "D", "v", "P")

DARK = {
    INK: "#e6edf3",
    MUTED: "#8d96a0",
    FAINT: "#30363d",
    PAPER: "#0d1117",
    INLIERS: "#6e7681",
    OUTLIERS: "#ff7b86",
    "#0072b2": "#4ba3e3",
    "#d55e00": "#ff8a3d",
    "#009e73": "#2fc79a",
    "#cc79a7": "#e8a0c8",
    "#e69f00": "#f2b632",
    "#56b4e9": "#9bd7ff",
}
"""What each colour of a figure becomes on a dark page."""


@dataclass(frozen=True)
class Mark:
    """How a detector is drawn: its colour, its marker, and whether it stands out from the crowd."""

    colour: str
    marker: str
    prominent: bool


def marks(detectors: Sequence[str], *, baseline: str | None = None) -> dict[str, Mark]:
    """Give each detector its mark: the first six a colour, the baseline ink, the others grey.

    A colour is chosen by the detector's name, so it keeps it from report to report unless another
    of the six wants the same.

    Parameters
    ----------
    detectors : sequence of str
        All detectors, best first.
    baseline : str, optional
        The detector that the others are compared with.

    Examples
    --------
    >>> chosen = marks(["rsrae", "knn", "autoencoder"], baseline="autoencoder")
    >>> chosen["autoencoder"].colour == INK, chosen["rsrae"].colour != chosen["knn"].colour
    (True, True)
    """
    best = [name for name in detectors if name != baseline][: len(OKABE_ITO)]
    places = _places(best)
    drawn = {name: Mark(MUTED, ".", prominent=False) for name in detectors}
    drawn |= {name: Mark(OKABE_ITO[place], MARKERS[place], prominent=True) for name, place in places.items()}
    if baseline in drawn:
        drawn[baseline] = Mark(INK, "X", prominent=True)
    return drawn


def variables(colour: str) -> str:
    """Return the CSS variable of a colour, by which a page can darken it.

    Examples
    --------
    >>> variables("#0072b2")
    '--c-0072b2'
    """
    return f"--c-{colour.lstrip('#')}"


def _places(names: Sequence[str]) -> dict[str, int]:
    """Place each name in the palette by its hash, or at the next free place."""
    places: dict[str, int] = {}
    for name in sorted(names):
        place = zlib.crc32(name.encode()) % len(OKABE_ITO)
        while place in places.values():
            place = (place + 1) % len(OKABE_ITO)
        places[name] = place
    return places
