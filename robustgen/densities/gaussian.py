"""The Mahalanobis distance, for any number of columns."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from robustgen._storable import storable

LEAST_VARIANCE = 1e-12
"""Of a sample whose rows are all the same, in standardised units."""


@storable
@dataclass(frozen=True)
class Gaussian:
    r"""The Mahalanobis distance to the mean of a reference sample, its covariance shrunk.

    With the sample's principal axes :math:`v_j`, their shrunk variances :math:`\lambda_j`, and
    :math:`\nu` the shrunk variance of all directions that no row of the sample has,

    .. math:: \delta(x)^2 = \sum_j (v_j^T y)^2 / \lambda_j
              + \big( \|y\|^2 - \sum_j (v_j^T y)^2 \big) / \nu, \qquad y = x - \mu .

    Attributes
    ----------
    mean : Tensor, (d,)
        :math:`\mu`.
    axes : Tensor, (min(R, d), d)
        The rows are :math:`v_j`.
    variances : Tensor, (min(R, d),)
        :math:`\lambda_j > 0`.
    floor : Tensor, ()
        :math:`\nu > 0`.

    References
    ----------
    Chen, Wiesel, Eldar and Hero, "Shrinkage Algorithms for MMSE Covariance Estimation", IEEE Trans.
    Signal Process. 58 (2010), eq. 23, for the shrinkage :math:`(1 - \rho) S + \rho \, tr(S) / d \, I`.
    """

    mean: Tensor
    axes: Tensor
    variances: Tensor
    floor: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Return the distance (B,) of rows (B, d)."""
        y = x - self.mean.to(x)
        along = y @ self.axes.to(x).T
        beside = (y - along @ self.axes.to(x)).square().sum(1)
        return ((along.square() / self.variances.to(x)).sum(1) + beside / self.floor.to(x)).sqrt()


def fit_gaussian(rows: Tensor, seed: int) -> Gaussian:
    """Fit mean and shrunk covariance to rows (R, d); nothing is drawn.

    Examples
    --------
    >>> rows = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> fit_gaussian(rows, seed=0)(torch.tensor([[1.0, 1.0]]))
    tensor([2.])
    """
    n_rows, width = rows.shape
    mean = rows.mean(0)
    _, singular, axes = torch.linalg.svd(rows - mean, full_matrices=False)
    raw = singular.square() / n_rows
    level = (raw.sum() / width).clamp_min(LEAST_VARIANCE)
    share = _shrinkage(raw / level, n_rows, width)
    return Gaussian(mean, axes.contiguous(), level * ((1 - share) * raw / level + share), level * share)


def _shrinkage(variances: Tensor, n_rows: int, width: int) -> Tensor:
    """Return rho in (0, 1] for principal variances whose mean over all directions is 1."""
    second = variances.square().sum() / width**2
    return ((second + 1) / ((n_rows + 1) * (second - 1 / width)).clamp_min(1e-12)).clamp(1e-6, 1)
