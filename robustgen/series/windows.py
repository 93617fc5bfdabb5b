"""Windows of a series, and what is said of them brought back to its points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

BLOCK_ENTRIES = 2**22


def window_starts(n_points: int, window: int, stride: int) -> NDArray[np.intp]:
    """Return where windows start: the last one ends with the series, and all points are covered.

    They are counted from the end, so that what a point is told does not depend on how long ago the series
    began.

    Examples
    --------
    >>> window_starts(10, 4, 3), window_starts(11, 4, 3)
    (array([0, 3, 6]), array([0, 1, 4, 7]))
    """
    starts = np.arange(n_points - window, -1, -stride)[::-1]
    return starts if starts[0] == 0 else np.concatenate([[0], starts])


def windows_of(series: NDArray[np.float64], window: int, starts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return windows (n, C, W) of a series (T, C)."""
    return sliding_window_view(series, window, axis=0)[starts]


def window_blocks(
    series: NDArray[np.float64], window: int, stride: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Yield starts and windows (n, C, W) of a series (T, C), a block at a time."""
    starts = window_starts(len(series), window, stride)
    step = max(1, BLOCK_ENTRIES // (window * series.shape[1]))
    for first in range(0, len(starts), step):
        block = starts[first : first + step]
        yield block, windows_of(series, window, block)


class OverlapMean:
    """The mean, at each point of a series, of what the windows around it say.

    Parameters
    ----------
    n_points, n_channels : int
        T and C.

    Examples
    --------
    >>> mean = OverlapMean(4, 1)
    >>> mean.add(np.array([0, 2]), np.array([[[1.0, 1.0, 1.0]], [[4.0, 4.0, np.nan]]])[:, :, :2])
    >>> mean.add(np.array([1]), np.array([[[3.0, 3.0]]]))
    >>> mean.values()[:, 0]
    array([1. , 2. , 3.5, 4. ])
    """

    def __init__(self, n_points: int, n_channels: int) -> None:
        self._sums = np.zeros((n_points, n_channels))
        self._counts = np.zeros((n_points, 1))

    def add(self, starts: NDArray[np.intp], values: NDArray[np.float64]) -> None:
        """Count values (n, C, W) of windows with different starts (n,)."""
        for offset in range(values.shape[-1]):
            self._sums[starts + offset] += values[..., offset]
            self._counts[starts + offset] += 1

    def values(self) -> NDArray[np.float64]:
        """Return the means (T, C), 0 where nothing is said."""
        return self._sums / self._counts.clip(1)
