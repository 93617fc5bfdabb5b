"""Where labels go, so that they can be read: which of them are shown, and how far apart they stand."""

from __future__ import annotations

from collections.abc import Sequence


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
