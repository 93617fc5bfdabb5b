"""An image as one vector: its pixels, its edges and its textures, each with the same say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from robustgen._storable import storable
from robustgen.descriptors.gradients import gradient_histograms
from robustgen.descriptors.thumbnail import thumbnail, thumbnail_shape
from robustgen.descriptors.wavelets import wavelet_energies

FINE, COARSE = 8, 4
"""Cells a side."""
CONSTANT = 1e-6
"""The largest spread that is rounding, over the length of a look."""


def looks(images: Tensor) -> tuple[Tensor, ...]:
    """Return each look at images (B, C, H, W) as vectors (B, ...), from thumbnails of at most 32 x 32 pixels.

    They are the pixels, the wavelets' energies on a grid of 4 x 4 cells, and the directions of edges on grids
    of 8 x 8 and of 4 x 4 cells.

    Examples
    --------
    >>> [look.shape[1] for look in looks(torch.zeros(1, 1, 28, 28))]
    [784, 256, 768, 192]
    """
    small = thumbnail(images)
    return (
        small.flatten(1),
        wavelet_energies(small, COARSE),
        gradient_histograms(small, FINE),
        gradient_histograms(small, COARSE),
    )


def described_width(image_shape: tuple[int, ...]) -> int:
    """Return D, the length of the vector of an image (C, H, W).

    Examples
    --------
    >>> described_width((1, 28, 28)), described_width((3, 480, 640))
    (2000, 4288)
    """
    return sum(look.shape[1] for look in looks(torch.zeros(1, *thumbnail_shape(image_shape))))


@storable
@dataclass(frozen=True)
class Description:
    """The looks at an image side by side, each divided by its spread over the training images.

    Attributes
    ----------
    spreads : Tensor, (4,)
        Of each look the square root of its total variance, 1 where it is constant.
    """

    spreads: Tensor

    def __call__(self, images: Tensor) -> Tensor:
        """Return the vectors (B, D) of images (B, C, H, W)."""
        spreads = self.spreads.to(images).unbind()
        return torch.cat([look / spread for look, spread in zip(looks(images), spreads, strict=True)], dim=1)


def fit_description(blocks: Iterable[Tensor]) -> Description:
    """Learn the spread of each look from images, a block (B, C, H, W) at a time.

    Examples
    --------
    >>> images = torch.eye(6).view(4, 1, 3, 3)
    >>> fit_description([images])(images).var(0, correction=0).sum()
    tensor(4.0000)
    """
    seen = [looks(block) for block in blocks]
    return Description(torch.stack([_spread(torch.cat(look)) for look in zip(*seen, strict=True)]))


def _spread(look: Tensor) -> Tensor:
    spread = look.var(0, correction=0).sum().sqrt()
    length = look.square().sum(1).mean().sqrt()
    return torch.where(spread > CONSTANT * length, spread, 1)
