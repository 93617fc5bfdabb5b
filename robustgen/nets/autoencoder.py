"""The autoencoder, of whatever parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from robustgen.nets.conv import ConvDecoder, ConvEncoder
from robustgen.nets.mlp import MLP, Linear
from robustgen.nets.strided import StridedDecoder, StridedEncoder

ENCODERS: dict[int, type[Any]] = {2: StridedEncoder, 3: ConvEncoder, 4: StridedEncoder}
DECODERS: dict[int, type[Any]] = {2: StridedDecoder, 3: ConvDecoder, 4: StridedDecoder}
"""By the axes of a row: signals (C, T), images (C, H, W), clips (C, T, H, W)."""


def encoder_for(
    row_shape: tuple[int, ...],
    hidden_dims: Sequence[int],
    *,
    activation: str = "leaky_relu",
    normalization: str | None = None,
) -> ConvEncoder | StridedEncoder | MLP:
    """Return the encoder of rows of a shape, an activation after its last layer too.

    Parameters
    ----------
    row_shape : tuple of int
        (d,) for vectors, (C, H, W) for images, (C, T) for signals, (C, T, H, W) for clips.
    hidden_dims : sequence of int
        Widths of the dense layers; images take :class:`robustgen.nets.conv.ConvEncoder`, signals and
        clips :class:`robustgen.nets.strided.StridedEncoder`.
    activation, normalization
        As in :class:`robustgen.nets.mlp.MLP`.

    Examples
    --------
    >>> encoder_for((30,), (32, 64)).out_features, encoder_for((1, 28, 28), ()).out_features
    (64, 1152)
    """
    if len(row_shape) > 1:
        return ENCODERS[len(row_shape)](row_shape, activation=activation, normalization=normalization)
    dims = [row_shape[0], *hidden_dims]
    return MLP(dims, activation=activation, output_activation=activation, normalization=normalization)


def decoder_for(
    latent_dim: int,
    row_shape: tuple[int, ...],
    hidden_dims: Sequence[int],
    *,
    activation: str = "leaky_relu",
    normalization: str | None = None,
    output_activation: str = "identity",
) -> ConvDecoder | StridedDecoder | MLP:
    """Return the mirror of :func:`encoder_for`, from codes to rows.

    Parameters
    ----------
    latent_dim : int
        d, the length of a code.
    row_shape, hidden_dims, activation, normalization
        As in :func:`encoder_for`.
    output_activation : str
        After the last layer.
    """
    if len(row_shape) > 1:
        return DECODERS[len(row_shape)](
            latent_dim,
            row_shape,
            activation=activation,
            normalization=normalization,
            output_activation=output_activation,
        )
    return MLP(
        [latent_dim, *reversed(hidden_dims), row_shape[0]],
        activation=activation,
        normalization=normalization,
        output_activation=output_activation,
    )


class AutoencoderNet(nn.Module):
    r"""Encoder :math:`z = E(x)`, bottleneck :math:`\tilde z = B(z)`, decoder :math:`\tilde x = D(\tilde z)`.

    Parameters
    ----------
    encoder : torch.nn.Module
        (K, B, ...) to (K, B, D).
    bottleneck : torch.nn.Module
        (K, B, D) to the latent code (K, B, d).
    decoder : torch.nn.Module
        (K, B, d) to the shape of the input.
    """

    def __init__(self, encoder: nn.Module, bottleneck: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.bottleneck = bottleneck
        self.decoder = decoder

    def latent(self, x: Tensor) -> Tensor:
        """Return the code (K, B, d) of a batch."""
        return self.bottleneck(self.encoder(x))

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.latent(x))


def plain_latent_dim(row_shape: tuple[int, ...]) -> int:
    """Return a third of the columns, at least 2 and at most 10; 10 for images, signals and clips.

    Examples
    --------
    >>> plain_latent_dim((21,)), plain_latent_dim((1, 28, 28))
    (7, 10)
    """
    return 10 if len(row_shape) > 1 else min(10, max(2, row_shape[0] // 3))


def plain_autoencoder(
    row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
) -> AutoencoderNet:
    """Return an MLP and its mirror, or the convolutional net for all but vectors, with one member.

    Parameters
    ----------
    row_shape : tuple of int
        (d,), (C, H, W) for images, (C, T) for signals, or (C, T, H, W) for clips.
    hidden_dims : tuple of int
        Widths of the encoder's hidden layers; all but vectors have their own.
    latent_dim : int
        The width of the bottleneck.

    Returns
    -------
    AutoencoderNet
        The net, on the CPU.

    Examples
    --------
    >>> import torch
    >>> plain_autoencoder((30,), (64, 32), 10)(torch.zeros(1, 7, 30)).shape
    torch.Size([1, 7, 30])
    """
    if len(row_shape) > 1:
        encoder = encoder_for(row_shape, ())
        bottleneck = Linear(encoder.out_features, latent_dim)
        return AutoencoderNet(encoder, bottleneck, decoder_for(latent_dim, row_shape, ()))
    dims = [row_shape[0], *hidden_dims, latent_dim]
    return AutoencoderNet(MLP(dims), nn.Identity(), MLP(dims[::-1]))
