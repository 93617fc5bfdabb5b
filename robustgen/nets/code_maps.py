"""Encoders to a map of latent positions, and decoders back: for images and for vectors."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from robustgen.nets.conv import Conv2d, ConvTranspose2d
from robustgen.nets.mlp import MLP

CHANNELS = (32, 64)
RESIDUAL_CHANNELS = 32
KERNEL = 3
MAP_SIDE = 8
"""A stage halves the image until no side is longer; one stage at least."""


def map_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """Return the size of an image before and after each halving.

    Examples
    --------
    >>> map_sizes(28, 28), map_sizes(32, 32)[-1], map_sizes(8, 8)[-1]
    ([(28, 28), (14, 14), (7, 7)], (8, 8), (4, 4))
    """
    sizes = [(height, width)]
    while len(sizes) == 1 or max(sizes[-1]) > MAP_SIDE:
        sizes.append(((sizes[-1][0] + 1) // 2, (sizes[-1][1] + 1) // 2))
    return sizes


class ResidualBlock(nn.Module):
    r"""Residual block :math:`x + W_2 * \sigma(W_1 * \sigma(x))`: ReLUs, a 3x3 and a 1x1 convolution.

    Notes
    -----
    Input and output (K, B, channels, H, W).

    References
    ----------
    van den Oord, Vinyals and Kavukcuoglu, NIPS 2017, section 4.1.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.ReLU(),
            Conv2d(channels, RESIDUAL_CHANNELS, 3, (1, 1), stride=1),
            nn.ReLU(),
            Conv2d(RESIDUAL_CHANNELS, channels, 1, (0, 0), stride=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


class ToPositions(nn.Module):
    """Lay a map (K, B, D, H, W) out as positions (K, B, H * W, D), row by row."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(3).mT


class ToMap(nn.Module):
    """Fold positions (K, B, H * W, D) to a map (K, B, D, H, W)."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    def forward(self, z: Tensor) -> Tensor:
        return z.mT.unflatten(3, self.size)


class ConvCodeEncoder(nn.Sequential):
    """Strided convolutions that halve an image down to a map of 8 x 8 at most, and a residual block.

    Parameters
    ----------
    image_shape : tuple of int
        (channels, H, W).
    code_dim : int
        D.

    Attributes
    ----------
    map_shape : tuple of int
        (h, w) of the map; 7 x 7 for an image of 28 x 28.

    Notes
    -----
    Input (K, B, channels, H, W), output (K, B, h * w, D). Smaller than the paper's net (256
    units): 32 channels after the first halving and 64 after the others.

    Examples
    --------
    >>> import torch
    >>> ConvCodeEncoder((1, 28, 28), 16)(torch.zeros(1, 2, 1, 28, 28)).shape
    torch.Size([1, 2, 49, 16])
    """

    def __init__(self, image_shape: tuple[int, int, int], code_dim: int) -> None:
        channels, *sides = image_shape
        sizes = map_sizes(*sides)
        layers: list[nn.Module] = []
        for stage in range(len(sizes) - 1):
            width = CHANNELS[min(stage, len(CHANNELS) - 1)]
            layers += [Conv2d(channels, width, KERNEL, (1, 1)), nn.ReLU()]
            channels = width
        layers[-1:] = [ResidualBlock(channels), nn.ReLU(), Conv2d(channels, code_dim, 1, (0, 0), stride=1)]
        super().__init__(*layers, ToPositions())
        self.map_shape = sizes[-1]


class ConvCodeDecoder(nn.Sequential):
    """The mirror of :class:`ConvCodeEncoder`.

    Parameters
    ----------
    code_dim : int
        D.
    image_shape : tuple of int
        (channels, H, W).

    Notes
    -----
    Input (K, B, h * w, D), output (K, B, channels, H, W).

    Examples
    --------
    >>> import torch
    >>> ConvCodeDecoder(16, (3, 32, 32))(torch.zeros(1, 2, 64, 16)).shape
    torch.Size([1, 2, 3, 32, 32])
    """

    def __init__(self, code_dim: int, image_shape: tuple[int, int, int]) -> None:
        channels_out, *sides = image_shape
        sizes = map_sizes(*sides)
        widths = [CHANNELS[min(stage, len(CHANNELS) - 1)] for stage in range(len(sizes) - 1)]
        layers: list[nn.Module] = [
            ToMap(sizes[-1]),
            Conv2d(code_dim, widths[-1], 1, (0, 0), stride=1),
            ResidualBlock(widths[-1]),
        ]
        for stage in reversed(range(len(widths))):
            channels = widths[stage - 1] if stage else channels_out
            odd = [2 * after - before for before, after in zip(sizes[stage], sizes[stage + 1], strict=True)]
            layers += [
                nn.ReLU(),
                ConvTranspose2d(widths[stage], channels, KERNEL, (1, 1), (1 - odd[0], 1 - odd[1])),
            ]
        super().__init__(*layers)


class VectorCodeEncoder(nn.Sequential):
    """A dense net whose output is cut into code positions.

    Parameters
    ----------
    in_features : int
        Columns of a row.
    hidden_dims : sequence of int
        Widths between.
    n_positions, code_dim : int
        P and D.

    Attributes
    ----------
    map_shape : tuple of int
        (P,).

    Notes
    -----
    Input (K, B, in_features), output (K, B, P, D). A position is a slice of the last layer,
    not a slice of the columns: tables have no neighbourhood that would say which columns
    belong together, so the net learns what each position describes.
    """

    def __init__(self, in_features: int, hidden_dims: Sequence[int], n_positions: int, code_dim: int) -> None:
        super().__init__(
            MLP([in_features, *hidden_dims, n_positions * code_dim]), nn.Unflatten(2, (n_positions, code_dim))
        )
        self.map_shape = (n_positions,)


class VectorCodeDecoder(nn.Sequential):
    """The mirror of :class:`VectorCodeEncoder`: (K, B, P, D) to (K, B, out_features)."""

    def __init__(
        self, n_positions: int, code_dim: int, hidden_dims: Sequence[int], out_features: int
    ) -> None:
        super().__init__(nn.Flatten(2), MLP([n_positions * code_dim, *reversed(hidden_dims), out_features]))
