"""The log-mel spectrogram of a sound: an image of what is heard, frequency by time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from robustgen.descriptors.spectrogram import FLOOR, power_spectrogram

BLOCK_POINTS = 2**22


def mel_filters(n_mels: int, n_bins: int, rate: float) -> NDArray[np.float64]:
    r"""Return triangular filters, evenly spaced in mel, each of height 1.

    .. math:: m(f) = 2595 \log_{10}(1 + f / 700)

    Parameters
    ----------
    n_mels : int
        Filters.
    n_bins : int
        Frequencies from 0 to half the rate.
    rate : float
        Points a second.

    Returns
    -------
    ndarray, (n_mels, n_bins)
        The weights.

    References
    ----------
    O'Shaughnessy, "Speech Communication" (1987), p. 150, for the scale.

    Examples
    --------
    >>> mel_filters(3, 257, 8000).sum(1).round()
    array([36., 57., 92.])
    """
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, n_mels + 2) / 2595) - 1)
    frequencies = np.linspace(0, rate / 2, n_bins)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    return np.maximum(0, np.minimum(rising, falling))


def log_mel(
    signals: NDArray[np.float64], rate: float, n_mels: int = 64, window: int = 1024
) -> NDArray[np.float32]:
    """Return the log-mel spectrograms of sounds, as images.

    Parameters
    ----------
    signals : array, (n, C, T)
        The waves, in [-1, 1].
    rate : float
        Points a second.
    n_mels : int
        Frequencies.
    window : int
        Points of a Hann window; the next one begins half a window later. At most T.

    Returns
    -------
    ndarray of float32, (n, C, n_mels, F)
        Ten times the decimal logarithm of the power: images that every detector takes.

    Raises
    ------
    UsageError
        When the window is longer than the sounds.

    Examples
    --------
    >>> log_mel(np.zeros((2, 1, 8000)), 8000).shape
    (2, 1, 64, 14)
    """
    waves = np.asarray(signals)
    return np.concatenate(list(_blocks(waves, rate, n_mels, window)))


def _blocks(
    waves: NDArray[np.float64], rate: float, n_mels: int, window: int
) -> Iterator[NDArray[np.float32]]:
    filters = mel_filters(n_mels, window // 2 + 1, rate)
    step = max(1, BLOCK_POINTS // waves[0].size)
    for start in range(0, len(waves), step):
        power = power_spectrogram(waves[start : start + step], window)
        yield (10 * np.log10(filters @ power + FLOOR)).astype(np.float32)
