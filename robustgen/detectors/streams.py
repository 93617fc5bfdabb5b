"""Whether the scores of new rows are distributed as those of the rows that were learnt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from robustgen._storable import storable


@storable
@dataclass(frozen=True)
class Drift:
    r"""The two-sample Kolmogorov-Smirnov test of two sets of scores.

    .. math:: D = \sup_s |F(s) - G(s)|

    with F and G the shares of the new and of the former rows that score s at most.

    Attributes
    ----------
    statistic : float
        D, in [0, 1].
    p_value : float
        How probable so large a D is, where both are draws of one distribution.

    References
    ----------
    Smirnov, "Table for Estimating the Goodness of Fit of Empirical Distributions", Annals of Mathematical
    Statistics 19 (1948); Dasu et al., "An Information-Theoretic Approach to Detecting Changes in
    Multi-Dimensional Data Streams", Interface 2006, for the two windows of a stream.

    Examples
    --------
    >>> scores = np.linspace(-2.0, -1.0, 100)
    >>> Drift.between(scores, scores).statistic, Drift.between(scores - 0.5, scores).statistic
    (0.0, 0.5)
    """

    statistic: float
    p_value: float

    @classmethod
    def between(cls, new: NDArray[np.float64], former: NDArray[np.float64]) -> Drift:
        """Compare the scores (m,) of new rows with those (n,) of former ones.

        Parameters
        ----------
        new, former : ndarray of float
            One score a row.

        Returns
        -------
        Drift
            The test, its p-value by the limit distribution.
        """
        found = ks_2samp(new, former, method="asymp")
        return cls(float(found.statistic), float(found.pvalue))
