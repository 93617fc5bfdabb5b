"""Dense nets of K members."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from robustgen.nets.activation import ACTIVATIONS
from robustgen.nets.linear import Linear
from robustgen.nets.normalization import normalization_layers


class MLP(nn.Sequential):
    r"""Multilayer perceptron :math:`x_{l+1} = \mathrm{norm}(\sigma(x_l W_l + b_l))`.

    Parameters
    ----------
    dims : sequence of int
        Widths from input to output; two at least.
    activation : str
        Name in :data:`robustgen.nets.activation.ACTIVATIONS`, after every layer but the last.
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
