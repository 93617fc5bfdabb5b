"""Where a window stands in the series that were learnt."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from robustgen._storable import storable


@storable
@dataclass(frozen=True)
class Places:
    """The first place of every window of a series, by a mark that equal windows share.

    A series that was learnt may be given again cut anywhere, so that its windows start between those that
    were learnt, and are none of them.

    Attributes
    ----------
    window : int
        W, the points of a window.
    marks : ndarray of int64, (m,)
        Of the different windows, ascending: the first 64 bits of their BLAKE2b.
    first : ndarray of int64, (m,)
        Where each of them starts first.
    """

    window: int
    marks: NDArray[np.int64]
    first: NDArray[np.int64]

    @classmethod
    def of(cls, series: NDArray[np.float64], window: int) -> Places:
        """Find the places of the windows of a series (T, C)."""
        marks, first = np.unique(_marks(sliding_window_view(series, window, axis=0)), return_index=True)
        return cls(window, marks, first.astype(np.int64))

    def __call__(self, windows: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return where each window (n, C, W) starts, -W where it is new: it overlaps none.

        Examples
        --------
        >>> series = np.arange(9.0)[:, None]
        >>> Places.of(series, 3)(np.array([[[4.0, 5.0, 6.0]], [[0.0, 0.0, 0.0]]]))
        array([ 4, -3])
        """
        marks = _marks(windows)
        at = np.searchsorted(self.marks, marks).clip(max=len(self.marks) - 1)
        return np.where(self.marks[at] == marks, self.first[at], -self.window)


def _marks(windows: NDArray[np.float64]) -> NDArray[np.int64]:
    # adding 0 makes -0 equal to 0 in its bits too
    digests = b"".join(blake2b((window + 0.0).tobytes(), digest_size=8).digest() for window in windows)
    return np.frombuffer(digests, dtype="<i8").astype(np.int64)
