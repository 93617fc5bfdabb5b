"""The vector-quantised autoencoder, of whatever quantizer."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.draws import Generators
from robustgen.nets.mlp import BatchNorm
from robustgen.nets.quantizers.base import Quantized, without_autocast
from robustgen.nets.quantizers.codebook import Quantizer

Q = TypeVar("Q", bound=Quantizer)


class VectorQuantisedNet(AutoencoderNet, Generic[Q]):
    r"""Encoder :math:`z = E(x)`, quantizer :math:`z_q = q(z)`, decoder :math:`\tilde x = D(z_q)`.

    Parameters
    ----------
    encoder : torch.nn.Module
        (K, B, ...) to (K, B, P, D).
    quantizer : Quantizer
        See :mod:`robustgen.nets.quantizers`.
    decoder : torch.nn.Module
        (K, B, P, D) to the shape of the input.
    code_dim : int or None
        D where the latent is to be normalised by batch before it is quantised; ``None``
        leaves it as it is.
    n_labels : int
        L, labels of rows that the decoder is told behind each code: it takes (K, B, P, D + L) then.

    Attributes
    ----------
    strength : torch.Tensor
        (K, 1): 1 quantises, 0 lets the latent through as it is. A buffer, so that a moving
        average of the net follows it.
    """

    bottleneck: Q
    strength: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        quantizer: Q,
        decoder: nn.Module,
        *,
        code_dim: int | None = None,
        n_labels: int = 0,
    ) -> None:
        super().__init__(encoder, quantizer, decoder)
        self.n_labels = n_labels
        self.normalization = None if code_dim is None else BatchNorm(code_dim)
        self.register_buffer("strength", torch.ones(1, 1))

    @property
    def quantizer(self) -> Q:
        """The bottleneck, by the name that it has in this family."""
        return self.bottleneck

    def positions(self, x: Tensor) -> Tensor:
        """Return the latent (K, B, P, D) before it is quantised."""
        z = self.encoder(x)
        return z if self.normalization is None else self.normalization(z.mT).mT

    def quantise(self, z: Tensor, generators: Generators | None = None, **options: Any) -> Quantized:
        """Quantise a latent (K, B, P, D); while the quantizer is bypassed the latent stays as it is."""
        with without_autocast(z.device):
            z = z if z.dtype == torch.float64 else z.float()
            quantised = self.quantizer(z, generators, **options)
        strength = self.strength[..., None, None]
        return quantised._replace(latent=torch.where(strength > 0, quantised.latent, z))

    def latent(self, x: Tensor) -> Tensor:
        """Return the mean code (K, B, D) over a row's positions."""
        return self.quantise(self.positions(x)).latent.mean(2)

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return what the decoder makes of a latent (K, B, P, D), given labels (K, B), -1 for none."""
        return self.decoder(z if self.n_labels == 0 else labelled(z, labels, self.n_labels))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.decode(self.quantise(self.positions(x)).latent, labels)


def labelled(z: Tensor, labels: Tensor | None, n_labels: int) -> Tensor:
    """Put the label of each row behind each of its codes: 1 at its place, and 0 everywhere for none.

    Parameters
    ----------
    z : torch.Tensor
        (K, B, P, D).
    labels : torch.Tensor of int or None
        (K, B), -1 for none; ``None`` gives none to all.
    n_labels : int
        L.

    Returns
    -------
    torch.Tensor
        (K, B, P, D + L).

    Examples
    --------
    >>> labelled(torch.tensor([[[[7.0]], [[8.0]]]]), torch.tensor([[1, -1]]), 2)[0, :, 0]
    tensor([[7., 0., 1.],
            [8., 0., 0.]])
    """
    if labels is None:
        labels = torch.full(z.shape[:2], -1, device=z.device)
    marks = (labels[..., None] == torch.arange(n_labels, device=z.device)).to(z)
    return torch.cat([z, marks[:, :, None].expand(*z.shape[:3], n_labels)], dim=-1)
