"""Forms by a template: the form of an image that overlaps most with the mean of all."""

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
