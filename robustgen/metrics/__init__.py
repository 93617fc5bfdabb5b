"""How well scores rank, beyond scikit-learn's metrics, and how well signals are recovered.

Outliers are the positive class everywhere. Functions of detection take ``outlier``, the truth, and
``outlierness``, where **larger means more outlying**: the opposite sign of ``score_samples``.
"""

from __future__ import annotations

from robustgen.metrics.ranges import range_average_precision, range_precision, range_recall, vus_pr
from robustgen.metrics.ranking import (
    auroc,
    average_precision,
    precision_at_n,
    precision_recall_curve,
    recall_at_false_alarms,
)
from robustgen.metrics.recovery import relative_error

__all__ = [
    "auroc",
    "average_precision",
    "precision_at_n",
    "precision_recall_curve",
    "range_average_precision",
    "range_precision",
    "range_recall",
    "recall_at_false_alarms",
    "relative_error",
    "vus_pr",
]
