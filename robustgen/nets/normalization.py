"""Normalisation between layers: the frozen affine map of RSRAE's code, and real batch norm."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class Affine(nn.Module):
    r"""Trainable affine map :math:`\gamma x / \sqrt{1 + 10^{-3}} + \beta` of each channel.

    It is batch normalisation whose statistics stay at mean 0 and variance 1: what the
    layers of that name compute in the code of RSRAE's authors.

    Parameters
    ----------
    channels : int
        Size of the axis after the batch axis.

    Notes
    -----
    Input and output (K, B, channels) or (K, B, channels, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1, channels))
        self.beta = nn.Parameter(torch.zeros(1, channels))

    def forward(self, x: Tensor) -> Tensor:
        shape = (len(x), 1, -1, *(1 for _ in x.shape[3:]))
        return x * (self.gamma / math.sqrt(1 + 1e-3)).view(shape) + self.beta.view(shape)


class BatchNorm(nn.Module):
    r"""Batch normalisation :math:`\gamma (x - \mu_B) / \sigma_B + \beta`, by each member's own statistics.

    Parameters
    ----------
    channels : int
        Size of the axis after the batch axis.
    momentum : float in (0, 1]
        Weight of a new batch in the running statistics.

    Notes
    -----
    Input and output (K, B, channels) or (K, B, channels, H, W). In evaluation the running
    statistics serve; so they do for a batch of a single row, which has no variance.

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization", ICML 2015, algorithm 1.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, *, momentum: float = 0.1) -> None:
        super().__init__()
        self.momentum = momentum
        self.gamma = nn.Parameter(torch.ones(1, channels))
        self.beta = nn.Parameter(torch.zeros(1, channels))
        self.register_buffer("running_mean", torch.zeros(1, channels))
        self.register_buffer("running_var", torch.ones(1, channels))

    def forward(self, x: Tensor) -> Tensor:
        folded = x.transpose(0, 1).flatten(1, 2)  # members beside channels: (B, K * channels, ...)
        normed = functional.batch_norm(
            folded,
            self.running_mean.view(-1),
            self.running_var.view(-1),
            self.gamma.view(-1),
            self.beta.view(-1),
            training=self.training and x.shape[1] > 1,
            momentum=self.momentum,
        )
        return normed.unflatten(1, (len(x), -1)).transpose(0, 1)


NORMALIZATIONS: dict[str | None, type[nn.Module]] = {
    "affine": Affine,
    "batch": BatchNorm,
}


def normalization_layers(name: str | None, channels: int) -> list[nn.Module]:
    """Return the layers that a normalisation adds after an activation: one, or none for ``None``."""
    return [] if name is None else [NORMALIZATIONS[name](channels)]
