"""A row as a picture: an image as it is, a signal as its spectrogram, a clip as a strip of frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
