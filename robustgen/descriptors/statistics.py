"""A signal by its statistics: level, spread, shape of the values, steps, memory and bands."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from robustgen.descriptors.roots import root
from robustgen.descriptors.spectrum import log_spectrum

LAGS = (1, 2, 4, 8, 16, 32)
"""Of the autocorrelation, those below half the signal."""
N_BANDS = 8
FLOOR = 1e-3
"""Added to a deviation before its logarithm, in standard units."""
FROZEN = 1e-3
"""The largest step that is none, over the deviation of the signal."""
CORRELATED = 8
"""Channels, the first ones, whose correlations are taken."""


def statistics(signals: Tensor) -> Tensor:
    r"""Return up to 25 statistics of each channel, and the correlations of the channels.

    Of the values: mean, log deviation, skewness, log kurtosis, crest factor (largest :math:`|z|`, z the
    values in units of their own deviation), log range, share of changes of sign, drift (the mean of the
    second half minus that of the first). Of the steps from point to point: log deviation, log of the largest,
    share of those that are none. The autocorrelations at lags 1, 2, 4, ..., 32, and the log spectrum
    (:func:`robustgen.descriptors.spectrum.log_spectrum`) in 8 bands. The correlations are those between the
    first 8 channels.

    Parameters
    ----------
    signals : Tensor, (B, C, T)
        Signals in standard units, of two points at least.

    Returns
    -------
    Tensor, (B, D)
        Finite, of a constant signal too.

    References
    ----------
    Randall and Antoni, "Rolling Element Bearing Diagnostics: A Tutorial", Mech. Syst. Signal Process. 25
    (2011), for kurtosis and crest factor as signs of impulses.

    Examples
    --------
    >>> statistics(torch.zeros(4, 1, 256)).shape, statistics(torch.zeros(4, 3, 256)).shape
    (torch.Size([4, 25]), torch.Size([4, 78]))
    """
    mean, deviation = signals.mean(-1, keepdim=True), signals.std(-1, correction=0, keepdim=True)
    z = (signals - mean) / torch.where(deviation > FLOOR * FROZEN, deviation, 1)
    values = [mean[..., 0], _log(deviation[..., 0]), *_shape(z), _log(signals.amax(-1) - signals.amin(-1))]
    columns = [*values, *_steps(signals, deviation), *_autocorrelations(z)]
    return torch.cat([torch.stack(columns, -1).flatten(1), *_bands(signals), *_correlations(z)], dim=1)


def _log(spread: Tensor) -> Tensor:
    return (spread + FLOOR).log()


def _shape(z: Tensor) -> list[Tensor]:
    half = z.shape[-1] // 2
    crossings = (z[..., 1:].sign() * z[..., :-1].sign() < 0).to(z).mean(-1)
    drift = z[..., half:].mean(-1) - z[..., :half].mean(-1)
    return [z.pow(3).mean(-1), z.pow(4).mean(-1).log1p(), z.abs().amax(-1), crossings, drift]


def _steps(signals: Tensor, deviation: Tensor) -> list[Tensor]:
    steps = signals.diff(dim=-1)
    frozen = (steps.abs() <= FROZEN * deviation).to(signals).mean(-1)
    return [_log(root(steps.square().mean(-1))), _log(steps.abs().amax(-1)), frozen]


def _autocorrelations(z: Tensor) -> list[Tensor]:
    return [(z[..., lag:] * z[..., :-lag]).mean(-1) for lag in LAGS if 2 * lag <= z.shape[-1]]


def _bands(signals: Tensor) -> list[Tensor]:
    spectrum = log_spectrum(signals).unflatten(1, (signals.shape[1], -1))
    bands = spectrum.tensor_split(min(N_BANDS, spectrum.shape[-1]), dim=-1)
    return [band.mean(-1) for band in bands]


def _correlations(z: Tensor) -> list[Tensor]:
    pairs = combinations(range(min(CORRELATED, z.shape[1])), 2)
    return [(z[:, one] * z[:, other]).mean(-1, keepdim=True) for one, other in pairs]
