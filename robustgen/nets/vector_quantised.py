"""The vector-quantised autoencoder, of whatever quantizer."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.draws import Generators
from robustgen.nets.mlp import BatchNorm
from robustgen.nets.quantizers.base import Quantized
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

    Attributes
    ----------
    strength : torch.Tensor
        (K, 1): 1 quantises, 0 lets the latent through as it is. A buffer, so that a moving
        average of the net follows it.
    """

    bottleneck: Q
    strength: Tensor

    def __init__(
        self, encoder: nn.Module, quantizer: Q, decoder: nn.Module, *, code_dim: int | None = None
    ) -> None:
        super().__init__(encoder, quantizer, decoder)
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
        with torch.autocast(z.device.type, enabled=False):  # half precision would merge near codes
            z = z if z.dtype == torch.float64 else z.float()
            quantised = self.quantizer(z, generators, **options)
        strength = self.strength[..., None, None]
        return quantised._replace(latent=torch.where(strength > 0, quantised.latent, z))

    def latent(self, x: Tensor) -> Tensor:
        """Return the mean code (K, B, D) over a row's positions."""
        return self.quantise(self.positions(x)).latent.mean(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.quantise(self.positions(x)).latent)
