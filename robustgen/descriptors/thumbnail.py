"""Images at the size at which their subject can be told."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen.descriptors.pooling import pooled, pooled_shape

SIDE = 32
"""Pixels a side, at most."""
BLOCK_IMAGES = 256


def thumbnail_shape(image_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape (C, H', W') of the thumbnail of an image (C, H, W).

    Examples
    --------
    >>> thumbnail_shape((3, 480, 24))
    (3, 32, 24)
    """
    return pooled_shape(image_shape, SIDE)


def thumbnail(images: Tensor) -> Tensor:
    """Return images averaged down to at most 32 x 32 pixels; smaller ones stay as they are.

    Parameters
    ----------
    images : Tensor, (B, C, H, W)
        The images.

    Returns
    -------
    Tensor, (B, C, H', W')
        The thumbnails; each pixel is the mean over its part of the image.

    Examples
    --------
    >>> thumbnail(torch.ones(2, 3, 480, 24)).shape
    torch.Size([2, 3, 32, 24])
    """
    return pooled(images, SIDE)


def thumbnails(X: NDArray) -> NDArray:
    """Return an array of images (n, C, H, W) as thumbnails; X itself where the images are small already.

    Examples
    --------
    >>> thumbnails(np.full((2, 3, 480, 24), 7, dtype=np.uint8)).shape
    (2, 3, 32, 24)
    """
    if X.shape[1:] == thumbnail_shape(X.shape[1:]):
        return X
    blocks = (X[start : start + BLOCK_IMAGES] for start in range(0, len(X), BLOCK_IMAGES))
    return np.concatenate([thumbnail(torch.from_numpy(block.astype(np.float32))).numpy() for block in blocks])
