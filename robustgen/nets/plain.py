"""The net of the plain autoencoder, for vectors and for images."""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional

from robustgen.descriptors.thumbnail import thumbnail, thumbnail_shape
from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.conv import ConvDecoder, ConvEncoder
from robustgen.nets.linear import Linear
from robustgen.nets.mlp import MLP


def plain_latent_dim(row_shape: tuple[int, ...]) -> int:
    """Return a third of the columns, at least 2 and at most 10; 10 for images.

    Examples
    --------
    >>> plain_latent_dim((21,)), plain_latent_dim((1, 28, 28))
    (7, 10)
    """
    return 10 if len(row_shape) > 1 else min(10, max(2, row_shape[0] // 3))


def plain_autoencoder(
    row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
) -> AutoencoderNet:
    """Return an MLP and its mirror, or the convolutional net for images, with one member.

    Parameters
    ----------
    row_shape : tuple of int
        (d,), or (C, H, W) for images.
    hidden_dims : tuple of int
        Widths of the encoder's hidden layers; images have their own.
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
    if len(row_shape) == 3:
        encoder = ConvEncoder(row_shape)
        bottleneck = Linear(encoder.out_features, latent_dim)
        return AutoencoderNet(encoder, bottleneck, ConvDecoder(latent_dim, row_shape))
    dims = [row_shape[0], *hidden_dims, latent_dim]
    return AutoencoderNet(MLP(dims), nn.Identity(), MLP(dims[::-1]))


def thumbnail_autoencoder(
    image_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
) -> AutoencoderNet:
    """Return an MLP on the pixels of thumbnails and its mirror, with one member.

    Many members cost little on a CPU, and the size of the images nothing; convolutions cost far more.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    hidden_dims : tuple of int
        Widths of the encoder's hidden layers.
    latent_dim : int
        The width of the bottleneck.

    Returns
    -------
    AutoencoderNet
        The net, on the CPU.

    Examples
    --------
    >>> import torch
    >>> thumbnail_autoencoder((3, 40, 28), (64, 32), 10)(torch.zeros(1, 2, 3, 40, 28)).shape
    torch.Size([1, 2, 3, 40, 28])
    """
    small = thumbnail_shape(image_shape)
    dims = [math.prod(small), *hidden_dims, latent_dim]
    encoder = nn.Sequential(nn.Flatten(2), MLP(dims))
    decoder = nn.Sequential(MLP(dims[::-1]), nn.Unflatten(2, small))
    return ThumbnailAutoencoder(encoder, nn.Identity(), decoder)


class ThumbnailAutoencoder(AutoencoderNet):
    """An autoencoder of the thumbnails of images; reconstructions are as large as the images that come in.

    So it can be trained on thumbnails alone. See :mod:`robustgen.descriptors.thumbnail`.
    """

    def latent(self, x: Tensor) -> Tensor:
        """Return the code (K, B, d) of a batch."""
        return super().latent(thumbnail(x.flatten(0, 1)).unflatten(0, x.shape[:2]))

    def forward(self, x: Tensor) -> Tensor:
        small = super().forward(x).flatten(0, 1)
        large = functional.interpolate(small, x.shape[-2:], mode="bilinear", align_corners=False)
        return large.unflatten(0, x.shape[:2])
