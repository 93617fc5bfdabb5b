"""A folder of sounds: WAV of every depth is the same wave, and what is unlike is named."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from robustgen import Signals
from robustgen._checks import UsageError
from robustgen.data.files import RowOptions, read_folder
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
    assert read_sounds(tmp_path, RowOptions(seconds=0.05)).X.shape == (2, 1, 400)


def test_sounds_of_several_rates_and_channels_are_made_alike_where_that_is_asked(tmp_path):
    write(tmp_path / "a.wav")
    fine = 0.5 * np.sin(np.arange(1600) / 18)
    write(tmp_path / "b.wav", np.stack([fine + 0.1, fine - 0.1], axis=1), 16000)
    sounds = read_sounds(tmp_path, RowOptions(rate=8000, mono=True))
    assert sounds.X.shape == (2, 1, 800)
    assert sounds.X.rate == sounds.X[:1].rate == 8000
    np.testing.assert_allclose(sounds.X[1, 0, 50:-50], sounds.X[0, 0, 50:-50], atol=0.01)


@pytest.mark.parametrize(
    ("other", "rate", "message"),
    [
        (WAVE[:700], 8000, r"b.wav' has 700 points, but .*a.wav' has 800: .* \(--seconds 0.0875\)"),
        (WAVE, 16000, r"b.wav' has 16000 points a second, but .* has 8000: .* \(--rate 8000\)"),
        (np.stack([WAVE, WAVE], axis=1), 8000, r"b.wav' has 2 channels, but .* has 1: .* \(--mono\)"),
    ],
    ids=["length", "rate", "channels"],
)
def test_a_sound_that_is_unlike_the_first_is_named_with_the_remedy(other, rate, message, tmp_path):
    write(tmp_path / "a.wav")
    write(tmp_path / "b.wav", other, rate)
    with pytest.raises(UsageError, match=message):
        read_sounds(tmp_path)


def test_what_is_no_sound_is_refused_in_one_line(tmp_path):
    with pytest.raises(UsageError, match="holds no sound"):
        read_sounds(tmp_path)
    (tmp_path / "a.wav").write_bytes(b"RIFFnonsense")
    with pytest.raises(UsageError, match=r"a.wav' is not a readable sound"):
        read_sounds(tmp_path)
    with pytest.raises(UsageError, match=r"no sound of .* can be read; the first: .*a.wav"):
        read_sounds(tmp_path, RowOptions(skip_unreadable=True))
    wavfile.write(tmp_path / "a.wav", 0, WAVE)
    with pytest.raises(UsageError, match=r"a.wav' holds no sound: 800 points, 0 a second"):
        read_sounds(tmp_path)


def test_what_cannot_be_read_or_is_too_short_is_passed_over_on_request_and_named(tmp_path):
    write(tmp_path / "a.wav")
    write(tmp_path / "b.wav", WAVE[:300])
    (tmp_path / "c.wav").write_bytes(b"RIFFnonsense")
    with pytest.raises(UsageError, match=r"b.wav' has 0.0375 seconds, expected 0.1"):
        read_sounds(tmp_path, RowOptions(seconds=0.1))
    sounds = read_sounds(tmp_path, RowOptions(seconds=0.1, skip_unreadable=True))
    assert [path.name for path in sounds.paths] == ["a.wav"]
    assert ["b.wav" in sounds.skipped[0], "c.wav" in sounds.skipped[1]] == [True, True]


def test_a_folder_of_images_and_sounds_is_refused(tmp_path):
    write(tmp_path / "a.wav")
    (tmp_path / "b.png").touch()
    with pytest.raises(UsageError, match=r"holds images and sounds \('b.png', 'a.wav'\)"):
        read_folder(tmp_path)


def test_other_formats_need_soundfile_and_say_so(tmp_path, monkeypatch):
    write(tmp_path / "a.wav")
    (tmp_path / "b.flac").touch()
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(UsageError, match=r"robustgen\[audio\]"):
        read_sounds(tmp_path, RowOptions(skip_unreadable=True))


def test_flac_is_the_same_wave(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "a.flac", WAVE, 8000)
    write(tmp_path / "b.wav")
    sounds = read_sounds(tmp_path)
    assert sounds.X.rate == 8000
    np.testing.assert_allclose(sounds.X[0, 0], WAVE, atol=1e-4)
