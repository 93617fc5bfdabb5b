"""Long series: one score a point of time, by any detector of windows."""

from __future__ import annotations

from robustgen.series.detector import SeriesDetector
from robustgen.series.intervals import Anomaly

__all__ = ["Anomaly", "SeriesDetector"]
