"""Cosine dissimilarity of a row and its reconstruction."""

from __future__ import annotations

import torch
from torch import Tensor

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
