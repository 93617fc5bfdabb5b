"""The tails of single columns as a peer: a row is scored against the training rows alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin

from robustgen.densities.columns import fit_column_tails


class Tails(OutlierMixin, BaseEstimator):
    """How far out each entry of a row lies in its column, among the training rows alone.

    The formula is that of :class:`robustgen.densities.columns.ColumnTails`. PyOD's ECOD and COPOD count the
    rows of the call too, so their score of a row depends on the others.

    Parameters
    ----------
    contamination : float in (0, 0.5]
        The share of the training rows below the threshold.

    Attributes
    ----------
    tails_ : robustgen.densities.columns.ColumnTails
        The sorted columns of the training rows.
    offset_ : float
        The score below which a row is called an outlier.

    Examples
    --------
    >>> X = np.append(np.random.default_rng(0).normal(size=(60, 2)), [[9.0, 9.0]], axis=0)
    >>> int(Tails().fit(X).score_samples(X).argmin())
    60
    """

    def __init__(self, *, contamination: float = 0.1) -> None:
        self.contamination = contamination

    def fit(self, X: NDArray[np.float64], y: Any = None) -> Tails:
        """Sort the columns of X (n, d); `y` is ignored."""
        self.tails_ = fit_column_tails(torch.as_tensor(X), seed=0)
        self.offset_ = float(np.quantile(self.score_samples(X), self.contamination))
        return self

    def score_samples(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score rows (B, d): larger = more normal."""
        return -self.tails_(torch.as_tensor(X)).numpy()
