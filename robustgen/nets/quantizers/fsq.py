"""Finite scalar quantisation: each channel is rounded to one of few levels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from robustgen.nets.draws import Generators
from robustgen.nets.quantizers.base import Quantized, look_up
from robustgen.nets.quantizers.codebook import CodeTable, FixedCodebook, Quantizer
from robustgen.nets.quantizers.nearest import straight_through

MOST_LEVELS = 8
SLACK = 1e-3
"""How far beyond the outermost level a channel may reach, over the range: tanh never gets to 1."""


class FiniteScalarQuantizer(Quantizer):
    r"""Round each bounded channel to one of L levels: the codes are a grid that nothing learns.

    .. math::
        z_{q,j} = \frac{\mathrm{round}(f_j(z_j))}{\lfloor L_j / 2 \rfloor}, \quad
        f_j(x) = \tfrac{L_j - 1}{2} (1 + \epsilon) \tanh(x + s_j) - o_j

    with the offset :math:`o_j = \tfrac12` where L is even and 0 where it is odd, and the shift that makes
    :math:`f_j(0) = 0`. The gradient passes the rounding; there are no terms.

    Parameters
    ----------
    levels : sequence of int
        :math:`L_1, \dots, L_D`, 2 or more each; their product is N. See :func:`even_levels`.

    Notes
    -----
    Input (K, B, P, D).

    References
    ----------
    Mentzer et al., "Finite Scalar Quantization: VQ-VAE Made Simple", ICLR 2024,
    https://arxiv.org/abs/2309.15505.

    Examples
    --------
    >>> quantizer = FiniteScalarQuantizer([4, 3])
    >>> quantised = quantizer(torch.tensor([[[[9.0, -9.0]]]]))
    >>> quantised.latent.flatten().tolist(), quantised.indices.item(), quantizer.n_codes
    ([0.5, -1.0], 9, 12)
    """

    half_widths: Tensor
    scales: Tensor
    offsets: Tensor
    places: Tensor

    def __init__(self, levels: Sequence[int]) -> None:
        super().__init__()
        counts = torch.tensor([levels])
        self.register_buffer("half_widths", counts // 2)
        self.register_buffer("scales", (counts - 1) * (1 + SLACK) / 2)
        self.register_buffer("offsets", (counts % 2 == 0) / 2)
        self.register_buffer("places", _places(levels))
        digits = torch.cartesian_prod(*(torch.arange(n) for n in levels)).reshape(-1, len(levels))
        self.codebook = FixedCodebook((digits - counts // 2) / (counts // 2))

    def codebooks(self) -> tuple[CodeTable, ...]:
        """Return the grid."""
        return (self.codebook,)

    def decode(self, indices: Tensor) -> Tensor:
        """Return the codes (K, B, P, D) at indices (K, B, P)."""
        return look_up(self.codebook.codes, indices)

    def bound(self, z: Tensor) -> Tensor:
        """Return f(z) (K, B, P, D), whose rounding is the level from the middle one."""
        scales, offsets = self.scales[:, None, None].to(z), self.offsets[:, None, None].to(z)
        return scales * torch.tanh(z + torch.atanh(offsets / scales)) - offsets

    def forward(self, z: Tensor, generators: Generators | None = None) -> Quantized:
        bounded = self.bound(z)
        rounded = bounded.detach().round()
        half_widths = self.half_widths[:, None, None]
        digits = rounded.long() + half_widths
        indices = (digits * self.places[:, None, None]).sum(-1)
        return Quantized(straight_through(bounded, rounded) / half_widths, indices, {})


def _places(levels: Sequence[int]) -> Tensor:
    """Return by what the digit of each channel counts in an index, (1, D): the last one by 1."""
    return torch.tensor([[math.prod(levels[channel + 1 :]) for channel in range(len(levels))]])


def even_levels(n_codes: int) -> list[int]:
    """Return levels of as few channels as can be, 8 at most each, whose product is N or little less.

    The paper's own for 256 are 8, 6 and 5.

    Parameters
    ----------
    n_codes : int
        N, at least 2.

    Examples
    --------
    >>> even_levels(64), even_levels(256), even_levels(1024)
    ([8, 8], [7, 6, 6], [6, 6, 5, 5])
    """
    n_channels = math.ceil(math.log(n_codes, MOST_LEVELS) - 1e-9)
    least = int(n_codes ** (1 / n_channels) + 1e-9)
    levels = [least] * n_channels
    for channel in range(n_channels):
        raised = [*levels[:channel], least + 1, *levels[channel + 1 :]]
        if math.prod(raised) <= n_codes:
            levels = raised
    return levels
