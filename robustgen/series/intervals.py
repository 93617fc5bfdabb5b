"""Stretches of time instead of points."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Anomaly(NamedTuple):
    """A stretch of outlying points.

    Parameters
    ----------
    start : int
        Its first point.
    stop : int
        The point after its last.
    score : float
        The lowest score in it.
    begin : object
        The time of its first point.
    end : object
        The time of its last point.

    Examples
    --------
    >>> worst = Anomaly(start=120, stop=128, score=-4.2, begin="10:00", end="10:07")
    >>> worst.stop - worst.start
    8
    """

    start: int
    stop: int
    score: float
    begin: Any
    end: Any


def runs(marked: NDArray[np.bool_], gap: int = 0) -> list[tuple[int, int]]:
    """Return first and one-after-last of each run of marked points; runs up to a gap apart are one.

    Examples
    --------
    >>> marked = np.array([0, 1, 1, 0, 1, 0, 0, 0, 1], dtype=bool)
    >>> runs(marked), runs(marked, gap=1)
    ([(1, 3), (4, 5), (8, 9)], [(1, 5), (8, 9)])
    """
    places = np.flatnonzero(marked)
    if not places.size:
        return []
    cuts = np.flatnonzero(np.diff(places) > gap + 1)
    firsts, lasts = places[np.r_[0, cuts + 1]], places[np.r_[cuts, -1]]
    return [(int(first), int(last) + 1) for first, last in zip(firsts, lasts, strict=True)]


def anomalies_in(
    scores: NDArray[np.float64], marked: NDArray[np.bool_], times: Any, gap: int
) -> list[Anomaly]:
    """Return the stretches of marked points of a series, worst first."""
    found = [
        Anomaly(start, stop, float(scores[start:stop].min()), times[start], times[stop - 1])
        for start, stop in runs(marked, gap)
    ]
    return sorted(found, key=lambda anomaly: anomaly.score)
