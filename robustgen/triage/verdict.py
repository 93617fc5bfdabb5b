"""Which rows of a table are called outliers: one rule of the audit, `clean`, and `fit` with `score`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustgen.inference.audit import contamination_offset
from robustgen.inference.corruption import Corruption, estimate_corruption


class Verdict(NamedTuple):
    """How many of the training rows are outliers, and which.

    Attributes
    ----------
    estimate : Corruption
        The estimated share, with its interval.
    threshold : float
        The score below which they lie.
    """

    estimate: Corruption
    threshold: float


def verdict(
    detector: Any, scores: NDArray[np.float64], contamination: float | str, *, by_score: bool
) -> Verdict:
    """Judge the rows that a detector was trained on.

    Parameters
    ----------
    detector : estimator
        Fitted.
    scores : ndarray of float, (n,)
        Of its training rows, larger = more normal.
    contamination : float in (0, 0.5] or "auto"
        The share to call outliers; "auto" takes the estimate.
    by_score : bool
        Whether the estimate is that of :func:`standing_out`, as for a table that no person has judged rows
        of; else it is the detector's own.

    Returns
    -------
    Verdict
        The estimate and the threshold.
    """
    estimate = _own(detector, scores)
    if by_score:
        estimate = standing_out(scores, estimate)
    share = estimate.share if isinstance(contamination, str) else contamination
    return Verdict(estimate, contamination_offset(scores, share))


def _own(detector: Any, scores: NDArray[np.float64]) -> Corruption:
    if hasattr(detector, "contamination_interval_"):
        return Corruption(detector.contamination_, detector.contamination_interval_)
    return estimate_corruption(scores)


def standing_out(scores: NDArray[np.float64], estimate: Corruption) -> Corruption:
    """Return the share of a table's rows that stand out by the score that ranks them, and to its models.

    The share that a detector estimates is to come near the truth on average. A verdict takes rows from a
    person's table: where a clean one has skewed columns that share was one row in ten, and the rows that
    stand out by the score itself were few (``reports/mixed-tables``).

    Parameters
    ----------
    scores : ndarray of float, (n,)
        Of the rows, larger = more normal.
    estimate : Corruption
        What the detector estimates.

    Returns
    -------
    Corruption
        :func:`robustgen.inference.corruption.estimate_corruption` of the scores, or the detector's estimate
        where that is less, as it is of one or two columns, whose scores have no bulk; and the interval of the
        detector, which is widened to hold it.
    """
    share, (lower, upper) = min(estimate_corruption(scores).share, estimate.share), estimate.interval
    return Corruption(share, (min(lower, share), max(upper, share)))
