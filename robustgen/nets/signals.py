"""Convolutional encoder and decoder of signals: strided stages, each with a dilated residual block."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from robustgen.nets.code_maps import ToPositions
from robustgen.nets.conv import grouped
from robustgen.nets.mlp import ACTIVATIONS, Linear, normalization_layers

CHANNELS = (32, 64)
"""Of the first stage, and of the others."""
KERNEL, STRIDE = 5, 2
RESIDUAL_KERNEL = 3
DILATIONS = (1, 2, 4)
"""Of the residual blocks of the stages in turn."""
SHORTEST = 8
"""A stage halves the signal until it is no longer; one stage at least."""


def lengths(n_points: int) -> list[int]:
    """Return the length of a signal before and after each stage.

    Examples
    --------
    >>> lengths(100), lengths(512)[-1], lengths(6)
    ([100, 50, 25, 13, 7], 8, [6, 3])
    """
    found = [n_points]
    while len(found) == 1 or found[-1] > SHORTEST:
        found.append((found[-1] + 1) // STRIDE)
    return found


def widths(n_stages: int) -> list[int]:
    """Return the channels after each stage.

    Examples
    --------
    >>> widths(3)
    [32, 64, 64]
    """
    return [CHANNELS[min(stage, len(CHANNELS) - 1)] for stage in range(n_stages)]


def receptive_field(n_points: int) -> int:
    r"""Return how many points of a signal one position of the last stage sees.

    .. math:: 1 + \sum_s \left( 4 \cdot 2^s + 2 \delta_s \cdot 2^{s + 1} \right)

    with :math:`\delta_s \in \{1, 2, 4, 1, \dots\}` the dilation of stage s = 0, 1, ...: more than all of a
    signal of 32 points or more.

    Parameters
    ----------
    n_points : int
        T, the length of the signal.

    References
    ----------
    van den Oord et al., "WaveNet: A Generative Model for Raw Audio", arXiv:1609.03499 (2016), section 2.1,
    for dilations in cycles.

    Examples
    --------
    >>> [receptive_field(T) for T in (64, 512)]
    [113, 1009]
    """
    seen, step = 1, 1
    for stage in range(len(lengths(n_points)) - 1):
        seen += (KERNEL - 1) * step
        step *= STRIDE
        seen += (RESIDUAL_KERNEL - 1) * _dilation(stage) * step
    return seen


def _dilation(stage: int) -> int:
    return DILATIONS[stage % len(DILATIONS)]


class Conv1d(nn.Module):
    """Convolution of each member along time, as one grouped convolution; zeros stand outside the signal.

    Parameters
    ----------
    channels_in, channels_out, kernel : int
        Channels, and the odd length of the kernel.
    stride, dilation : int
        Points from one output to the next, and from one tap of the kernel to the next.

    Notes
    -----
    Input (K, B, channels_in, T), output (K, B, channels_out, T'), T' = T / stride rounded up.

    Examples
    --------
    >>> Conv1d(2, 3, 5, stride=2)(torch.zeros(1, 4, 2, 9)).shape
    torch.Size([1, 4, 3, 5])
    """

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, *, stride: int = 1, dilation: int = 1
    ) -> None:
        super().__init__()
        bound = 1 / math.sqrt(channels_in * kernel)
        self.weight = nn.Parameter(torch.empty(1, channels_out, channels_in, kernel).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(1, channels_out).uniform_(-bound, bound))
        self.options = {"stride": stride, "dilation": dilation, "padding": dilation * (kernel // 2)}

    def forward(self, x: Tensor) -> Tensor:
        return grouped(functional.conv1d, x, self.weight, self.bias, **self.options)


class ConvTranspose1d(nn.Module):
    """Transposed convolution of each member, which undoes a strided :class:`Conv1d` of kernel 5 to the point.

    Parameters
    ----------
    channels_in, channels_out : int
        Channels.
    length_in, length_out : int
        Points that come in, and twice as many, or one less, that go out.

    Notes
    -----
    Input (K, B, channels_in, T'), output (K, B, channels_out, T).

    Examples
    --------
    >>> ConvTranspose1d(3, 2, 5, 9)(torch.zeros(1, 4, 3, 5)).shape
    torch.Size([1, 4, 2, 9])
    """

    def __init__(self, channels_in: int, channels_out: int, length_in: int, length_out: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(channels_out * KERNEL)
        self.weight = nn.Parameter(torch.empty(1, channels_in, channels_out, KERNEL).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(1, channels_out).uniform_(-bound, bound))
        self.output_padding = length_out - (STRIDE * (length_in - 1) + 1)

    def forward(self, x: Tensor) -> Tensor:
        return grouped(
            functional.conv_transpose1d,
            x,
            self.weight,
            self.bias,
            stride=STRIDE,
            padding=KERNEL // 2,
            output_padding=self.output_padding,
        )


class DilatedBlock(nn.Module):
    r"""Residual block :math:`x + W_2 * \sigma(W_1 *_\delta \sigma(x))`: a dilated and a pointwise kernel.

    Parameters
    ----------
    channels : int
        Channels of what comes in and goes out.
    dilation : int
        :math:`\delta`.
    activation : str
        :math:`\sigma`, a name in :data:`robustgen.nets.mlp.ACTIVATIONS`.

    Notes
    -----
    Input and output (K, B, channels, T).
    """

    def __init__(self, channels: int, dilation: int, activation: str) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            ACTIVATIONS[activation](),
            Conv1d(channels, channels, RESIDUAL_KERNEL, dilation=dilation),
            ACTIVATIONS[activation](),
            Conv1d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


def _down(n_channels: int, n_points: int, activation: str, normalization: str | None) -> list[nn.Module]:
    """Return the stages from a signal to its shortest form."""
    layers: list[nn.Module] = []
    for stage, width in enumerate(widths(len(lengths(n_points)) - 1)):
        layers += [
            Conv1d(n_channels, width, KERNEL, stride=STRIDE),
            DilatedBlock(width, _dilation(stage), activation),
            ACTIVATIONS[activation](),
            *normalization_layers(normalization, width),
        ]
        n_channels = width
    return layers


def _up(n_channels: int, n_points: int, activation: str, normalization: str | None) -> list[nn.Module]:
    """Return the mirror of :func:`_down`."""
    sizes = lengths(n_points)
    channels = [n_channels, *widths(len(sizes) - 1)]
    layers: list[nn.Module] = []
    for stage in reversed(range(len(sizes) - 1)):
        layers += [
            DilatedBlock(channels[stage + 1], _dilation(stage), activation),
            ACTIVATIONS[activation](),
            *normalization_layers(normalization, channels[stage + 1]),
            ConvTranspose1d(channels[stage + 1], channels[stage], sizes[stage + 1], sizes[stage]),
        ]
    return layers


class SignalEncoder(nn.Sequential):
    """Stages that halve a signal down to at most 8 points, and a flattening.

    A stage is a strided convolution of kernel 5 and a dilated residual block; what one position of the last
    sees is :func:`receptive_field`.

    Parameters
    ----------
    signal_shape : tuple of int
        (C, T).
    activation : str
        Name in :data:`robustgen.nets.mlp.ACTIVATIONS`, after every stage.
    normalization : {"affine", "batch"} or None
        What follows each stage.

    Attributes
    ----------
    out_features : int
        D, the length of the code: 512 for 512 points.

    Notes
    -----
    Input (K, B, C, T), output (K, B, D).

    Examples
    --------
    >>> encoder = SignalEncoder((2, 100))
    >>> encoder(torch.zeros(1, 3, 2, 100)).shape, encoder.out_features
    (torch.Size([1, 3, 448]), 448)
    """

    def __init__(
        self,
        signal_shape: tuple[int, int],
        *,
        activation: str = "leaky_relu",
        normalization: str | None = None,
    ) -> None:
        super().__init__(*_down(*signal_shape, activation, normalization), nn.Flatten(2))
        sizes = lengths(signal_shape[1])
        self.out_features = widths(len(sizes) - 1)[-1] * sizes[-1]


class SignalDecoder(nn.Sequential):
    """The mirror of :class:`SignalEncoder`: a dense layer and stages that double the length.

    Parameters
    ----------
    latent_dim : int
        d, the length of the code that comes in.
    signal_shape : tuple of int
        (C, T) of the signal that comes out.
    activation : str
        Name in :data:`robustgen.nets.mlp.ACTIVATIONS`, before every stage.
    output_activation : str
        The same, after the last stage.
    normalization : {"affine", "batch"} or None
        What follows each activation but the last.

    Notes
    -----
    Input (K, B, d), output (K, B, C, T).

    Examples
    --------
    >>> SignalDecoder(10, (2, 100))(torch.zeros(1, 3, 10)).shape
    torch.Size([1, 3, 2, 100])
    """

    def __init__(
        self,
        latent_dim: int,
        signal_shape: tuple[int, int],
        *,
        activation: str = "leaky_relu",
        output_activation: str = "identity",
        normalization: str | None = None,
    ) -> None:
        sizes = lengths(signal_shape[1])
        start = (widths(len(sizes) - 1)[-1], sizes[-1])
        super().__init__(
            Linear(latent_dim, math.prod(start)),
            nn.Unflatten(2, start),
            *_up(*signal_shape, activation, normalization),
            ACTIVATIONS[output_activation](),
        )


class SignalCodeEncoder(nn.Sequential):
    """Stages that halve a signal, and a code at each of the points that are left.

    Parameters
    ----------
    signal_shape : tuple of int
        (C, T).
    code_dim : int
        D.

    Attributes
    ----------
    map_shape : tuple of int
        (P,), at most 8 positions.

    Notes
    -----
    Input (K, B, C, T), output (K, B, P, D).

    Examples
    --------
    >>> SignalCodeEncoder((1, 100), 16)(torch.zeros(1, 2, 1, 100)).shape
    torch.Size([1, 2, 7, 16])
    """

    def __init__(self, signal_shape: tuple[int, int], code_dim: int) -> None:
        sizes = lengths(signal_shape[1])
        width = widths(len(sizes) - 1)[-1]
        super().__init__(
            *_down(*signal_shape, "relu", None), Conv1d(width, code_dim, 1), ToPositions(code_dim)
        )
        self.map_shape = (sizes[-1],)


class SignalCodeDecoder(nn.Sequential):
    """The mirror of :class:`SignalCodeEncoder`: (K, B, P, D) to (K, B, C, T).

    Examples
    --------
    >>> SignalCodeDecoder(16, (1, 100))(torch.zeros(1, 2, 7, 16)).shape
    torch.Size([1, 2, 1, 100])
    """

    def __init__(self, code_dim: int, signal_shape: tuple[int, int]) -> None:
        width = widths(len(lengths(signal_shape[1])) - 1)[-1]
        super().__init__(_ToChannels(), Conv1d(code_dim, width, 1), *_up(*signal_shape, "relu", None))


class _ToChannels(nn.Module):
    """Turn positions (K, B, P, D) into signals (K, B, D, P)."""

    def forward(self, z: Tensor) -> Tensor:
        return z.mT
