"""Encoders to a map of latent positions, and decoders back: for images and for vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from robustgen._checks import check_count, is_count, require
from robustgen._storable import storable
from robustgen.nets.conv import Conv, ConvTranspose
from robustgen.nets.mlp import MLP


@storable
@dataclass(frozen=True)
class CodeNets:
    """Sizes of the nets between images and their code maps, and of the prior over codes.

    Parameters
    ----------
    channels : tuple of int
        Of the convolutions after the first halving, the second and so on; the last serves all that follow.
    residual_blocks : int
        On either side of the code map.
    residual_channels : int
        Within a residual block.
    kernel : int
        Side of the kernels that halve and double, 2 or more.
    map_side : int
        Images are halved until no side of their map is longer, once at least: 32 gives the 32 x 32 codes of
        an image of 128 x 128.
    codes_a_position : int
        Codes of each place of the map that share a codebook; they stand beside each other, so that the map
        has so many times its width. Where the latent is cut into slices, of each slice.
    prior_channels, prior_layers : int
        Width of the prior, and its gated layers; vectors take the width alone.

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> CodeNets(kernel=4).residual_blocks, CodeNets.as_published().channels
    (1, (256,))
    """

    channels: tuple[int, ...] = (32, 64)
    residual_blocks: int = 1
    residual_channels: int = 32
    kernel: int = 3
    map_side: int = 8
    codes_a_position: int = 1
    prior_channels: int = 32
    prior_layers: int = 4

    def __post_init__(self) -> None:
        widths = isinstance(self.channels, tuple) and self.channels and all(map(is_count, self.channels))
        require(bool(widths), f"channels={self.channels!r}", "a tuple of numbers of channels")
        check_count("kernel", self.kernel, least=2)
        check_count("residual_blocks", self.residual_blocks, least=0)
        sizes = ("residual_channels", "map_side", "codes_a_position", "prior_channels", "prior_layers")
        for name in sizes:
            check_count(name, getattr(self, name))

    @classmethod
    def as_published(cls) -> CodeNets:
        """Return the net of VQ-VAE's paper: 256 units, kernels of 4, two residual blocks; our own prior.

        References
        ----------
        van den Oord, Vinyals and Kavukcuoglu, NIPS 2017, section 4.1.
        """
        return cls(channels=(256,), residual_blocks=2, residual_channels=256, kernel=4)

    def widths(self, n_stages: int) -> list[int]:
        """Return the channels after each halving.

        Parameters
        ----------
        n_stages : int
            How often an image is halved.

        Returns
        -------
        list of int
            One a stage.
        """
        return [self.channels[min(stage, len(self.channels) - 1)] for stage in range(n_stages)]

    def padding(self, side: int) -> int:
        """Return how many zeros at either end of a side let its half, rounded up, come out.

        Parameters
        ----------
        side : int
            Pixels.

        Returns
        -------
        int
            Zeros.
        """
        return (self.kernel - 1) // 2 if self.kernel % 2 or side % 2 == 0 else self.kernel // 2

    def missing(self, side: int) -> int:
        """Return what a transposed convolution lacks of a side, as its output padding.

        Parameters
        ----------
        side : int
            Pixels that are to come out.

        Returns
        -------
        int
            0 or 1.
        """
        return side - (2 * ((side + 1) // 2 - 1) - 2 * self.padding(side) + self.kernel)


USUAL = CodeNets()


def map_sizes(height: int, width: int, map_side: int = USUAL.map_side) -> list[tuple[int, int]]:
    """Return the size of an image before and after each halving.

    Examples
    --------
    >>> map_sizes(28, 28), map_sizes(32, 32)[-1], map_sizes(8, 8)[-1]
    ([(28, 28), (14, 14), (7, 7)], (8, 8), (4, 4))
    """
    sizes = [(height, width)]
    while len(sizes) == 1 or max(sizes[-1]) > map_side:
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

    def __init__(self, channels: int, residual_channels: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.ReLU(),
            Conv(channels, residual_channels, 3, (1, 1), stride=1),
            nn.ReLU(),
            Conv(residual_channels, channels, 1, (0, 0), stride=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


class ToPositions(nn.Module):
    """Lay a map (K, B, G D, ...) out as positions (K, B, P G, D), row by row, G codes each of P places.

    Parameters
    ----------
    code_dim : int
        D.
    """

    def __init__(self, code_dim: int) -> None:
        super().__init__()
        self.code_dim = code_dim

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(3).mT.unflatten(3, (-1, self.code_dim)).flatten(2, 3)


class ToMap(nn.Module):
    """Fold positions (K, B, P G, D) to a map (K, B, G D, ...).

    Parameters
    ----------
    size : tuple of int
        The sides of the map, P places: (H, W) of an image.
    """

    def __init__(self, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size = size

    def forward(self, z: Tensor) -> Tensor:
        return z.unflatten(2, (math.prod(self.size), -1)).flatten(3).mT.unflatten(3, self.size)


class ConvCodeEncoder(nn.Sequential):
    """Strided convolutions that halve an image down to its map, and residual blocks.

    Parameters
    ----------
    image_shape : tuple of int
        (channels, H, W).
    code_dim : int
        D.
    nets : CodeNets
        The sizes. The usual ones are smaller than the paper's (256 units): 32 channels after the first
        halving and 64 after the others.

    Attributes
    ----------
    map_shape : tuple of int
        (h, w G) of the map, G codes a place; 7 x 7 for an image of 28 x 28 with one.

    Notes
    -----
    Input (K, B, channels, H, W), output (K, B, h w G, D).

    Examples
    --------
    >>> import torch
    >>> ConvCodeEncoder((1, 28, 28), 16)(torch.zeros(1, 2, 1, 28, 28)).shape
    torch.Size([1, 2, 49, 16])
    """

    def __init__(self, image_shape: tuple[int, int, int], code_dim: int, nets: CodeNets = USUAL) -> None:
        channels, height, width = image_shape
        sizes = map_sizes(height, width, nets.map_side)
        layers: list[nn.Module] = []
        for (height, width), channels_out in zip(sizes, nets.widths(len(sizes) - 1), strict=False):
            padding = (nets.padding(height), nets.padding(width))
            layers += [Conv(channels, channels_out, nets.kernel, padding), nn.ReLU()]
            channels = channels_out
        layers[-1:] = [*_residual_blocks(channels, nets), nn.ReLU()]
        layers += [Conv(channels, nets.codes_a_position * code_dim, 1, (0, 0), stride=1)]
        super().__init__(*layers, ToPositions(code_dim))
        height, width = sizes[-1]
        self.map_shape = (height, width * nets.codes_a_position)


class ConvCodeDecoder(nn.Sequential):
    """The mirror of :class:`ConvCodeEncoder`.

    Parameters
    ----------
    code_dim : int
        D.
    image_shape : tuple of int
        (channels, H, W).
    nets : CodeNets
        The sizes.

    Notes
    -----
    Input (K, B, h w G, D), output (K, B, channels, H, W).

    Examples
    --------
    >>> import torch
    >>> ConvCodeDecoder(16, (3, 32, 32))(torch.zeros(1, 2, 64, 16)).shape
    torch.Size([1, 2, 3, 32, 32])
    """

    def __init__(self, code_dim: int, image_shape: tuple[int, int, int], nets: CodeNets = USUAL) -> None:
        channels_out, height, width = image_shape
        sizes = map_sizes(height, width, nets.map_side)
        widths = nets.widths(len(sizes) - 1)
        layers: list[nn.Module] = [
            ToMap(sizes[-1]),
            Conv(nets.codes_a_position * code_dim, widths[-1], 1, (0, 0), stride=1),
            *_residual_blocks(widths[-1], nets),
        ]
        for stage in reversed(range(len(widths))):
            channels = widths[stage - 1] if stage else channels_out
            height, width = sizes[stage]
            padding = (nets.padding(height), nets.padding(width))
            missing = (nets.missing(height), nets.missing(width))
            layers += [nn.ReLU(), ConvTranspose(widths[stage], channels, nets.kernel, padding, missing)]
        super().__init__(*layers)


def _residual_blocks(channels: int, nets: CodeNets) -> list[nn.Module]:
    return [ResidualBlock(channels, nets.residual_channels) for _ in range(nets.residual_blocks)]


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
