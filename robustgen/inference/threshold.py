"""The threshold between inliers and outliers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def contamination_offset(scores: NDArray[np.float64], contamination: float) -> float:
    """Return the score below which the given share of the training rows lies.

    Parameters
    ----------
    scores : ndarray of float, (n,)
        ``score_samples`` of the training rows, larger = more normal.
    contamination : float in [0, 0.5]
        The share of outliers to mark; 0 marks none of them.

    Returns
    -------
    float
        ``decision_function`` is the score minus this offset; its sign is the prediction.

    Examples
    --------
    >>> contamination_offset(np.array([-9.0, -1.0, -1.0, -1.0, -1.0]), 0.2) > -9
    True
    """
    return float(np.percentile(scores, 100 * contamination))
