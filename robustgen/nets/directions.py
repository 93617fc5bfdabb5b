"""The mean directions of a von Mises-Fisher decoder."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Directions(nn.Module):
    """Bring the channels of each place to unit length.

    Notes
    -----
    Input and output (K, B, C, ...), of vectors (K, B, C).

    Examples
    --------
    >>> import torch
    >>> Directions()(torch.tensor([[[3.0, 4.0]]]))
    tensor([[[0.6000, 0.8000]]])
    """

    def forward(self, x: Tensor) -> Tensor:
        return functional.normalize(x, dim=2)
