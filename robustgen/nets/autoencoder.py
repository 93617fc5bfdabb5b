"""The autoencoder, of whatever parts."""

from __future__ import annotations

from torch import Tensor, nn


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
