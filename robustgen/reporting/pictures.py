"""A row as a picture: an image as it is, a signal as its spectrogram, a clip as a strip of frames."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from robustgen.descriptors.spectrogram import log_spectrogram

RANGE = 80.0
"""Decibels below the loudest that are shown."""
MOST_FRAMES = 8


def picture_of(row: NDArray[Any], row_type: str) -> NDArray[Any]:
    """Return a row as an image (H, W) or (C, H, W).

    Parameters
    ----------
    row : array, (H, W), (C, H, W), (C, T) or (C, T, H, W)
        An image, a signal or a clip.
    row_type : {"images", "signals", "clips"}
        Which of them it is.

    Returns
    -------
    array
        The image; the log spectrogram of a signal, the mean over its channels, high frequencies above; up
        to 8 frames of a clip, side by side.

    Examples
    --------
    >>> picture_of(np.zeros((1, 2048)), "signals").shape, picture_of(np.zeros((1, 9, 6, 5)), "clips").shape
    ((33, 63), (1, 6, 40))
    """
    if row_type == "signals":
        decibels = log_spectrogram(np.asarray(row, dtype=float)).mean(axis=0)[::-1]
        return np.maximum(decibels, decibels.max() - RANGE)
    if row_type == "clips":
        shown = row[:, np.linspace(0, row.shape[1] - 1, min(MOST_FRAMES, row.shape[1])).astype(int)]
        return shown.swapaxes(1, 2).reshape(*shown.shape[::2], -1)
    return row


def drawn(image: NDArray[Any]) -> Image.Image:
    """Return an image (H, W) or (C, H, W), its values spread over the grey levels unless they are bytes.

    Three or four channels are colours, and of another number the first one is drawn.
    """
    pixels = image if image.dtype == np.uint8 else _levels(image)
    if pixels.ndim == 3:
        pixels = pixels[0] if len(pixels) not in (3, 4) else pixels[:3].transpose(1, 2, 0)
    return Image.fromarray(np.ascontiguousarray(pixels))


def _levels(image: NDArray[Any]) -> NDArray[np.uint8]:
    values = np.asarray(image, dtype=np.float64)
    lowest, highest = values.min(), values.max()
    return np.round(255 * (values - lowest) / max(highest - lowest, 1e-12)).astype(np.uint8)


def data_url(picture: Image.Image, kind: str, **options: Any) -> str:
    """Return a picture as a "png" or a "jpeg" in a data URL.

    Examples
    --------
    >>> data_url(drawn(np.eye(2)), "png")[:22]
    'data:image/png;base64,'
    """
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
