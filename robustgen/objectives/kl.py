"""Kullback-Leibler divergences to the standard normal prior."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def standard_normal_kl(mean: Tensor, variances: Tensor) -> Tensor:
    r"""Return :math:`KL(N(\mu, \Sigma) \,\|\, N(0, I))` from the eigenvalues of :math:`\Sigma`.

    .. math::
        \tfrac12 \Big( \lVert \mu \rVert_2^2 + \sum_i (\sigma_i^2 - 1 - \log \sigma_i^2) \Big)

    The prior is the same in every direction, so the eigenvectors do not matter. It is infinite
    for a singular :math:`\Sigma`, where the Wasserstein-1 distance is finite.

    Parameters
    ----------
    mean : torch.Tensor
        :math:`\mu`, (..., d).
    variances : torch.Tensor
        Eigenvalues :math:`\sigma_i^2 \ge 0`, (..., d).

    Returns
    -------
    torch.Tensor
        (...), at least 0.

    References
    ----------
    Kingma and Welling, "Auto-Encoding Variational Bayes", ICLR 2014, appendix B.

    Examples
    --------
    >>> standard_normal_kl(torch.tensor([3.0, 4.0]), torch.ones(2))
    tensor(12.5000)
    >>> standard_normal_kl(torch.zeros(2), torch.tensor([1.0, 0.0]))
    tensor(inf)
    """
    return (mean.square() + variances - 1 - variances.log()).sum(-1) / 2


def mixture_kl_bound(weights: Sequence[float], divergences: Tensor) -> Tensor:
    r"""Bound the divergence of a mixture, which has no closed form, by those of its components.

    The divergence is convex, so that

    .. math::
        KL\Big(\sum_j w_j q_j \,\Big\|\, p\Big) \le \sum_j w_j \, KL(q_j \,\|\, p) ,

    with equality for one component, and for components that are the same.

    Parameters
    ----------
    weights : sequence of float
        :math:`w_j`, sum 1.
    divergences : torch.Tensor
        :math:`KL(q_j \| p)`, (..., J).

    Returns
    -------
    torch.Tensor
        (...).

    References
    ----------
    Cover and Thomas, "Elements of Information Theory", theorem 2.7.2.

    Examples
    --------
    >>> mixture_kl_bound((0.75, 0.25), torch.tensor([1.0, 5.0]))
    tensor(2.)
    """
    parts = zip(weights, divergences.unbind(-1), strict=True)
    return torch.stack([weight * divergence for weight, divergence in parts]).sum(0)
