"""The autoencoder whose encoder gives a distribution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from robustgen.nets.autoencoder import AutoencoderNet, decoder_for, encoder_for
from robustgen.nets.mixture import GaussianMixture, GaussianMixtureHead, MixtureShape
from robustgen.nets.mlp import MLP


class Critic(nn.Module):
    r"""A scalar function :math:`f(z)`, kept 1-Lipschitz by its training.

    Parameters
    ----------
    in_features : int
        d, the length of a latent code.
    hidden_dims : sequence of int
        Widths between.
    activation : str
        Name in :data:`robustgen.nets.mlp.ACTIVATIONS`.

    Notes
    -----
    Input (K, B, d), output (K, B). See :mod:`robustgen.objectives.wasserstein`.
    """

    def __init__(
        self, in_features: int, *, hidden_dims: Sequence[int] = (32, 64, 128), activation: str = "leaky_relu"
    ) -> None:
        super().__init__()
        self.net = MLP([in_features, *hidden_dims, 1], activation=activation)

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z).squeeze(-1)


class VariationalNet(AutoencoderNet):
    r"""Encoder and head :math:`q(z|x)`, decoder :math:`D(z)`.

    As an autoencoder it is deterministic: the code is the mean of the inlier component.

    Parameters
    ----------
    encoder : torch.nn.Module
        (K, B, ...) to features (K, B, D).
    head : GaussianMixtureHead
        Features to a mixture of Gaussians.
    decoder : torch.nn.Module
        Codes (K, B, d) to the shape of the input.
    draws : int
        Codes that stand for a row's inlier component; 0 for its mean. Their noise is drawn once,
        here, and is the same for every row: what a row gets does not depend on the rows beside
        it, nor on how often it is asked for.

    References
    ----------
    Kingma and Welling, "Auto-Encoding Variational Bayes", ICLR 2014,
    https://arxiv.org/abs/1312.6114.
    """

    bottleneck: GaussianMixtureHead
    noise: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        head: GaussianMixtureHead,
        decoder: nn.Module,
        draws: int = 0,
    ) -> None:
        super().__init__(encoder, head, decoder)
        self.register_buffer("noise", torch.randn(1, draws, 2, head.A.shape[-1]))

    def posterior(self, x: Tensor) -> GaussianMixture:
        """Return the mixture :math:`q(z|x)` of each row of a batch."""
        return self.bottleneck.posterior(self.encoder(x))

    def inlier_codes(self, x: Tensor) -> Iterator[Tensor]:
        """Yield codes (K, B, d) of the inlier component: its mean, or one draw after the other."""
        if not self.noise.shape[1]:
            yield self.latent(x)
            return
        posterior = self.posterior(x)
        inlier = torch.zeros(x.shape[:2], dtype=torch.long, device=x.device)
        for noise in self.noise.unbind(1):
            yield posterior.draw(inlier, noise[:, None].expand(-1, x.shape[1], -1, -1))


class CriticisedNet(VariationalNet):
    """A variational net with the critic of its training.

    Parameters
    ----------
    encoder, head, decoder, draws
        As in :class:`VariationalNet`.
    critic : Critic
        Codes (K, B, d) to scalars (K, B).
    """

    def __init__(
        self,
        encoder: nn.Module,
        head: GaussianMixtureHead,
        decoder: nn.Module,
        critic: Critic,
        draws: int = 0,
    ) -> None:
        super().__init__(encoder, head, decoder, draws)
        self.critic = critic


def variational_net(
    row_shape: tuple[int, ...],
    hidden_dims: Sequence[int],
    latent_dim: int,
    mixture: MixtureShape,
    *,
    critic: bool = False,
    draws: int = 0,
    activation: str = "leaky_relu",
    normalization: str | None = None,
    output_activation: str = "identity",
) -> VariationalNet:
    """Put a net together for rows of a shape, with one member.

    Parameters
    ----------
    row_shape : tuple of int
        (d,) for vectors, (C, H, W) for images.
    hidden_dims : sequence of int
        Widths of the encoder's dense layers, mirrored in the decoder; not for images.
    latent_dim : int
        The dimension of the codes.
    mixture : MixtureShape
        Components of the codes' distribution.
    critic : bool
        Whether there is a critic.
    draws : int
        See :class:`VariationalNet`.
    activation, normalization, output_activation
        As in :class:`robustgen.nets.mlp.MLP`. The critic keeps its own.

    Examples
    --------
    >>> net = variational_net((30,), (32, 64), 2, MixtureShape((1.0,), (2,), 1.0))
    >>> net(torch.zeros(1, 7, 30)).shape
    torch.Size([1, 7, 30])
    """
    encoder = encoder_for(row_shape, hidden_dims, activation=activation, normalization=normalization)
    head = GaussianMixtureHead(encoder.out_features, latent_dim, mixture)
    decoder = decoder_for(
        latent_dim,
        row_shape,
        hidden_dims,
        activation=activation,
        normalization=normalization,
        output_activation=output_activation,
    )
    if critic:
        return CriticisedNet(encoder, head, decoder, Critic(latent_dim), draws)
    return VariationalNet(encoder, head, decoder, draws)
