"""Dense nets of K members."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from robustgen._checks import check_choice
from robustgen._storable import storable
from robustgen.nets.replicas import Part, batch_sum, present_part

VARIANCE_FLOOR = 1e-5
"""What batch normalisation adds to a variance: torch's value."""


class Linear(nn.Module):
    r"""Affine map :math:`y = x W_k + b_k` of each member k, as one batched product.

    Parameters
    ----------
    in_features, out_features : int
        Widths, at least 1.
    bias : bool
        Whether :math:`b` is there.

    Notes
    -----
    Input (K, B, in), output (K, B, out). Weights start uniform on
    :math:`\pm 1/\sqrt{\text{in}}`, as in ``torch.nn.Linear``.

    Examples
    --------
    >>> Linear(3, 2)(torch.zeros(1, 5, 3)).shape
    torch.Size([1, 5, 2])
    """

    def __init__(self, in_features: int, out_features: int, *, bias: bool = True) -> None:
        super().__init__()
        bound = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(torch.empty(1, in_features, out_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(1, 1, out_features).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias, x, self.weight)


ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


def activation_for(low: float, high: float) -> str:
    """Choose the activation by the smallest and the largest value of the data.

    ReLU where the data is not negative, tanh where it stays in [-1, 1], leaky ReLU
    elsewhere, as in the code of RSRAE's authors.

    Examples
    --------
    >>> activation_for(0, 9), activation_for(-1, 1), activation_for(-3, 3)
    ('relu', 'tanh', 'leaky_relu')
    """
    if low >= 0:
        return "relu"
    return "tanh" if low >= -1 and high <= 1 else "leaky_relu"


@storable
@dataclass(frozen=True)
class Layers:
    """What the layers of a net have in common.

    Parameters
    ----------
    activation : str
        Name in :data:`robustgen.nets.mlp.ACTIVATIONS`, or "auto": ReLU where the scaled data is not
        negative, tanh where it stays in [-1, 1], leaky ReLU elsewhere.
    normalization : {"affine", "batch"} or None
        What follows each hidden activation: the trainable affine map that is called "batch
        normalisation" in the code of RSRAE's authors, real batch normalisation, or nothing.
    output_activation : str
        Of the decoder's last layer, by its name in :data:`robustgen.nets.mlp.ACTIVATIONS`. "sigmoid" is for
        rows that are scaled to [0, 1].

    Raises
    ------
    UsageError
        When a value is none of these.

    Examples
    --------
    >>> Layers("auto").activation_within(-1, 1)
    'tanh'
    """

    activation: str = "leaky_relu"
    normalization: str | None = None
    output_activation: str = "identity"

    def __post_init__(self) -> None:
        check_choice("activation", self.activation, ["auto", *ACTIVATIONS])
        check_choice("normalization", self.normalization, [*NORMALIZATIONS, None])
        check_choice("output_activation", self.output_activation, ACTIVATIONS)

    def activation_within(self, low: float, high: float) -> str:
        """Return the name of the activation.

        Parameters
        ----------
        low, high : float
            The smallest and the largest value of the scaled data.

        Returns
        -------
        str
            A name in ``ACTIVATIONS``.
        """
        return activation_for(low, high) if self.activation == "auto" else self.activation


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
        return torch.addcmul(self.beta.view(shape), x, self.gamma.view(shape), value=1 / math.sqrt(1 + 1e-3))


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
        part = present_part(x.shape[1])
        if self.training and 1 < part.n_rows != x.shape[1]:
            return self._normed_with_others(x, part)
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

    def _normed_with_others(self, x: Tensor, part: Part) -> Tensor:
        """Normalise the part of a batch by the statistics of all of it."""
        axes = [1, *range(3, x.ndim)]
        size = part.n_rows * math.prod(x.shape[3:])
        mean = batch_sum(x.sum(axes, keepdim=True)) / size
        variance = batch_sum((x - mean).square().sum(axes, keepdim=True)) / size
        with torch.no_grad():
            self.running_mean.lerp_(mean.view_as(self.running_mean), self.momentum)
            self.running_var.lerp_(variance.view_as(self.running_var) * size / (size - 1), self.momentum)
        gamma, beta = (values.view(mean.shape) for values in (self.gamma, self.beta))
        return (x - mean) * torch.rsqrt(variance + VARIANCE_FLOOR) * gamma + beta


NORMALIZATIONS: dict[str | None, type[nn.Module]] = {
    "affine": Affine,
    "batch": BatchNorm,
}


def normalization_layers(name: str | None, channels: int) -> list[nn.Module]:
    """Return the layers that a normalisation adds after an activation: one, or none for ``None``."""
    return [] if name is None else [NORMALIZATIONS[name](channels)]


class MLP(nn.Sequential):
    r"""Multilayer perceptron :math:`x_{l+1} = \mathrm{norm}(\sigma(x_l W_l + b_l))`.

    Parameters
    ----------
    dims : sequence of int
        Widths from input to output; two at least.
    activation : str
        Name in :data:`robustgen.nets.mlp.ACTIVATIONS`, after every layer but the last.
    output_activation : str
        The same, after the last layer.
    normalization : {"affine", "batch"} or None
        What follows each activation but the last.

    Attributes
    ----------
    out_features : int
        ``dims[-1]``.

    Notes
    -----
    Input (K, B, dims[0]), output (K, B, dims[-1]).

    Examples
    --------
    >>> import torch
    >>> MLP([30, 64, 10], activation="tanh")(torch.zeros(1, 7, 30)).shape
    torch.Size([1, 7, 10])
    """

    def __init__(
        self,
        dims: Sequence[int],
        *,
        activation: str = "leaky_relu",
        output_activation: str = "identity",
        normalization: str | None = None,
    ) -> None:
        layers: list[nn.Module] = []
        for width_in, width_out in pairwise(dims[:-1]):
            layers += [Linear(width_in, width_out), ACTIVATIONS[activation]()]
            layers += normalization_layers(normalization, width_out)
        super().__init__(*layers, Linear(dims[-2], dims[-1]), ACTIVATIONS[output_activation]())
        self.out_features = dims[-1]
