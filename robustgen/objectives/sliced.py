"""Sliced Wasserstein-1: exact along lines, without a critic."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from robustgen.nets.draws import Generators, normal

N_DIRECTIONS = 32
"""Lines that are drawn for each batch."""


def sliced_distance(z: Tensor, z_prior: Tensor, directions: Tensor) -> Tensor:
    r"""Return each row's part in the sliced Wasserstein-1 distance of two samples of the same size.

    .. math::
        SW_1 = \frac1L \sum_l \frac1B \sum_i |z^{(l)}_{(i)} - p^{(l)}_{(i)}|

    with :math:`z^{(l)}_{(i)}` the i-th smallest of the projections :math:`\theta_l^\top z`. On a line the
    distance is that of the sorted samples; the mean over lines is at most :math:`W_1`.

    Parameters
    ----------
    z, z_prior : torch.Tensor
        Codes and draws of the prior, (K, B, d) both.
    directions : torch.Tensor
        :math:`\theta_l` of length 1, (K, L, d).

    Returns
    -------
    torch.Tensor
        (K, B), whose mean over the rows is the distance.

    References
    ----------
    Bonneel, Rabin, Peyré and Pfister, "Sliced and Radon Wasserstein Barycenters of Measures", Journal of
    Mathematical Imaging and Vision, 2015, section 3.

    Examples
    --------
    >>> z, prior = torch.tensor([[[0.0], [5.0]]]), torch.tensor([[[3.0], [1.0]]])
    >>> sliced_distance(z, prior, torch.ones(1, 1, 1))
    tensor([[1., 2.]])
    """
    projected, reached = torch.bmm(z, directions.mT), torch.bmm(z_prior, directions.mT)
    ranks = projected.argsort(dim=1).argsort(dim=1)
    return (projected - reached.sort(dim=1).values.gather(1, ranks)).abs().mean(-1)


def drawn_directions(like: Tensor, generators: Generators) -> Tensor:
    """Draw unit vectors (K, L, d), uniform on the sphere, for codes (K, B, d)."""
    return functional.normalize(normal(generators, like, N_DIRECTIONS, like.shape[-1]), dim=-1)
