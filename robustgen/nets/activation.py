"""One activation throughout a net, chosen by the range of its data."""

from __future__ import annotations

from torch import nn

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
