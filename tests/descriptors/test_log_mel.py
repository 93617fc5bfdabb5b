"""The log-mel spectrogram: a tone lights its own band, and its power is that of the wave."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen._checks import UsageError
from robustgen.descriptors.log_mel import log_mel, mel_filters

RATE = 8000


def tone(frequency: float, height: float = 1.0) -> np.ndarray:
    return height * np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE)[None, None]


@pytest.mark.parametrize("frequency", [250.0, 1000.0, 3000.0])
def test_a_tone_lights_the_band_that_holds_it(frequency):
    filters = mel_filters(40, 513, RATE)
    expected = filters[:, round(frequency / (RATE / 2) * 512)].argmax()
    assert (np.abs(log_mel(tone(frequency), RATE, n_mels=40)[0, 0].argmax(0) - expected) <= 1).all()


def test_ten_times_the_wave_is_twenty_decibels():
    louder, soft = (log_mel(tone(1000, height), RATE)[0, 0].max(0) for height in (1.0, 0.1))
    np.testing.assert_allclose(louder - soft, 20, atol=0.01)


def test_filters_overlap_to_one_between_the_outermost():
    filters, frequencies = mel_filters(20, 1025, RATE), np.linspace(0, RATE / 2, 1025)
    peaks = frequencies[filters.argmax(1)]
    between = (frequencies > peaks[0]) & (frequencies < peaks[-1])
    np.testing.assert_allclose(filters.sum(0)[between], 1, atol=0.1)


def test_silence_is_finite_and_a_window_longer_than_the_sound_is_refused():
    assert np.isfinite(log_mel(np.zeros((1, 2, 2048)), RATE)).all()
    with pytest.raises(UsageError, match="got window=1024 of 100 points"):
        log_mel(np.zeros((1, 1, 100)), RATE)
