"""The robust-subspace-recovery layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from robustgen.nets.autoencoder import AutoencoderNet


class RSRLayer(nn.Module):
    r"""Linear map :math:`\tilde z = A z` from the encoder's space to a d-dimensional subspace.

    :mod:`robustgen.objectives.subspace` draws :math:`A^\top A` towards the orthogonal projector on the
    subspace of the inliers; from its start it does not come to be one.

    Parameters
    ----------
    in_features : int
        D, the length of the encoder's code.
    latent_dim : int
        d, the dimension of the subspace; :math:`d \le D`.

    Notes
    -----
    Input (K, B, D), output (K, B, d). :math:`A` starts with standard normal entries and has no
    bias.

    References
    ----------
    Lai, Zou and Lerman, "Robust Subspace Recovery Layer for Unsupervised Anomaly Detection",
    ICLR 2020, section 3.

    Examples
    --------
    >>> RSRLayer(32, 10)(torch.zeros(1, 4, 32)).shape
    torch.Size([1, 4, 10])
    """

    def __init__(self, in_features: int, latent_dim: int) -> None:
        super().__init__()
        self.A = nn.Parameter(torch.randn(1, latent_dim, in_features))

    def forward(self, z: Tensor) -> Tensor:
        return torch.bmm(z, self.A.mT)


class RSRNet(AutoencoderNet):
    r"""Autoencoder whose bottleneck is an :class:`RSRLayer`; its decoder sees codes on the unit sphere.

    Parameters
    ----------
    encoder : torch.nn.Module
        (K, B, ...) to (K, B, D).
    bottleneck : RSRLayer
        (K, B, D) to (K, B, d).
    decoder : torch.nn.Module
        (K, B, d) to the shape of the input.
    """

    bottleneck: RSRLayer

    def __init__(self, encoder: nn.Module, bottleneck: RSRLayer, decoder: nn.Module) -> None:
        super().__init__(encoder, bottleneck, nn.Sequential(UnitSphere(), decoder))


class UnitSphere(nn.Module):
    r"""Projection :math:`z / \lVert z \rVert_2` of each row on the unit sphere.

    Notes
    -----
    Input and output (K, B, d). A row of zeros stays where it is.
    """

    def forward(self, z: Tensor) -> Tensor:
        return functional.normalize(z, dim=-1, eps=1e-12)
