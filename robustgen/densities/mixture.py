"""A mixture of Gaussians on the leading principal axes."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor

from robustgen._storable import storable

N_AXES = 20
N_COMPONENTS = 8
ROUNDING = 1e-9
"""The singular value that is none, over the largest."""
ROWS_PER_ENTRY = 5
"""Rows that a component has for each entry of its mean, on average."""
LEAST_ROWS = 5
"""Of a component."""
FLOOR = 1e-2
"""Added to the variances of each component, in standardised units."""


@storable
@dataclass(frozen=True)
class GaussianMixtureModel:
    r"""Minus the log density of a mixture of Gaussians, plus the squared distance to its subspace.

    .. math:: -\log \sum_m w_m N(V y; \mu_m, \Sigma_m) + \|y - V^T V y\|^2, \qquad y = x - \mu .

    Attributes
    ----------
    mean : Tensor, (d,)
        :math:`\mu`.
    axes : Tensor, (q, d)
        V: the first 20 principal axes.
    log_weights : Tensor, (M,)
        :math:`\log w_m` plus the logarithm of the normal density's constant.
    means : Tensor, (M, 1, q)
        :math:`\mu_m`.
    whitenings : Tensor, (M, q, q)
        :math:`W_m` with :math:`\Sigma_m^{-1} = W_m W_m^T`.
    """

    mean: Tensor
    axes: Tensor
    log_weights: Tensor
    means: Tensor
    whitenings: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Return how unlikely rows (B, d) are, (B,)."""
        y = x - self.mean.to(x)
        along = y @ self.axes.to(x).T
        beside = (y - along @ self.axes.to(x)).square().sum(1)
        whitened = (along - self.means.to(x)) @ self.whitenings.to(x)
        logs = self.log_weights.to(x)[:, None] - whitened.square().sum(2) / 2
        return beside - logs.logsumexp(0)


def fit_gaussian_mixture(rows: Tensor, seed: int) -> GaussianMixtureModel:
    """Fit the mixture to standardised rows (R, d) by expectation maximisation from k-means.

    It has up to 8 components, as many as leave each of them 5 rows for each entry of its mean. Those that end
    with fewer than 5 rows in all are left out: a row alone is no cluster.

    Examples
    --------
    >>> rows = torch.tensor([[-1.0], [1.0]], dtype=torch.float64).repeat(50, 1)
    >>> near, between = fit_gaussian_mixture(rows, seed=0)(torch.tensor([[1.0], [0.0]], dtype=torch.float64))
    >>> bool(near < between)
    True
    """
    mean = rows.mean(0)
    axes = _leading_axes(rows - mean)
    along = ((rows - mean) @ axes.T).numpy()
    n_rows, width = along.shape
    n_components = max(1, min(N_COMPONENTS, n_rows // (ROWS_PER_ENTRY * width)))
    mixture = GaussianMixture(n_components, reg_covar=FLOOR, max_iter=50, random_state=seed % 2**32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a start is enough: nothing hangs on the optimum
        mixture.fit(along)
    sizes = mixture.weights_ * n_rows
    clusters = sizes >= min(LEAST_ROWS, sizes.max())
    whitenings = torch.from_numpy(mixture.precisions_cholesky_[clusters]).contiguous()
    constants = whitenings.diagonal(dim1=1, dim2=2).log().sum(1) - width * math.log(2 * math.pi) / 2
    log_weights = torch.from_numpy(mixture.weights_[clusters]).log() + constants
    return GaussianMixtureModel(
        mean, axes, log_weights, torch.from_numpy(mixture.means_[clusters])[:, None], whitenings
    )


def _leading_axes(centred: Tensor) -> Tensor:
    """Return the first principal axes, (q, d), without those that no row has: rounding would choose these."""
    _, singular, axes = torch.linalg.svd(centred, full_matrices=False)
    there = singular > ROUNDING * singular[0]
    there[0] = True
    return axes[there][:N_AXES].contiguous()
