"""Wasserstein-1 by its dual: the critic's two terms."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from robustgen.nets.draws import Generators, uniform
from robustgen.nets.replicas import drawn_for_rows


def critic_gap(critic: nn.Module, z: Tensor, z_prior: Tensor) -> Tensor:
    r"""Return :math:`f(z_i) - f(p_i)` of each pair of rows: its mean over rows is minus the dual's value.

    Parameters
    ----------
    critic : torch.nn.Module
        f, (K, B, d) to (K, B).
    z, z_prior : torch.Tensor
        Codes and draws of the prior, (K, B, d) both.

    Returns
    -------
    torch.Tensor
        (K, B). A critic that minimises its mean maximises :math:`E_p f - E_q f`, which over
        1-Lipschitz f is :math:`W_1(q, p)`.

    References
    ----------
    Arjovsky, Chintala and Bottou, "Wasserstein Generative Adversarial Networks", ICML 2017,
    equation 2.
    """
    of_codes, of_prior = critic(torch.cat([z, z_prior], dim=1)).split(z.shape[1], dim=1)
    return of_codes - of_prior


def gradient_penalty(critic: nn.Module, z: Tensor, z_prior: Tensor, generators: Generators) -> Tensor:
    r"""Return :math:`(\lVert \nabla f(u z + (1-u) p) \rVert_2 - 1)^2` of each pair, u uniform a row.

    Parameters
    ----------
    critic : torch.nn.Module
        f, (K, B, d) to (K, B).
    z, z_prior : torch.Tensor
        Codes and draws of the prior, (K, B, d) both.
    generators : sequence of torch.Generator
        One a member.

    Returns
    -------
    torch.Tensor
        (K, B), differentiable by the critic's parameters; 0 for a critic of slope 1.

    References
    ----------
    Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017, equation 3.
    """
    u = drawn_for_rows(uniform, generators, z, z.shape[1], 1)
    between = (u * z.detach() + (1 - u) * z_prior.detach()).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (torch.linalg.vector_norm(slope, dim=-1) - 1).square()
