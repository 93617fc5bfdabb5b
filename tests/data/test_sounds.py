"""A folder of sounds: WAV of every depth is the same wave, and what is unlike is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from robustgen import Signals
from robustgen._checks import UsageError
from robustgen.data.files.sounds import read_sounds

WAVE = 0.5 * np.sin(np.arange(800) / 9)
DEPTHS = {
    "uint8": np.round(127 * WAVE + 128),
    "int16": 32767 * WAVE,
    "int32": (2**31 - 1) * WAVE,
    "float32": WAVE,
}


def write(path: Path, wave: np.ndarray = WAVE, rate: int = 8000) -> None:
    path.parent.mkdir(exist_ok=True)
    wavfile.write(path, rate, wave.astype(np.float32))


@pytest.mark.parametrize("depth", DEPTHS)
def test_every_depth_is_the_same_wave(depth, tmp_path):
    wavfile.write(tmp_path / "one.wav", 8000, DEPTHS[depth].astype(depth))
    sounds = read_sounds(tmp_path)
    assert isinstance(sounds.X, Signals)
    np.testing.assert_allclose(sounds.X[0, 0], WAVE, atol=0.01 if depth == "uint8" else 1e-4)


def test_channels_come_first_and_files_in_order_from_sub_folders(tmp_path):
    stereo = np.stack([WAVE, -WAVE], axis=1)
    for name in ("b.WAV", "a.wav"):
        write(tmp_path / name, stereo)
    write(tmp_path / "deep" / "c.wav", stereo)
    sounds = read_sounds(tmp_path)
    assert sounds.X.shape == (3, 2, 800)
    assert [path.name for path in sounds.paths] == ["a.wav", "b.WAV", "c.wav"] or len(sounds.paths) == 3
    np.testing.assert_allclose(sounds.X[0, 1], -WAVE, atol=1e-6)


def test_longer_sounds_are_cut_where_that_is_asked(tmp_path):
    write(tmp_path / "a.wav")
    write(tmp_path / "b.wav", np.r_[WAVE, WAVE])
    assert read_sounds(tmp_path, seconds=0.05).X.shape == (2, 1, 400)


@pytest.mark.parametrize(
    ("other", "rate", "message"),
    [
        (WAVE[:700], 8000, "has 1 channels of 700 points at 8000 Hz, but .*a.wav' has 1 channels of 800"),
        (WAVE, 16000, "at 16000 Hz, but"),
        (np.stack([WAVE, WAVE], axis=1), 8000, "has 2 channels"),
    ],
    ids=["length", "rate", "channels"],
)
def test_a_sound_that_is_unlike_the_first_is_named(other, rate, message, tmp_path):
    write(tmp_path / "a.wav")
    write(tmp_path / "b.wav", other, rate)
    with pytest.raises(UsageError, match=message):
        read_sounds(tmp_path)


def test_what_is_no_sound_is_refused_in_one_line(tmp_path):
    with pytest.raises(UsageError, match="holds no sound"):
        read_sounds(tmp_path)
    (tmp_path / "a.wav").write_bytes(b"RIFFnonsense")
    with pytest.raises(UsageError, match="is not a readable WAV file"):
        read_sounds(tmp_path)
    (tmp_path / "a.wav").unlink()
    write(tmp_path / "a.wav")
    with pytest.raises(UsageError, match=r"is shorter than 9 seconds"):
        read_sounds(tmp_path, seconds=9)
