"""What each place of an image looks like: oscillations by direction and scale, and the mean colour."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from robustgen.descriptors.wavelets import wavelet_energies

CELL = 4
"""Pixels a side of a cell."""


def texture_maps(images: Tensor) -> Tensor:
    """Return a map of local texture and colour, averaged over 3 x 3 cells.

    The channels are the logarithms of the wavelets' energies
    (:func:`robustgen.descriptors.wavelets.wavelet_energies`) and the mean of each channel of the image.

    Parameters
    ----------
    images : Tensor, (B, C, H, W)
        The images, their channels standardised.

    Returns
    -------
    Tensor, (B, 16 + C, s, s)
        s is the shorter side over 4, at least 1.

    Examples
    --------
    >>> texture_maps(torch.zeros(2, 3, 32, 40)).shape
    torch.Size([2, 19, 8, 8])
    """
    side = max(1, min(images.shape[2:]) // CELL)
    energies = wavelet_energies(images, side).unflatten(1, (-1, side, side))
    colours = functional.adaptive_avg_pool2d(images, side)
    return functional.avg_pool2d(
        torch.cat([energies, colours], dim=1), 3, stride=1, padding=1, count_include_pad=False
    )
