"""The gated PixelCNN: a distribution over maps of codes, one code after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from robustgen.nets.conv import Conv
from robustgen.nets.quantizers.base import look_up
from robustgen.nets.quantizers.slices import within_slices

FIRST_KERNEL = 7
KERNEL = 3


class GatedPair(nn.Module):
    r"""One layer: a vertical stack that sees the rows above, a horizontal one that sees what is left.

    Each stack is gated, :math:`\tanh(a) \odot \sigma(b)`, and the vertical one feeds the horizontal
    one. Instead of masking weights, kernels end before what they may not see: the first layer
    (mask A) before the position itself, the others (mask B) at it.

    Parameters
    ----------
    channels : int
        C, of both stacks.
    n_labels : int
        Labels that the layer is conditioned on; 0 for none.
    first : bool
        Whether it is the first layer, with mask A and a kernel of 7 rather than 3.

    Notes
    -----
    Two maps (K, B, C, h, w) in and out.
    """

    def __init__(self, channels: int, *, n_labels: int, first: bool) -> None:
        super().__init__()
        kernel = FIRST_KERNEL if first else KERNEL
        half = kernel // 2
        reach = half if first else half + 1
        self.vertical = Conv(channels, 2 * channels, (reach, kernel), (0, half), stride=1)
        self.horizontal = Conv(channels, 2 * channels, (1, reach), (0, 0), stride=1)
        self.across = Conv(2 * channels, 2 * channels, 1, (0, 0), stride=1)
        self.out = Conv(channels, channels, 1, (0, 0), stride=1)
        self.labels = nn.Parameter(torch.randn(1, n_labels, 2 * channels) / 10) if n_labels else None
        self.first = first
        self.before = half

    def forward(self, above: Tensor, left: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        vertical = self.from_above(above, labels)
        return gated(vertical), self.from_left(left, vertical, labels)

    def from_above(self, above: Tensor, labels: Tensor | None) -> Tensor:
        """Return the vertical stack (K, B, 2 C, h, w) before its gate."""
        seen = self.vertical(functional.pad(above, (0, 0, self.before, 0)))
        return self._shifted(seen[..., : above.shape[-2], :], labels)

    def from_left(self, left: Tensor, vertical: Tensor, labels: Tensor | None) -> Tensor:
        """Return the horizontal stack (K, B, C, h, w), given the same rows of the vertical one."""
        seen = self.horizontal(functional.pad(left, (self.before, 0)))[..., : left.shape[-1]]
        made = self.out(gated(self._shifted(seen, labels) + self.across(vertical)))
        return made if self.first else left + made

    def _shifted(self, x: Tensor, labels: Tensor | None) -> Tensor:
        if self.labels is None or labels is None:
            return x
        return x + look_up(self.labels, labels[..., None])[:, :, 0, :, None, None]


def gated(x: Tensor) -> Tensor:
    """Return tanh of the first half of the channels times the sigmoid of the second."""
    signal, gate = x.chunk(2, dim=2)
    return torch.tanh(signal) * torch.sigmoid(gate)


class GatedPixelCNN(nn.Module):
    r"""Autoregressive distribution over maps of codes, row by row.

    .. math:: p(c \mid y) = \prod_i p(c_i \mid c_{<i}, y)

    Beyond the paper, what is learnt of each row and column of the map is added to the embedded codes:
    a convolution cannot tell the middle of a map from another place, and codes of centred
    pictures depend on where they are.

    Parameters
    ----------
    n_codes : int
        N.
    map_shape : tuple of int
        (h, w).
    channels : int
        Width of the stacks.
    n_layers : int
        Gated layers; 4 see a whole map of 7 x 7.
    n_labels : int
        Labels y to condition on; 0 for none.
    n_slices : int
        G, a divisor of w: a position takes codes of its slice alone, see
        :mod:`robustgen.nets.quantizers.slices`.

    Notes
    -----
    Input: indices (K, B, h * w), and labels (K, B) where the net is conditional. Output: logits
    (K, B, h * w, N). The logits at a position depend on no later one.

    References
    ----------
    van den Oord et al., "Conditional Image Generation with PixelCNN Decoders", NIPS 2016, figure 2.

    Examples
    --------
    >>> GatedPixelCNN(16, (3, 4))(torch.zeros(1, 2, 12, dtype=torch.int64)).shape
    torch.Size([1, 2, 12, 16])
    """

    def __init__(
        self,
        n_codes: int,
        map_shape: tuple[int, int],
        *,
        channels: int = 32,
        n_layers: int = 4,
        n_labels: int = 0,
        n_slices: int = 1,
    ) -> None:
        super().__init__()
        self.map_shape = map_shape
        self.n_slices = n_slices
        self.embedding = nn.Parameter(torch.randn(1, n_codes, channels))
        height, width = map_shape
        self.of_row = nn.Parameter(torch.randn(1, height, 1, channels) / 3)
        self.of_column = nn.Parameter(torch.randn(1, 1, width, channels) / 3)
        self.layers: Any = nn.ModuleList(
            GatedPair(channels, n_labels=n_labels, first=layer == 0) for layer in range(n_layers)
        )
        self.logits = nn.Sequential(
            nn.ReLU(),
            Conv(channels, 2 * channels, 1, (0, 0), stride=1),
            nn.ReLU(),
            Conv(2 * channels, n_codes, 1, (0, 0), stride=1),
        )

    def forward(self, indices: Tensor, labels: Tensor | None = None) -> Tensor:
        above = left = self._embedded(indices, slice(None))
        for layer in self.layers:
            above, left = layer(above, left, labels)
        return within_slices(self.logits(left).flatten(3).mT, self.n_slices)

    def in_turn(self, indices: Tensor, labels: Tensor | None = None) -> Iterator[Tensor]:
        """Yield the logits (K, B, N) of each position, once the indices before it stand in ``indices``.

        What is above is the same along a row: it is computed once for each.
        """
        width = self.map_shape[1]
        for row in range(self.map_shape[0]):
            begun = indices[..., : (row + 1) * width]
            verticals = self._verticals(begun, labels)
            for column in range(width):
                left = self._embedded(begun[..., row * width :], slice(row, row + 1))
                for layer, vertical in zip(self.layers, verticals, strict=True):
                    left = layer.from_left(left, vertical, labels)
                logits = self.logits(left)[..., 0, column]
                yield within_slices(logits[:, :, None], self.n_slices, column)[:, :, 0]

    def _verticals(self, indices: Tensor, labels: Tensor | None) -> list[Tensor]:
        """Return each layer's vertical stack at the last of the rows of indices, (K, B, 2 C, 1, w)."""
        verticals = []
        above = self._embedded(indices, slice(indices.shape[-1] // self.map_shape[1]))
        for layer in self.layers:
            vertical = layer.from_above(above, labels)
            verticals.append(vertical[..., -1:, :])
            above = gated(vertical)
        return verticals

    def _embedded(self, indices: Tensor, rows: slice) -> Tensor:
        """Return the map (K, B, C, h, w) of the indices of some rows."""
        places = (self.of_row[:, rows] + self.of_column).flatten(1, 2)
        embedded = look_up(self.embedding, indices) + places[:, None]
        return embedded.mT.unflatten(3, (-1, self.map_shape[1]))
