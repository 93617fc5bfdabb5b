"""Any detector of rows as one of the points of series, by windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._declared import Signals
from robustgen._storable import storable
from robustgen.inference.scores import scores_of
from robustgen.series.windows import OverlapMean, window_blocks, window_starts, windows_of

Values = NDArray[np.float64]


@storable
class WindowedDetector:
    """The residuals of a series by a detector that learns its windows as rows.

    Parameters
    ----------
    detector : estimator
        Not fitted.
    window, stride : int
        W, and the points from one window to the next.
    by_residual : bool
        Whether points are compared with what the detector reconstructs, or scored by the windows they lie in.
    as_signals : bool
        Whether windows are given as signals, rather than as vectors of C W columns.
    """

    def __init__(
        self, detector: Any, window: int, stride: int, *, by_residual: bool, as_signals: bool
    ) -> None:
        self.detector = detector
        self.window = window
        self.stride = stride
        self.by_residual = by_residual
        self.as_signals = as_signals

    def fit(self, series: Sequence[Values]) -> WindowedDetector:
        """Learn the windows of series, each (T, C)."""
        windows = [
            windows_of(part, self.window, window_starts(len(part), self.window, self.stride))
            for part in series
        ]
        self.detector = self.detector.fit(self._rows(np.concatenate(windows)))
        return self

    def residuals(self, series: Values) -> Values:
        """Return the squared residual (T, C) of each point, or what its windows say of it, (T, 1)."""
        mean = OverlapMean(len(series), series.shape[1] if self.by_residual else 1)
        for starts, windows in window_blocks(series, self.window, self.stride):
            mean.add(starts, self._said_of(windows))
        return mean.values()

    def _said_of(self, windows: Values) -> Values:
        rows = self._rows(windows)
        if not self.by_residual:
            errors = -scores_of(self.detector, rows)
            return np.broadcast_to(errors[:, None, None], (len(windows), 1, self.window))
        return (windows - self.detector.reconstruct(rows).reshape(windows.shape)) ** 2

    def _rows(self, windows: Values) -> Any:
        return Signals(windows) if self.as_signals else windows.reshape(len(windows), -1)
