"""The log spectrum of a signal: what it sounds like, whatever its phase."""

from __future__ import annotations

import torch
from torch import Tensor

BANDS = 64
"""At most, of equal width."""
SHORTEST_SEGMENT = 8
FLOOR = 1e-6
"""Added to a power before its logarithm; white noise of deviation 1 has the power 1."""


def log_spectrum(signals: Tensor) -> Tensor:
    r"""Return the logarithm of the mean power of each channel in up to 64 bands, by Welch's method.

    .. math:: \ell_b = \log\Big(10^{-6} + \frac{1}{|b|} \sum_{k \in b} \frac{1}{M \lVert w \rVert^2}
        \sum_m \big| \mathrm{DFT}\{w (x_m - \bar x_m)\}_k \big|^2\Big)

    over M segments :math:`x_m`, each of half the signal or less (a power of two) and half covered by the
    next, in a Hann window w. The lowest frequency is left out. Neither a constant that is added to the signal
    nor its sign changes it, and a phase hardly does.

    Parameters
    ----------
    signals : Tensor, (B, C, T)
        Signals in standard units.

    Returns
    -------
    Tensor, (B, C * bands)
        Finite, of a constant signal too.

    References
    ----------
    Welch, "The Use of Fast Fourier Transform for the Estimation of Power Spectra", IEEE Trans. Audio
    Electroacoust. 15 (1967).

    Examples
    --------
    >>> log_spectrum(torch.zeros(2, 3, 512)).shape, log_spectrum(torch.zeros(2, 1, 5)).shape
    (torch.Size([2, 192]), torch.Size([2, 2]))
    """
    length = _segment_length(signals.shape[-1])
    segments = signals.unfold(-1, length, max(1, length // 2))
    window = torch.hann_window(length, dtype=signals.dtype, device=signals.device)
    centred = (segments - segments.mean(-1, keepdim=True)) * window
    power = torch.fft.rfft(centred).abs().square().mean(-2) / window.square().sum()
    bands = power[..., 1:].tensor_split(min(BANDS, power.shape[-1] - 1), dim=-1)
    means = torch.stack([band.mean(-1) for band in bands], dim=-1)
    return (means + FLOOR).log().flatten(1)


def _segment_length(n_points: int) -> int:
    """Return the largest power of two that is at most half the signal; the signal where that is short."""
    half = 1 << max(0, (n_points // 2).bit_length() - 1)
    return half if half >= SHORTEST_SEGMENT else n_points
