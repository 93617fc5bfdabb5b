"""Convolutional encoder and decoder of signals and clips: strided stages with dilated residual blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn

from robustgen.nets.code_maps import ToMap, ToPositions
from robustgen.nets.conv import Conv, ConvTranspose
from robustgen.nets.mlp import ACTIVATIONS, Linear, normalization_layers

STRIDE = 2
RESIDUAL_KERNEL = 3


@dataclass(frozen=True)
class Stages:
    """What the stages between a row and its shortest form are made of.

    Parameters
    ----------
    kernel : int
        Odd side of the strided kernels.
    channels : tuple of int
        After the first stage, the second and so on; the last serves all that follow.
    dilations : tuple of int
        Of the residual blocks of the stages in turn.
    shortest : int
        Sides are halved until none is longer; once at least.
    """

    kernel: int
    channels: tuple[int, ...]
    dilations: tuple[int, ...]
    shortest: int

    def sizes(self, sides: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the sides of a row before and after each stage; what is short already stays as it is.

        Examples
        --------
        >>> SIGNALS.sizes((100,)), SIGNALS.sizes((6,))
        ([(100,), (50,), (25,), (13,), (7,)], [(6,), (3,)])
        >>> CLIPS.sizes((10, 32, 28))
        [(10, 32, 28), (5, 16, 14), (3, 8, 7), (3, 4, 4)]
        """
        found = [sides]
        while len(found) == 1 or max(found[-1]) > self.shortest:
            halved = zip(found[-1], self.strides(found[-1]), strict=True)
            found.append(tuple(-(-side // stride) for side, stride in halved))
        return found

    def strides(self, sides: tuple[int, ...]) -> tuple[int, ...]:
        """Return the stride along each axis: 2 where it is long, and along all where none is.

        Examples
        --------
        >>> CLIPS.strides((3, 8, 7)), CLIPS.strides((3, 4, 4))
        ((1, 2, 2), (2, 2, 2))
        """
        longest = self.shortest if max(sides) > self.shortest else 0
        return tuple(STRIDE if side > longest else 1 for side in sides)

    def widths(self, n_stages: int) -> list[int]:
        """Return the channels after each stage.

        Examples
        --------
        >>> SIGNALS.widths(3)
        [32, 64, 64]
        """
        return [self.channels[min(stage, len(self.channels) - 1)] for stage in range(n_stages)]

    def dilation(self, stage: int) -> int:
        """Return the dilation of the residual block of a stage."""
        return self.dilations[stage % len(self.dilations)]


SIGNALS = Stages(kernel=5, channels=(32, 64), dilations=(1, 2, 4), shortest=8)
CLIPS = Stages(kernel=3, channels=(16, 32, 64), dilations=(1,), shortest=4)
STAGES = {1: SIGNALS, 3: CLIPS}
"""By the axes of a row behind its channels."""


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
    for stage in range(len(SIGNALS.sizes((n_points,))) - 1):
        seen += (SIGNALS.kernel - 1) * step
        step *= STRIDE
        seen += (RESIDUAL_KERNEL - 1) * SIGNALS.dilation(stage) * step
    return seen


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
    n_axes : int
        Axes behind the channels.

    Notes
    -----
    Input and output (K, B, channels, ...).
    """

    def __init__(self, channels: int, dilation: int, activation: str, n_axes: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            ACTIVATIONS[activation](),
            Conv(channels, channels, RESIDUAL_KERNEL, (dilation,) * n_axes, stride=1, dilation=dilation),
            ACTIVATIONS[activation](),
            _pointwise(channels, channels, n_axes),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


def _pointwise(channels_in: int, channels_out: int, n_axes: int) -> Conv:
    return Conv(channels_in, channels_out, 1, (0,) * n_axes, stride=1)


def _down(row_shape: tuple[int, ...], activation: str, normalization: str | None) -> list[nn.Module]:
    """Return the stages from a row to its shortest form."""
    n_channels, *sides = row_shape
    stages, n_axes = STAGES[len(sides)], len(sides)
    sizes = stages.sizes(tuple(sides))
    layers: list[nn.Module] = []
    for stage, width in enumerate(stages.widths(len(sizes) - 1)):
        padding, stride = (stages.kernel // 2,) * n_axes, stages.strides(sizes[stage])
        layers += [
            Conv(n_channels, width, stages.kernel, padding, stride=stride),
            DilatedBlock(width, stages.dilation(stage), activation, n_axes),
            ACTIVATIONS[activation](),
            *normalization_layers(normalization, width),
        ]
        n_channels = width
    return layers


def _up(row_shape: tuple[int, ...], activation: str, normalization: str | None) -> list[nn.Module]:
    """Return the mirror of :func:`_down`."""
    n_channels, *sides = row_shape
    stages, n_axes = STAGES[len(sides)], len(sides)
    sizes = stages.sizes(tuple(sides))
    channels = [n_channels, *stages.widths(len(sizes) - 1)]
    layers: list[nn.Module] = []
    for stage in reversed(range(len(sizes) - 1)):
        layers += [
            DilatedBlock(channels[stage + 1], stages.dilation(stage), activation, n_axes),
            ACTIVATIONS[activation](),
            *normalization_layers(normalization, channels[stage + 1]),
            _undone(stages, channels[stage + 1], channels[stage], sizes[stage], sizes[stage + 1]),
        ]
    return layers


def _undone(
    stages: Stages, channels_in: int, channels_out: int, sides: tuple[int, ...], halved: tuple[int, ...]
) -> ConvTranspose:
    """Return the transposed convolution that gives the sides back, to the point."""
    strides = stages.strides(sides)
    missing = tuple(
        side - stride * (half - 1) - 1 for side, stride, half in zip(sides, strides, halved, strict=True)
    )
    padding = (stages.kernel // 2,) * len(sides)
    return ConvTranspose(channels_in, channels_out, stages.kernel, padding, missing, stride=strides)


def last_shape(row_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return channels and sides behind the last stage.

    Examples
    --------
    >>> last_shape((2, 100)), last_shape((1, 10, 32, 32))
    ((64, 7), (64, 3, 4, 4))
    """
    stages, sides = STAGES[len(row_shape) - 1], tuple(row_shape[1:])
    sizes = stages.sizes(sides)
    return (stages.widths(len(sizes) - 1)[-1], *sizes[-1])


class StridedEncoder(nn.Sequential):
    """Stages that halve a signal or a clip, and a flattening.

    A stage is a strided convolution and a dilated residual block: kernels of 5 down to at most 8 points of a
    signal, where one position sees :func:`receptive_field`; kernels of 3 down to at most 4 frames, rows and
    columns of a clip.

    Parameters
    ----------
    row_shape : tuple of int
        (C, T) or (C, T, H, W).
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
    Input (K, B, C, ...), output (K, B, D).

    Examples
    --------
    >>> import torch
    >>> encoder = StridedEncoder((2, 100))
    >>> encoder(torch.zeros(1, 3, 2, 100)).shape, encoder.out_features
    (torch.Size([1, 3, 448]), 448)
    >>> StridedEncoder((1, 10, 16, 16)).out_features
    1536
    """

    def __init__(
        self,
        row_shape: tuple[int, ...],
        *,
        activation: str = "leaky_relu",
        normalization: str | None = None,
    ) -> None:
        super().__init__(*_down(row_shape, activation, normalization), nn.Flatten(2))
        self.out_features = math.prod(last_shape(row_shape))


class StridedDecoder(nn.Sequential):
    """The mirror of :class:`StridedEncoder`: a dense layer and stages that double.

    Parameters
    ----------
    latent_dim : int
        d, the length of the code that comes in.
    row_shape : tuple of int
        (C, T) or (C, T, H, W) of what comes out.
    activation : str
        Name in :data:`robustgen.nets.mlp.ACTIVATIONS`, before every stage.
    output_activation : str
        The same, after the last stage.
    normalization : {"affine", "batch"} or None
        What follows each activation but the last.

    Notes
    -----
    Input (K, B, d), output (K, B, C, ...).

    Examples
    --------
    >>> import torch
    >>> StridedDecoder(10, (2, 100))(torch.zeros(1, 3, 10)).shape
    torch.Size([1, 3, 2, 100])
    """

    def __init__(
        self,
        latent_dim: int,
        row_shape: tuple[int, ...],
        *,
        activation: str = "leaky_relu",
        output_activation: str = "identity",
        normalization: str | None = None,
    ) -> None:
        start = last_shape(row_shape)
        super().__init__(
            Linear(latent_dim, math.prod(start)),
            nn.Unflatten(2, start),
            *_up(row_shape, activation, normalization),
            ACTIVATIONS[output_activation](),
        )


class StridedCodeEncoder(nn.Sequential):
    """Stages that halve a signal or a clip, and a code at each of the places that are left.

    Parameters
    ----------
    row_shape : tuple of int
        (C, T) or (C, T, H, W).
    code_dim : int
        D.
    codes_a_position : int
        G, codes of each place; they stand beside each other.

    Attributes
    ----------
    map_shape : tuple of int
        (P,) of a signal, at most 8 positions; (t, h, w) of a clip, at most 4 each; the last times G.

    Notes
    -----
    Input (K, B, C, ...), output (K, B, P, D), the positions of a clip frame by frame and row by row.

    Examples
    --------
    >>> import torch
    >>> StridedCodeEncoder((1, 100), 16)(torch.zeros(1, 2, 1, 100)).shape
    torch.Size([1, 2, 7, 16])
    >>> StridedCodeEncoder((1, 10, 16, 16), 16).map_shape
    (3, 4, 4)
    """

    def __init__(self, row_shape: tuple[int, ...], code_dim: int, codes_a_position: int = 1) -> None:
        width, *sides = last_shape(row_shape)
        pointwise = _pointwise(width, codes_a_position * code_dim, len(sides))
        super().__init__(*_down(row_shape, "relu", None), pointwise, ToPositions(code_dim))
        self.map_shape = (*sides[:-1], sides[-1] * codes_a_position)


class StridedCodeDecoder(nn.Sequential):
    """The mirror of :class:`StridedCodeEncoder`: (K, B, P, D) to (K, B, C, ...).

    Examples
    --------
    >>> import torch
    >>> StridedCodeDecoder(16, (1, 100))(torch.zeros(1, 2, 7, 16)).shape
    torch.Size([1, 2, 1, 100])
    """

    def __init__(self, code_dim: int, row_shape: tuple[int, ...], codes_a_position: int = 1) -> None:
        width, *sides = last_shape(row_shape)
        pointwise = _pointwise(codes_a_position * code_dim, width, len(sides))
        super().__init__(ToMap(tuple(sides)), pointwise, *_up(row_shape, "relu", None))
