"""Which training rows are taken as inliers, and how surely."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustgen.inference.corruption import Corruption, estimate_corruption
from robustgen.inference.membership import InlierProbability


class Audit(NamedTuple):
    """What a detector says of the rows that it was trained on.

    Attributes
    ----------
    support : ndarray of bool, (n,)
        The rows taken as inliers: all but the estimated share, the lowest scores left out.
    inlier_weight : ndarray of float, (n,)
        The probability of each row to be an inlier, in [0, 1].
    corruption : Corruption
        The estimated share of outliers, with its interval.
    """

    support: NDArray[np.bool_]
    inlier_weight: NDArray[np.float64]
    corruption: Corruption


def audit(scores: NDArray[np.float64], corruption: Corruption | None = None) -> Audit:
    """Tell the inliers among the training rows by their scores.

    Parameters
    ----------
    scores : ndarray of float, (n,)
        Of the training rows, larger = more normal.
    corruption : Corruption or None
        The share of outliers where the method has an estimate of its own; ``None`` takes
        :func:`robustgen.inference.corruption.estimate_corruption`.

    Returns
    -------
    Audit
        Rows with equal scores have equal weights; where the share cuts through them, the earlier
        rows are left out.

    Examples
    --------
    >>> audit(np.array([-1.0, -1.1, -1.2, -1.3, -90.0])).support
    array([ True,  True,  True,  True, False])
    """
    found = estimate_corruption(scores) if corruption is None else corruption
    support = np.ones(len(scores), dtype=bool)
    support[np.argsort(scores, kind="stable")[: round(found.share * len(scores))]] = False
    return Audit(support, InlierProbability(scores)(scores), found)
