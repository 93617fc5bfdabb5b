"""Stretches of time instead of points."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d


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


def cores(excess: NDArray[np.float64], width: int) -> NDArray[np.bool_]:
    """Mark the points that exceed a threshold by half of the most around them, or more.

    A mean over a width spreads a fault by half of it on either side; at its edges it has half of its height.

    Examples
    --------
    >>> cores(np.array([-1.0, 1.0, 2.0, 3.0, 2.0, 1.0, -1.0]), 5)
    array([False, False,  True,  True,  True, False, False])
    """
    return (excess > 0) & (excess >= maximum_filter1d(excess, width + 2) / 2)


def anomalies_in(
    scores: NDArray[np.float64], threshold: float, times: Any, window: int, gap: int
) -> list[Anomaly]:
    """Return the stretches of a series below a threshold, worst first, cut to where faults are."""
    found = [
        Anomaly(start, stop, float(scores[start:stop].min()), times[start], times[stop - 1])
        for start, stop in runs(cores(threshold - scores, window), gap)
    ]
    return sorted(found, key=lambda anomaly: anomaly.score)
