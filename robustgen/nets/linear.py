"""The affine map of K members at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Linear(nn.Module):
    r"""Affine map :math:`y = x W_k + b_k` of each member k, as one batched product.

    Parameters
    ----------
    in_features, out_features : int
        Widths, at least 1.
    bias : bool
        Whether :math:`b` is there.

    Notes
    -----
    Input (K, B, in), output (K, B, out). Weights start uniform on
    :math:`\pm 1/\sqrt{\text{in}}`, as in ``torch.nn.Linear``.

    Examples
    --------
    >>> Linear(3, 2)(torch.zeros(1, 5, 3)).shape
    torch.Size([1, 5, 2])
    """

    def __init__(self, in_features: int, out_features: int, *, bias: bool = True) -> None:
        super().__init__()
        bound = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(1, in_features, out_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(1, 1, out_features).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias, x, self.weight)
