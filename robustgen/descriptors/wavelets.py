"""The energy of an image by direction and scale, in the cells of a grid: first-order scattering."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from robustgen.descriptors.roots import root

N_DIRECTIONS = 8
SCALES = (0, 1)
SLANT = 0.5
"""Width of a wavelet along its waves over its width across them."""
LEAST_ENERGY = 0.03
"""Added before the logarithm, in standard deviations of the pixels."""


def wavelet_energies(images: Tensor, side: int) -> Tensor:
    r"""Return the logarithm of how strongly an image oscillates, by direction, scale and cell.

    .. math:: \log \big( \epsilon + \mathrm{mean}_{cell} \max_c | x_c \star \psi_{j, \theta} | \big)

    with :math:`\psi_{j, \theta}` the Morlet wavelets of eight directions and two scales, and c the
    channels. Small shifts and bends of the subject hardly change it.

    Parameters
    ----------
    images : Tensor, (B, C, H, W)
        The images, their channels standardised.
    side : int
        Cells a side of the grid.

    Returns
    -------
    Tensor, (B, 16 * side * side)
        The logarithms.

    References
    ----------
    Bruna and Mallat, "Invariant Scattering Convolution Networks", TPAMI 35 (2013), the coefficients
    of first order.

    Examples
    --------
    >>> wavelet_energies(torch.zeros(2, 3, 32, 32), 4).shape
    torch.Size([2, 256])
    """
    cells = [functional.adaptive_avg_pool2d(_modulus(images, scale), side) for scale in SCALES]
    return (torch.cat(cells, dim=1) + LEAST_ENERGY).log().flatten(1)


def _modulus(images: Tensor, scale: int) -> Tensor:
    """Return the strongest channel's modulus (B, 8, H, W) of the wavelets of a scale."""
    wavelets = morlet_wavelets(scale).to(images)
    radius = wavelets.shape[-1] // 2
    padded = functional.pad(images, (radius,) * 4, mode="replicate")
    waves = functional.conv2d(padded.flatten(0, 1)[:, None], wavelets)
    squares = waves.unflatten(0, images.shape[:2]).unflatten(2, (N_DIRECTIONS, 2)).square().sum(3)
    return root(squares.amax(1))


@lru_cache
def morlet_wavelets(scale: int) -> Tensor:
    r"""Return the real and imaginary parts of the wavelets of a scale, direction by direction.

    .. math:: \psi(u) \propto e^{-|u|_\theta^2 / (2 \sigma^2)} (e^{i \xi u_1} - \beta), \qquad
              \sigma = 0.8 \cdot 2^j, \ \xi = \tfrac{3 \pi}{4} 2^{-j}

    with :math:`\beta` such that the mean of each is 0: a flat image has no energy.

    Parameters
    ----------
    scale : int
        j, 0 or more.

    Returns
    -------
    Tensor of float64, (16, 1, 2 r + 1, 2 r + 1)
        Two for each of the eight directions; :math:`r = 2 \cdot 2^j`.
    """
    sigma, frequency, radius = 0.8 * 2**scale, 3 * math.pi / 4 / 2**scale, 2 * 2**scale
    steps = torch.arange(-radius, radius + 1, dtype=torch.float64)
    down, across = torch.meshgrid(steps, steps, indexing="ij")
    angles = torch.arange(N_DIRECTIONS, dtype=torch.float64)[:, None, None] * (math.pi / N_DIRECTIONS)
    along = across * angles.cos() + down * angles.sin()
    beside = down * angles.cos() - across * angles.sin()
    window = torch.exp(-(along.square() + (SLANT * beside).square()) / (2 * sigma**2))
    window = window / window.sum((1, 2), keepdim=True)
    cosine, sine = (frequency * along).cos(), (frequency * along).sin()
    flat = (window * cosine).sum((1, 2), keepdim=True)
    parts = torch.stack([window * (cosine - flat), window * sine], dim=1)
    return parts.flatten(0, 1)[:, None]
