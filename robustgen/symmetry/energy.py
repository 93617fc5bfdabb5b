r"""Forms by the energy of an image: its centre in the middle, its skewness positive.

The energy is :math:`E = |x|^2 / \lVert x \rVert^2`, which no phase changes, and its moments along an axis
of N pixels are :math:`\hat E_j = \sum_k E(k) e^{2 \pi i j k / N}`, k counted from the middle pixel N // 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen.symmetry.forms import TIE, Forms, distinct_forms, unit


class Template:
    r"""The reference that is an image t, which the best form overlaps with most.

    It is the form :math:`gx` with the largest :math:`|\langle t, gx \rangle|`, or real part of it where
    phases are not in the group. The x with :math:`\langle t, x \rangle \ge |\langle t, gx \rangle|` for
    all g are a convex cone.

    Parameters
    ----------
    image : ndarray, (C, H, W)
        t.
    """

    def __init__(self, image: NDArray[Any]) -> None:
        self.image = unit(image[None])[0]

    def best_forms(self, images: NDArray[Any], symmetries: Sequence[str]) -> Forms:
        """Return the forms of each image (n, C, H, W) with the largest product, all that are tied."""
        normed = unit(images)
        flipped = np.roll(normed[:, :, ::-1, ::-1].conj(), 1, axis=(2, 3))
        spectrum = np.fft.fft2(np.stack([normed, flipped], axis=1)).conj()
        products = np.fft.ifft2((np.fft.fft2(self.image) * spectrum).sum(axis=2))
        overlap = np.abs(products) if "phase" in symmetries else products.real
        overlap = np.where(distinct_forms(images, symmetries), overlap, -np.inf)
        return Forms(*np.nonzero(overlap >= overlap.max(axis=(1, 2, 3), keepdims=True) - TIE))

    def products(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return the product (n,) with t of images (n, C, H, W), and 0 where rounding decides it."""
        products = (unit(images) * self.image.conj()).sum(axis=(1, 2, 3))
        return np.where(np.abs(products) <= TIE, 0, products)


Moments = NDArray[np.complex128]


class Energy:
    """The reference that needs no data."""

    def best_forms(self, images: NDArray[Any], symmetries: Sequence[str]) -> Forms:
        """Return the forms of each image (n, C, H, W) that are centred and skew, all that are tied."""
        energy = (np.abs(unit(images)) ** 2).sum(axis=1)
        rows, columns = energy.sum(axis=2), energy.sum(axis=1)
        best = distinct_forms(images, symmetries)
        if "shift" in symmetries:
            best &= _centred(rows)[:, :, :, None] & _centred(columns)[:, :, None, :]
        if "flip" in symmetries:
            best &= _skew(rows, columns)[:, :, None, None]
        return Forms(*np.nonzero(best))

    def products(self, images: NDArray[Any]) -> NDArray[Any]:
        """Return the sum (n,) of the entries of images (n, C, H, W), and 0 where rounding decides it."""
        normed = unit(images)
        sums = normed.sum(axis=(1, 2, 3))
        return np.where(np.abs(sums) <= TIE * np.abs(normed).sum(axis=(1, 2, 3)), 0, sums)


def _angles(length: int) -> NDArray[np.float64]:
    """Return the angle of each place on a circle of so many, the middle one at 0."""
    return 2 * np.pi * (np.arange(length) - length // 2) / length


def _moments(profile: NDArray[np.float64], order: int) -> Moments:
    """Return a circular moment (n,) of energies (n, N) along an axis."""
    moments: Moments = profile @ np.exp(1j * order * _angles(profile.shape[1]))
    return moments


def _centred(profile: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which shifts (n, 2, N), of the image and its flip, put the energy's centre nearest the middle."""
    length = profile.shape[1]
    first = _moments(profile, 1)
    # The flip takes place k to -k: an angle a to -a, and on by twice the angle of place 0.
    centres = np.stack([first, first.conj() * np.exp(2j * _angles(length)[0])], axis=1)
    nearness = (centres[:, :, None] * np.exp(2j * np.pi * np.arange(length) / length)).real
    best: NDArray[np.bool_] = nearness >= nearness.max(axis=2, keepdims=True) - TIE
    return best


def _skew(*profiles: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which of the image and its flip (n, 2) has the positive skewness."""
    skewness = sum((_moments(one, 1) ** 2 * _moments(one, 2).conj()).imag for one in profiles)
    return np.stack([skewness >= -TIE, skewness <= TIE], axis=1)
