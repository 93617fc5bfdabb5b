"""How odd it is that just these cells of a row are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robustgen._storable import storable
from robustgen.tables.levels import most_slips

EMPTY = 4.0
"""How odd a row without a single cell is, in logarithms of a share as the other oddities are."""
COMMON = 0.1
"""The share of the rows from which on it is nothing odd that as much is missing, unless it is all."""
TILTS = np.linspace(0, 4, 41)


@storable
@dataclass(frozen=True)
class Absences:
    r"""How odd it is that just these cells of a row are missing.

    .. math:: a(x) = \max\big(-\log(n P(x)), \; 4 (2 f - 1), \; 0\big)

    with f the share of the row's cells that are missing, and n P the number of n rows that would miss as much
    if cells were missing independently of each other, each weighed by minus the logarithm of how often it is
    missing; Chernoff's bound stands for P. So two gaps that meet by chance are nothing odd. The first term
    counts where hardly any training row misses as much (:func:`robustgen.tables.levels.most_slips`), the
    second where no more than a tenth of them do, or all cells are missing.

    Attributes
    ----------
    weights : ndarray of float, (d,)
        Of the columns.
    ordered : ndarray of float, (n,)
        The sums of the training rows' weights, in order.
    cumulants : ndarray of float, (T,)
        The logarithm of the mean of the exponential of tilts times the sum, of independent gaps.

    References
    ----------
    Chernoff, "A Measure of Asymptotic Efficiency for Tests of a Hypothesis Based on the Sum of Observations",
    Annals of Mathematical Statistics 23 (1952).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> absences = fit_absences(rng.random((1000, 8)) < 0.02)
    >>> absences(np.arange(8) < np.array([[1], [2], [5], [8]])).round(1)
    array([ 0. ,  0. ,  7.4, 24.6])
    """

    weights: NDArray[np.float64]
    ordered: NDArray[np.float64]
    cumulants: NDArray[np.float64]

    def __call__(self, missing: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return a (n,) of rows (n, d), True where a cell is missing."""
        sums, n_rows = missing @ self.weights, self.ordered.size
        as_many = n_rows - np.searchsorted(self.ordered, sums * (1 - 1e-9))
        by_chance = -self._log_tails(sums) - np.log(n_rows)
        share = missing.mean(1)
        largely = np.where((as_many <= COMMON * n_rows) | (share == 1), EMPTY * (2 * share - 1), 0)
        return np.maximum(np.where(as_many <= most_slips(n_rows), by_chance, 0), largely).clip(0)

    def _log_tails(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        distinct, place = np.unique(sums, return_inverse=True)
        return (self.cumulants - np.outer(distinct, TILTS)).min(1)[place]


def fit_absences(missing: NDArray[np.bool_]) -> Absences:
    """Count the missing cells (n, d) of the training rows."""
    shares = (missing.sum(0) + 0.5) / (len(missing) + 1)
    weights = -np.log(shares)
    tilted = np.log1p(shares * np.expm1(np.outer(TILTS, weights)))
    return Absences(weights, np.sort(missing @ weights), tilted.sum(1))
