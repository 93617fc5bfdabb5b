"""The log spectrogram of a signal: its power by frequency and time, in decibels."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from robustgen._checks import UsageError

FLOOR = 1e-10
FRAMES = 64
"""About so many, where the window is left open."""
WINDOWS = (16, 1024)


def power_spectrogram(signals: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return the power of signals (..., T) by frequency and time, (..., window // 2 + 1, F).

    Hann windows cover each other half; a sine of amplitude 1 has about a quarter at its frequency.

    Raises
    ------
    UsageError
        When the window is longer than the signals.
    """
    n_points = signals.shape[-1]
    if not 2 <= window <= n_points:
        raise UsageError(f"got window={window} of {n_points} points, expected 2 to {n_points}")
    taper = np.hanning(window + 1)[:-1]
    frames = sliding_window_view(signals, window, axis=-1)[..., :: window // 2, :]
    return np.square(np.abs(np.fft.rfft(frames * taper) / taper.sum())).swapaxes(-1, -2)


def log_spectrogram(signals: NDArray[np.float64], window: int | None = None) -> NDArray[np.float64]:
    """Return ten times the decimal logarithm of the power of signals by frequency and time.

    Parameters
    ----------
    signals : array, (..., T)
        The signals, of two points at least.
    window : int or None
        Points of a Hann window, at most T; the next one begins half a window later. ``None`` takes a power
        of two from 16 to 1024 that makes about 64 of them.

    Returns
    -------
    ndarray, (..., window // 2 + 1, F)
        From frequency 0 to half the points a second; at least -100.

    Raises
    ------
    UsageError
        When the window is longer than the signals.

    Examples
    --------
    >>> log_spectrogram(np.sin(np.pi / 4 * np.arange(2048))).shape
    (33, 63)
    """
    return 10 * np.log10(power_spectrogram(signals, window or _window(signals.shape[-1])) + FLOOR)


def _window(n_points: int) -> int:
    fitting = 1 << max(1, (2 * n_points // FRAMES).bit_length() - 1)
    return min(max(WINDOWS[0], min(fitting, WINDOWS[1])), n_points)
