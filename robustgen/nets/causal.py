"""Gated dilated causal convolutions: a distribution over long sequences of codes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from robustgen.nets.mlp import Linear
from robustgen.nets.quantizers.base import look_up
from robustgen.nets.quantizers.slices import within_slices


class CausalBlock(nn.Module):
    r"""WaveNet's block: a kernel of two positions, a gate, and what it adds to the sum and to the result.

    .. math::
        h_i = \tanh(a_i) \odot \sigma(b_i), \qquad
        (a_i, b_i) = V x_{i - \delta} + W x_i + U_y

    Parameters
    ----------
    channels : int
        C.
    dilation : int
        :math:`\delta`.
    n_labels : int
        Labels y that the block is conditioned on; 0 for none.

    Notes
    -----
    Input (K, B, P, C); output the same, and what the block adds to the result, (K, B, P, C).
    """

    def __init__(self, channels: int, dilation: int, *, n_labels: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.before = Linear(channels, 2 * channels, bias=False)
        self.now = Linear(channels, 2 * channels)
        self.out = Linear(channels, 2 * channels)
        self.labels = nn.Parameter(torch.randn(1, n_labels, 2 * channels) / 10) if n_labels else None

    def forward(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self.step(x, later(x, self.dilation), labels)

    def step(self, x: Tensor, earlier: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return both outputs at some positions, given what stood ``dilation`` positions earlier."""
        mixed = pointwise(self.before, earlier) + pointwise(self.now, x)
        if self.labels is not None and labels is not None:
            mixed = mixed + look_up(self.labels, labels[..., None])
        signal, gate = mixed.chunk(2, dim=-1)
        added, result = pointwise(self.out, torch.tanh(signal) * torch.sigmoid(gate)).chunk(2, dim=-1)
        return x + added, result


def later(x: Tensor, steps: int) -> Tensor:
    """Return sequences (K, B, P, C) moved so many positions on, zeros before them."""
    return functional.pad(x, (0, 0, steps, 0))[:, :, : x.shape[2]]


def pointwise(map_: Linear, x: Tensor) -> Tensor:
    """Return what an affine map makes of each position of sequences (K, B, P, C)."""
    return map_(x.flatten(1, 2)).unflatten(1, x.shape[1:3])


class CausalNet(nn.Module):
    r"""Autoregressive distribution over sequences of codes, by gated dilated causal convolutions.

    .. math:: p(c \mid y) = \prod_i p(c_i \mid c_{i - R}, \dots, c_{i - 1}, y)

    The dilations 1, 2, 4, ... double until a code sees all before it: with L blocks
    :math:`R = 2^L \ge P - 1`. Beyond the paper, what is learnt of each position is added to the codes.

    Parameters
    ----------
    n_codes : int
        N.
    n_positions : int
        P.
    channels : int
        C, of the blocks.
    n_labels : int
        Labels y to condition on; 0 for none.
    n_slices : int
        G: a position takes codes of its slice alone, see :mod:`robustgen.nets.quantizers.slices`.

    Attributes
    ----------
    receptive_field : int
        R, how many codes before it a code sees.

    Notes
    -----
    Input: indices (K, B, P), and labels (K, B) where the net is conditional. Output: logits (K, B, P, N). The
    logits at a position depend on no later one.

    References
    ----------
    van den Oord et al., "WaveNet: A Generative Model for Raw Audio", arXiv:1609.03499 (2016), equations 2 and
    3 and figure 4; Paine et al., "Fast Wavenet Generation Algorithm", arXiv:1611.09482 (2016), for the queues
    of :meth:`in_turn`.

    Examples
    --------
    >>> net = CausalNet(16, 100)
    >>> net(torch.zeros(1, 2, 100, dtype=torch.int64)).shape, net.receptive_field
    (torch.Size([1, 2, 100, 16]), 128)
    """

    def __init__(
        self, n_codes: int, n_positions: int, *, channels: int = 32, n_labels: int = 0, n_slices: int = 1
    ) -> None:
        super().__init__()
        self.n_slices = n_slices
        n_layers = max(1, (n_positions - 1).bit_length())
        self.receptive_field = 2**n_layers
        self.embedding = nn.Parameter(torch.randn(1, n_codes, channels))
        self.of_place = nn.Parameter(torch.randn(1, 1, n_positions, channels) / 3)
        self.layers: Any = nn.ModuleList(
            CausalBlock(channels, 2**layer, n_labels=n_labels) for layer in range(n_layers)
        )
        self.mixed = Linear(channels, 2 * channels)
        self.logits = Linear(2 * channels, n_codes)

    def forward(self, indices: Tensor, labels: Tensor | None = None) -> Tensor:
        x = later(look_up(self.embedding, indices), 1) + self.of_place
        results = []
        for layer in self.layers:
            x, result = layer(x, labels)
            results.append(result)
        return within_slices(self._logits(results), self.n_slices)

    def in_turn(self, indices: Tensor, labels: Tensor | None = None) -> Iterator[Tensor]:
        """Yield the logits (K, B, N) of each position, once the indices before it stand in ``indices``.

        Each block remembers what came in over its dilation, so that a position costs one step of each.
        """
        previous = look_up(self.embedding, indices[..., :1]) * 0
        queues = [deque([previous] * layer.dilation) for layer in self.layers]
        for position in range(indices.shape[-1]):
            x = previous + self.of_place[:, :, position : position + 1]
            results = []
            for layer, queue in zip(self.layers, queues, strict=True):
                queue.append(x)
                x, result = layer.step(x, queue.popleft(), labels)
                results.append(result)
            yield within_slices(self._logits(results), self.n_slices, position)[:, :, 0]
            previous = look_up(self.embedding, indices[..., position : position + 1])

    def _logits(self, results: list[Tensor]) -> Tensor:
        mixed = pointwise(self.mixed, torch.relu(torch.stack(results).sum(0)))
        return pointwise(self.logits, torch.relu(mixed))
