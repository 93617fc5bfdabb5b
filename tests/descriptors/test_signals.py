"""Descriptions of signals: scipy's own Welch, what does not change them, and what must."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal, stats

from robustgen.descriptors.spectrum import FLOOR, log_spectrum
from robustgen.descriptors.statistics import LAGS, statistics

DESCRIPTIONS = {"spectrum": log_spectrum, "statistics": statistics}
OF_VALUES = {"mean": 0, "skewness": 2, "kurtosis": 3, "crest": 4, "drift": 6, "frozen": 10}
LAG_1 = 11


def waves(n_signals: int = 6, channels: int = 2, n_points: int = 256) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n_signals, channels, n_points, generator=generator, dtype=torch.float64).cumsum(-1) / 9


def column(x: torch.Tensor, place: int) -> torch.Tensor:
    return statistics(x)[:, place]


def test_the_spectrum_is_scipys_welch_in_bands():
    x = waves(channels=1)
    _, density = signal.welch(x[:, 0].numpy(), nperseg=128)
    doubled = density[:, 1:] / np.where(np.arange(1, 65) < 64, 2, 1)  # a density of one side, but at Nyquist
    np.testing.assert_allclose(log_spectrum(x).numpy(), np.log(doubled + FLOOR), rtol=1e-9)


def test_white_noise_has_the_power_1():
    noise = torch.randn(400, 1, 512, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    power = log_spectrum(noise).exp().mean(0)
    torch.testing.assert_close(power, torch.ones_like(power), atol=0.15, rtol=0)


@pytest.mark.parametrize("change", [lambda x: x + 3, lambda x: -x])
def test_the_spectrum_is_blind_to_level_and_sign(change):
    torch.testing.assert_close(log_spectrum(change(waves())), log_spectrum(waves()))


def test_the_spectrum_of_a_tone_is_hardly_moved_by_its_phase():
    time = torch.arange(512, dtype=torch.float64)
    tones = torch.stack([(0.3 * time + phase).sin() for phase in (0.0, 1.0, 2.0)])[:, None]
    spectra = log_spectrum(tones)
    assert (spectra.argmax(1) == spectra[0].argmax()).all()
    torch.testing.assert_close(spectra.amax(1), spectra.amax(1)[:1].expand(3), atol=0.01, rtol=0)


@pytest.mark.parametrize("name", ["skewness", "kurtosis", "crest", "drift"])
def test_the_shape_of_the_values_is_blind_to_level_and_size(name):
    x = waves(channels=1)
    torch.testing.assert_close(column(5 * x + 3, OF_VALUES[name]), column(x, OF_VALUES[name]))


def test_moments_are_scipys():
    x = waves(channels=1)
    values = x[:, 0].numpy()
    np.testing.assert_allclose(column(x, OF_VALUES["skewness"]), stats.skew(values, axis=1))
    np.testing.assert_allclose(
        column(x, OF_VALUES["kurtosis"]), np.log1p(stats.kurtosis(values, axis=1, fisher=False))
    )


def test_impulses_raise_kurtosis_and_crest_factor():
    calm, struck = waves(channels=1), waves(channels=1)
    struck[:, 0, 100] += 20
    for name in ("kurtosis", "crest"):
        assert (column(struck, OF_VALUES[name]) > column(calm, OF_VALUES[name]) + 0.5).all()


def test_a_frozen_half_is_counted():
    x = waves(channels=1)
    x[..., 128:] = x[..., 128:129]
    assert (column(x, OF_VALUES["frozen"]) >= 127 / 255).all()
    assert (column(waves(channels=1), OF_VALUES["frozen"]) < 0.02).all()


def test_the_autocorrelation_of_a_period_is_nearly_1():
    time = torch.arange(256, dtype=torch.float64)
    tone = (2 * torch.pi * time / 8).sin().view(1, 1, -1)
    found = statistics(tone)[0, LAG_1 : LAG_1 + len(LAGS)]
    assert found[LAGS.index(8)] > 0.95
    assert found[LAGS.index(4)] < -0.95


def test_channels_are_described_apart_and_by_their_correlation():
    x = waves()
    x[:, 1] = -2 * x[:, 0]
    torch.testing.assert_close(log_spectrum(x)[:, :64], log_spectrum(x[:, :1]))
    torch.testing.assert_close(statistics(x)[:, -1], -torch.ones(6, dtype=torch.float64))


@pytest.mark.parametrize("describe", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
@pytest.mark.parametrize("n_points", [2, 3, 9, 16, 100])
def test_descriptions_are_finite_and_the_same_again(describe, n_points):
    signals = torch.cat(
        [waves(4, 2, n_points), torch.zeros(1, 2, n_points), torch.full((1, 2, n_points), 1e3)]
    )
    described = describe(signals)
    assert described.isfinite().all()
    assert torch.equal(describe(signals), described)
    torch.testing.assert_close(describe(signals[2:3]), described[2:3])
