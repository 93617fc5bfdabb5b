"""Which entries make a row an outlier to the models that score it: what happens when each is repaired."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from robustgen.densities.gaussian import Gaussian


def error_drops(errors: Callable[[Tensor], Tensor], x: Tensor, repaired: Tensor) -> Tensor:
    r"""Return how far the error of each row falls when one entry at a time is replaced by a repaired value.

    .. math:: p_j = \max\big(0, e(x) - e(x_1, \dots, \hat x_j, \dots, x_d)\big)

    Parameters
    ----------
    errors : callable
        The error (B,) of rows (B, d), e.
    x, repaired : Tensor, (B, d)
        The rows, and what each entry would be if the others were right.

    Returns
    -------
    Tensor, (B, d)
        The drops, 0 where the repair makes nothing better.

    References
    ----------
    Strumbelj and Kononenko, "Explaining prediction models and individual predictions with feature
    contributions", Knowl. Inf. Syst. 41 (2014), for contributions by what a model says without an entry.

    Examples
    --------
    >>> x = torch.tensor([[3.0, 4.0]])
    >>> error_drops(lambda rows: rows.square().sum(1), x, torch.zeros(1, 2))
    tensor([[ 9., 16.]])
    """
    before, changed = errors(x), x.clone()
    drops = torch.empty_like(x)
    for j in range(x.shape[1]):
        changed[:, j] = repaired[:, j]
        drops[:, j] = before - errors(changed)
        changed[:, j] = x[:, j]
    return drops.clamp_min(0)


def conditional_means(gaussian: Gaussian, x: Tensor) -> Tensor:
    r"""Return what each entry is expected to be, given the others.

    .. math:: \hat x_j = x_j - \frac{(P (x - \mu))_j}{P_{jj}}

    with P the inverse of the shrunk covariance.

    Parameters
    ----------
    gaussian : Gaussian
        The model, of rows (R, d).
    x : Tensor, (B, d)
        The rows.

    Returns
    -------
    Tensor, (B, d)
        The conditional means.

    References
    ----------
    Rue and Held, "Gaussian Markov Random Fields" (2005), theorem 2.3.

    Examples
    --------
    >>> from robustgen.densities.gaussian import fit_gaussian
    >>> rows = torch.randn(500, 1, dtype=torch.float64) @ torch.ones(1, 2, dtype=torch.float64)
    >>> model = fit_gaussian(rows + 0.1 * torch.randn_like(rows), seed=0)
    >>> conditional_means(model, torch.tensor([[3.0, 0.0]], dtype=torch.float64))[0, 1].round()
    tensor(3., dtype=torch.float64)
    """
    axes, floor = gaussian.axes.to(x), gaussian.floor.to(x)
    weights = 1 / gaussian.variances.to(x) - 1 / floor
    y = x - gaussian.mean.to(x)
    pulled = (y @ axes.T * weights) @ axes + y / floor
    diagonal = (axes.square() * weights[:, None]).sum(0) + 1 / floor
    return x - pulled / diagonal
