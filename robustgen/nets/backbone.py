"""Encoder and decoder by the shape of a row: dense for vectors, convolutional for images."""

from __future__ import annotations

from collections.abc import Sequence

from robustgen.nets.conv import ConvDecoder, ConvEncoder
from robustgen.nets.mlp import MLP


def encoder_for(
    row_shape: tuple[int, ...],
    hidden_dims: Sequence[int],
    *,
    activation: str = "leaky_relu",
    normalization: str | None = None,
) -> ConvEncoder | MLP:
    """Return the encoder of rows of a shape, an activation after its last layer too.

    Parameters
    ----------
    row_shape : tuple of int
        (d,) for vectors, (C, H, W) for images.
    hidden_dims : sequence of int
        Widths of the dense layers; images take :class:`robustgen.nets.conv.ConvEncoder`.
    activation, normalization
        As in :class:`robustgen.nets.mlp.MLP`.

    Examples
    --------
    >>> encoder_for((30,), (32, 64)).out_features, encoder_for((1, 28, 28), ()).out_features
    (64, 1152)
    """
    if len(row_shape) == 3:
        return ConvEncoder(row_shape, activation=activation, normalization=normalization)
    dims = [row_shape[0], *hidden_dims]
    return MLP(dims, activation=activation, output_activation=activation, normalization=normalization)


def decoder_for(
    latent_dim: int,
    row_shape: tuple[int, ...],
    hidden_dims: Sequence[int],
    *,
    activation: str = "leaky_relu",
    normalization: str | None = None,
) -> ConvDecoder | MLP:
    """Return the mirror of :func:`encoder_for`, from codes to rows, its output linear.

    Parameters
    ----------
    latent_dim : int
        d, the length of a code.
    row_shape, hidden_dims, activation, normalization
        As in :func:`encoder_for`.
    """
    if len(row_shape) == 3:
        return ConvDecoder(latent_dim, row_shape, activation=activation, normalization=normalization)
    dims = [latent_dim, *reversed(hidden_dims), row_shape[0]]
    return MLP(dims, activation=activation, normalization=normalization)
