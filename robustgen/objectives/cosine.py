"""Cosine dissimilarity of a row and its reconstruction."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

EPS = 1e-6


def cosine_dissimilarity(x: Tensor, reconstruction: Tensor) -> Tensor:
    r"""Return :math:`1 - x^\top \tilde x / \max(\lVert x \rVert \lVert \tilde x \rVert, 10^{-6})` a row.

    Parameters
    ----------
    x, reconstruction : torch.Tensor
        (K, B, ...).

    Returns
    -------
    torch.Tensor
        (K, B), in [0, 2]: 0 where the directions agree, 1 where they are orthogonal or one is 0.

    Examples
    --------
    >>> cosine_dissimilarity(torch.ones(1, 1, 4), -2 * torch.ones(1, 1, 4))
    tensor([[2.]])
    """
    a, b = x.flatten(2), reconstruction.flatten(2)
    norms = torch.linalg.vector_norm(a, dim=-1) * torch.linalg.vector_norm(b, dim=-1)
    return 1 - (a * b).sum(-1) / norms.clamp_min(EPS)


def squared_angle_parts(x: Tensor, reconstruction: Tensor) -> Tensor:
    r"""Return :math:`\tfrac12 (u_j - v_j)^2` of each entry.

    Here u and v are the directions of the row and of its reconstruction. Where neither is 0 the parts add
    up to :func:`cosine_dissimilarity`: :math:`\tfrac12 \lVert u - v \rVert^2 = 1 - u^\top v` for unit
    vectors.

    Parameters
    ----------
    x, reconstruction : torch.Tensor
        (K, B, ...).

    Returns
    -------
    torch.Tensor
        Shaped like x.

    Examples
    --------
    >>> squared_angle_parts(torch.tensor([[[2.0, 0.0]]]), torch.tensor([[[0.0, 3.0]]]))
    tensor([[[0.5000, 0.5000]]])
    """
    u, v = (functional.normalize(part.flatten(2), dim=-1, eps=EPS) for part in (x, reconstruction))
    return ((u - v).square() / 2).view_as(x)
