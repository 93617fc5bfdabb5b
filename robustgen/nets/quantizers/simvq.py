"""The codebook of SimVQ: frozen codes, seen through one linear map that learns."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from robustgen.nets.quantizers.codebook import Unmoved


class LinearCodebook(Unmoved, nn.Module):
    r"""Codes :math:`e_n = c_n W` with frozen normal :math:`c_n`: one gradient moves all codes at once.

    A code that is never selected moves with the others, so none dies.

    Parameters
    ----------
    n_codes, code_dim : int
        N and D.

    Attributes
    ----------
    frozen : torch.Tensor
        c, (K, N, D), of variance 1 / D.
    weight : torch.nn.Parameter
        W (K, D, D), the identity at the start.

    References
    ----------
    Zhu et al., "Addressing Representation Collapse in Vector Quantized Models with One Linear Layer",
    2024, https://arxiv.org/abs/2411.02038.

    Examples
    --------
    >>> LinearCodebook(8, 4).codes.shape
    torch.Size([1, 8, 4])
    """

    frozen: Tensor

    def __init__(self, n_codes: int, code_dim: int) -> None:
        super().__init__()
        self.register_buffer("frozen", torch.randn(1, n_codes, code_dim) / code_dim**0.5)
        self.weight = nn.Parameter(torch.eye(code_dim)[None].clone())

    @property
    def codes(self) -> Tensor:
        """The codes (K, N, D)."""
        return torch.bmm(self.frozen, self.weight)
