"""The critic of the Wasserstein-1 distance."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

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
        Name in :data:`robustgen.nets.activation.ACTIVATIONS`.

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
