"""Convolutions of K members, and an encoder and a decoder of images: three stages that halve them."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from robustgen.nets.mlp import ACTIVATIONS, Linear, normalization_layers

CHANNELS = (32, 64, 128)
KERNELS = (5, 5, 3)
STRIDE = 2
CONVOLUTIONS: dict[int, Callable[..., Tensor]] = {
    1: functional.conv1d,
    2: functional.conv2d,
    3: functional.conv3d,
}
TRANSPOSED: dict[int, Callable[..., Tensor]] = {
    1: functional.conv_transpose1d,
    2: functional.conv_transpose2d,
    3: functional.conv_transpose3d,
}
"""By the number of axes."""


class Conv(nn.Module):
    """Convolution of each member along one, two or three axes, as one grouped convolution.

    Parameters
    ----------
    channels_in, channels_out : int
        Channels.
    kernel : int or tuple of int
        Side of the kernel along every axis, or along each.
    padding : tuple of int
        Zeros added at either end of each axis: as many axes as there are entries.
    stride : int or tuple of int
        Places from one output to the next.
    dilation : int
        Places from one tap of the kernel to the next.

    Notes
    -----
    Input (K, B, channels_in, ...), output (K, B, channels_out, ...).

    Examples
    --------
    >>> Conv(2, 3, 5, (2,))(torch.zeros(1, 4, 2, 9)).shape
    torch.Size([1, 4, 3, 5])
    >>> Conv(1, 3, 3, (1, 1, 1), stride=(1, 2, 2))(torch.zeros(1, 4, 1, 5, 8, 8)).shape
    torch.Size([1, 4, 3, 5, 4, 4])
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int | tuple[int, ...],
        padding: tuple[int, ...],
        *,
        stride: int | tuple[int, ...] = STRIDE,
        dilation: int = 1,
    ) -> None:
        super().__init__()
        sides = _sides(kernel, padding)
        bound = 1 / math.sqrt(channels_in * math.prod(sides))
        shape = (1, channels_out, channels_in, *sides)
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(1, channels_out).uniform_(-bound, bound))
        self.options = {"stride": stride, "padding": padding, "dilation": dilation}

    def forward(self, x: Tensor) -> Tensor:
        return grouped(CONVOLUTIONS[x.ndim - 3], x, self.weight, self.bias, **self.options)


class ConvTranspose(nn.Module):
    """Transposed convolution of each member, the mirror of :class:`Conv`.

    Parameters
    ----------
    channels_in, channels_out : int
        Channels.
    kernel : int or tuple of int
        Side of the kernel along every axis, or along each.
    padding, output_padding : tuple of int
        As in ``torch.nn.ConvTranspose2d``, an entry an axis.
    stride : int or tuple of int
        That of the convolution which it undoes.

    Notes
    -----
    Input (K, B, channels_in, ...), output (K, B, channels_out, ...).

    Examples
    --------
    >>> ConvTranspose(3, 2, 5, (2,), (0,))(torch.zeros(1, 4, 3, 5)).shape
    torch.Size([1, 4, 2, 9])
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int | tuple[int, ...],
        padding: tuple[int, ...],
        output_padding: tuple[int, ...],
        *,
        stride: int | tuple[int, ...] = STRIDE,
    ) -> None:
        super().__init__()
        sides = _sides(kernel, padding)
        bound = 1 / math.sqrt(channels_out * math.prod(sides))
        shape = (1, channels_in, channels_out, *sides)
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(1, channels_out).uniform_(-bound, bound))
        self.options = {"stride": stride, "padding": padding, "output_padding": output_padding}

    def forward(self, x: Tensor) -> Tensor:
        return grouped(TRANSPOSED[x.ndim - 3], x, self.weight, self.bias, **self.options)


def _sides(kernel: int | tuple[int, ...], padding: tuple[int, ...]) -> tuple[int, ...]:
    return (kernel,) * len(padding) if isinstance(kernel, int) else kernel


def grouped(
    convolve: Callable[..., Tensor],
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    **options: int | tuple[int, ...],
) -> Tensor:
    """Return the convolution of each member (K, B, ...) by its own weight, all in one call."""
    members = len(x)
    folded = x.transpose(0, 1).flatten(1, 2)
    out = convolve(folded, weight.flatten(0, 1), bias.flatten(), groups=members, **options)
    return out.unflatten(1, (members, -1)).transpose(0, 1)


def _stage_sizes(side: int) -> list[int]:
    """Return the side of the image before and after each stage, e.g. 28, 14, 7, 3."""
    sizes = [side]
    for kernel in KERNELS:
        sizes.append((sizes[-1] + 2 * _padding(kernel, sizes[-1]) - kernel) // STRIDE + 1)
    return sizes


def _padding(kernel: int, size: int) -> int:
    """Return the padding of one stage: half the kernel, but none for a 3-kernel on an odd side (7 -> 3)."""
    return 0 if kernel == 3 and size % 2 and size >= kernel else kernel // 2


class ConvEncoder(nn.Sequential):
    """Three strided convolutions (32 k5, 64 k5, 128 k3) and a flattening.

    Parameters
    ----------
    image_shape : tuple of int
        (channels, H, W).
    activation : str
        Name in :data:`robustgen.nets.mlp.ACTIVATIONS`, after every stage.
    normalization : {"affine", "batch"} or None
        What follows each activation.

    Attributes
    ----------
    out_features : int
        D, the length of the code: 1152 for 28 x 28, 2048 for 32 x 32.

    Notes
    -----
    Input (K, B, channels, H, W), output (K, B, D).

    References
    ----------
    The net of Lai, Zou and Lerman, "Robust Subspace Recovery Layer for Unsupervised Anomaly
    Detection", ICLR 2020, as their code has it.

    Examples
    --------
    >>> encoder = ConvEncoder((1, 28, 28))
    >>> encoder(torch.zeros(1, 2, 1, 28, 28)).shape, encoder.out_features
    (torch.Size([1, 2, 1152]), 1152)
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        *,
        activation: str = "leaky_relu",
        normalization: str | None = None,
    ) -> None:
        channels_in, *sides = image_shape
        heights, widths = (_stage_sizes(side) for side in sides)
        layers: list[nn.Module] = []
        for channels, kernel, height, width in zip(CHANNELS, KERNELS, heights, widths, strict=False):
            padding = (_padding(kernel, height), _padding(kernel, width))
            layers += [Conv(channels_in, channels, kernel, padding), ACTIVATIONS[activation]()]
            layers += normalization_layers(normalization, channels)
            channels_in = channels
        super().__init__(*layers, nn.Flatten(2))
        self.out_features = CHANNELS[-1] * heights[-1] * widths[-1]


class ConvDecoder(nn.Sequential):
    """The mirror of :class:`ConvEncoder`: a dense layer and three transposed convolutions.

    Parameters
    ----------
    latent_dim : int
        d, the length of the code that comes in.
    image_shape : tuple of int
        (channels, H, W) of the image that comes out.
    activation : str
        Name in :data:`robustgen.nets.mlp.ACTIVATIONS`, after every stage but the last.
    output_activation : str
        The same, after the last stage.
    normalization : {"affine", "batch"} or None
        What follows each activation but the last.

    Notes
    -----
    Input (K, B, d), output (K, B, channels, H, W).

    Examples
    --------
    >>> ConvDecoder(10, (3, 32, 32))(torch.zeros(1, 2, 10)).shape
    torch.Size([1, 2, 3, 32, 32])
    """

    def __init__(
        self,
        latent_dim: int,
        image_shape: tuple[int, int, int],
        *,
        activation: str = "leaky_relu",
        output_activation: str = "identity",
        normalization: str | None = None,
    ) -> None:
        channels_out, *sides = image_shape
        heights, widths = (_stage_sizes(side) for side in sides)
        start = (CHANNELS[-1], heights[-1], widths[-1])
        layers: list[nn.Module] = [Linear(latent_dim, math.prod(start)), nn.Unflatten(2, start)]
        layers += [ACTIVATIONS[activation](), *normalization_layers(normalization, CHANNELS[-1])]
        for stage in (2, 1):
            layers += [
                _mirrored(stage, CHANNELS[stage - 1], heights, widths),
                ACTIVATIONS[activation](),
                *normalization_layers(normalization, CHANNELS[stage - 1]),
            ]
        layers += [_mirrored(0, channels_out, heights, widths), ACTIVATIONS[output_activation]()]
        super().__init__(*layers)


def _mirrored(stage: int, channels_out: int, heights: list[int], widths: list[int]) -> ConvTranspose:
    """Return the transposed convolution that undoes one stage of the encoder, to the pixel."""
    kernel = KERNELS[stage]
    paddings, extras = [], []
    for sizes in (heights, widths):
        padding = _padding(kernel, sizes[stage])
        paddings.append(padding)
        extras.append(sizes[stage] - ((sizes[stage + 1] - 1) * STRIDE - 2 * padding + kernel))
    return ConvTranspose(
        CHANNELS[stage], channels_out, kernel, (paddings[0], paddings[1]), (extras[0], extras[1])
    )
