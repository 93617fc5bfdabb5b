"""The directions of edges, counted in the cells of a grid."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from robustgen.descriptors.roots import root

N_DIRECTIONS = 12
SELECTIVITY = 4
"""The power of the cosine by which an edge counts for the directions beside its own."""
CONTRAST = 0.15
"""The edge strength below which a neighbourhood counts as empty, in standard deviations of the pixels."""


def gradient_histograms(images: Tensor, side: int) -> Tensor:
    r"""Return how strong edges of each direction are in each cell, relative to the cells around.

    With g the gradient of the channel in which it is longest, :math:`u_k` the unit vector of direction k
    and :math:`h_k` the mean over a cell of

    .. math:: \lVert g \rVert \max(0, \cos \angle(g, u_k))^4 ,

    the description is :math:`h_k / \sqrt{\bar e + \epsilon^2}`, with :math:`\bar e` the mean of
    :math:`\sum_k h_k^2` over the cell and its neighbours: the light on a scene does not matter.

    Parameters
    ----------
    images : Tensor, (B, C, H, W)
        The images, their channels standardised.
    side : int
        Cells a side of the grid.

    Returns
    -------
    Tensor, (B, 12 * side * side)
        The histograms.

    References
    ----------
    Dalal and Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005; with signed
    directions, smooth bins and one normalisation a cell.

    Examples
    --------
    >>> step = torch.zeros(1, 1, 8, 8)
    >>> step[..., 4:] = 1
    >>> gradient_histograms(step, 1).argmax()
    tensor(0)
    """
    across, down = _strongest(*_gradients(images))
    length = root(across.square() + down.square())
    angles = torch.arange(N_DIRECTIONS).to(images)[:, None, None] * (2 * math.pi / N_DIRECTIONS)
    cosines = (across * angles.cos() + down * angles.sin()) / length.clamp_min(1e-9)
    edges = length * cosines.clamp_min(0) ** SELECTIVITY
    cells = functional.adaptive_avg_pool2d(edges, side)
    energy = cells.square().sum(1, keepdim=True)
    around = functional.avg_pool2d(energy, 3, stride=1, padding=1, count_include_pad=False)
    return (cells / (around + CONTRAST**2).sqrt()).flatten(1)


def _gradients(images: Tensor) -> tuple[Tensor, Tensor]:
    padded = functional.pad(images, (1, 1, 1, 1), mode="replicate")
    across = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    down = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    return across, down


def _strongest(across: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradient (B, 1, H, W) of each pixel's strongest channel."""
    channel = (across.square() + down.square()).argmax(1, keepdim=True)
    return across.gather(1, channel), down.gather(1, channel)
