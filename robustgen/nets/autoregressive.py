"""An autoregressive dense net: a distribution over short sequences of codes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from robustgen.nets.mlp import Linear
from robustgen.nets.quantizers.base import look_up
from robustgen.nets.quantizers.slices import within_slices


class MaskedLinear(nn.Module):
    """Affine map between sequences of positions that sees earlier positions only.

    Parameters
    ----------
    n_positions, channels_in, channels_out : int
        P and the channels of each position.
    strict : bool
        Whether a position may not see itself either.

    Notes
    -----
    Input (K, B, P, channels_in), output (K, B, P, channels_out).
    """

    mask: Tensor

    def __init__(self, n_positions: int, channels_in: int, channels_out: int, *, strict: bool) -> None:
        super().__init__()
        sees = torch.ones(n_positions, n_positions).triu(diagonal=int(strict))
        mask = sees.repeat_interleave(channels_in, 0).repeat_interleave(channels_out, 1)
        bound = 1 / math.sqrt(n_positions * channels_in)
        self.weight = nn.Parameter(torch.empty(1, *mask.shape).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(1, n_positions, channels_out))
        self.register_buffer("mask", mask[None])

    def forward(self, x: Tensor) -> Tensor:
        made = torch.bmm(x.flatten(2), self.weight * self.mask)
        return made.unflatten(2, self.bias.shape[1:]) + self.bias[:, None]


class AutoregressiveMLP(nn.Module):
    r"""Autoregressive distribution over P codes, by masked dense layers.

    .. math:: p(c \mid y) = \prod_i p(c_i \mid c_{<i}, y)

    Parameters
    ----------
    n_codes : int
        N.
    n_positions : int
        P.
    channels : int
        Width of each position.
    n_labels : int
        Labels y to condition on; 0 for none.
    n_slices : int
        G: a position takes codes of its slice alone, see :mod:`robustgen.nets.quantizers.slices`.

    Notes
    -----
    Input: indices (K, B, P), and labels (K, B) where the net is conditional. Output: logits
    (K, B, P, N). The logits at a position depend on no later one.

    References
    ----------
    Germain et al., "MADE: Masked Autoencoder for Distribution Estimation", ICML 2015.

    Examples
    --------
    >>> AutoregressiveMLP(16, 5)(torch.zeros(1, 2, 5, dtype=torch.int64)).shape
    torch.Size([1, 2, 5, 16])
    """

    def __init__(
        self, n_codes: int, n_positions: int, *, channels: int = 32, n_labels: int = 0, n_slices: int = 1
    ) -> None:
        super().__init__()
        self.n_slices = n_slices
        self.embedding = nn.Parameter(torch.randn(1, n_codes, channels))
        self.first = MaskedLinear(n_positions, channels, channels, strict=True)
        self.second = MaskedLinear(n_positions, channels, channels, strict=False)
        self.labels = nn.Parameter(torch.randn(1, n_labels, channels) / 10) if n_labels else None
        self.logits = Linear(channels, n_codes)

    def forward(self, indices: Tensor, labels: Tensor | None = None) -> Tensor:
        hidden = self.first(look_up(self.embedding, indices))
        if self.labels is not None and labels is not None:
            hidden = hidden + look_up(self.labels, labels[..., None])
        hidden = hidden + self.second(torch.relu(hidden))
        logits = self.logits(torch.relu(hidden).flatten(1, 2)).unflatten(1, indices.shape[1:])
        return within_slices(logits, self.n_slices)

    def in_turn(self, indices: Tensor, labels: Tensor | None = None) -> Iterator[Tensor]:
        """Yield the logits (K, B, N) of each position, once the indices before it stand in ``indices``."""
        for position in range(indices.shape[-1]):
            yield self(indices, labels)[:, :, position]
