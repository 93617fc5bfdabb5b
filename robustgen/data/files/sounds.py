"""A folder of sounds: WAV by scipy, other formats by soundfile where it is installed."""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._declared import Signals
from robustgen._extras import optional
from robustgen._files import shown
from robustgen.data.files.file_rows import FileRows, each_read, files_below
from robustgen.data.files.row_options import AS_THEY_ARE, RowOptions
from robustgen.data.reading import reading

WAV = ".wav"
OTHERS = (".flac", ".ogg", ".oga", ".aiff", ".aif")
"""What soundfile reads; ``pip install 'robustgen[audio]'``."""
ENDINGS = (WAV, *OTHERS)
HIGHEST_RATE = 10_000_000
"""Points a second of a file that is no damaged one."""


class Sound(NamedTuple):
    """A sound as it is asked for.

    Attributes
    ----------
    wave : ndarray of float32, (C, T)
        In [-1, 1].
    rate : int
        Points a second.
    sha256 : str
        The hash of its file.
    """

    wave: NDArray[np.float32]
    rate: int
    sha256: str


def read_sounds(folder: str | Path, options: RowOptions = AS_THEY_ARE) -> FileRows:
    """Read every sound of a folder and its sub-folders.

    Parameters
    ----------
    folder : str or Path
        Holds ``.wav``, ``.flac``, ``.ogg`` or ``.aiff`` files.
    options : RowOptions
        How they are read: ``rate``, ``seconds``, ``mono`` and ``skip_unreadable`` count.

    Returns
    -------
    FileRows
        The waves as :class:`robustgen.Signals` with their rate.

    Raises
    ------
    UsageError
        If there is no sound, one cannot be read or is shorter than ``seconds``, soundfile is missing for
        its format, or it has another rate, length or number of channels than the first (it is named).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from scipy.io import wavfile
    >>> with TemporaryDirectory() as folder:
    ...     for name, rate in (("a.wav", 8000), ("b.wav", 16000)):
    ...         wavfile.write(Path(folder, name), rate, np.zeros(rate // 20, dtype=np.int16))
    ...     sounds = read_sounds(folder, RowOptions(rate=8000))
    >>> sounds.X.shape, sounds.X.rate
    ((2, 1, 400), 8000)
    """
    folder = Path(folder)
    paths = files_below(folder, "sound", ENDINGS)
    if any(path.suffix.lower() in OTHERS for path in paths):
        optional("soundfile", "a sound that is no WAV")
    skipped: list[str] = []
    read = partial(_as_asked, options=options)
    sounds = dict(each_read(paths, read, skipped if options.skip_unreadable else None))
    if not sounds:
        raise UsageError(f"no sound of '{shown(folder)}' can be read; the first: {skipped[0]}")
    _expect_alike(sounds)
    rate, hashes = next(iter(sounds.values())).rate, tuple(sound.sha256 for sound in sounds.values())
    with reading(folder, "folder of sounds"):
        X = Signals(np.stack([sound.wave for sound in sounds.values()]), rate)
    return FileRows(folder, X, tuple(sounds), hashes, tuple(skipped))


def _expect_alike(sounds: dict[Path, Sound]) -> None:
    (first, like), *others = sounds.items()
    shortest = min(sound.wave.shape[1] / sound.rate for sound in sounds.values())
    for path, sound in others:
        for of, unit, remedy in (
            (lambda one: one.rate, "points a second", f"resample them (--rate {like.rate})"),
            (lambda one: len(one.wave), "channels", "average them (--mono)"),
            (lambda one: one.wave.shape[1], "points", f"cut them (--seconds {shortest:.6g})"),
        ):
            if of(sound) != of(like):
                raise UsageError(
                    f"'{shown(path)}' has {of(sound)} {unit}, but '{shown(first)}' has {of(like)}: "
                    f"all sounds must be alike; {remedy}"
                )


def _as_asked(path: Path, options: RowOptions) -> Sound:
    """Read a sound, average its channels, resample it and cut it, as far as that is asked."""
    with reading(path, "sound"):
        content = path.read_bytes()
        rate, wave = _decoded(path, content)
        if not wave.size or not 0 < rate <= HIGHEST_RATE:
            raise UsageError(f"'{shown(path)}' holds no sound: {wave.shape[1]} points, {rate} a second")
        if options.mono:
            wave = wave.mean(axis=0, keepdims=True)
        if options.rate not in (None, rate):
            rate, wave = options.rate, _resampled(wave, rate, options.rate)
    if options.seconds is not None:
        wave = _cut(path, wave, rate, options.seconds)
    return Sound(wave, rate, hashlib.sha256(content).hexdigest())


def _cut(path: Path, wave: NDArray[np.float32], rate: int, seconds: float) -> NDArray[np.float32]:
    n_points = max(1, round(seconds * rate))
    if wave.shape[1] < n_points:
        raise UsageError(
            f"'{shown(path)}' has {wave.shape[1] / rate:.6g} seconds, expected {seconds:g}: take fewer of "
            "each (--seconds), or pass over what is shorter (--skip-unreadable)"
        )
    return wave[:, :n_points]


def _resampled(wave: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    from scipy.signal import resample_poly

    common = math.gcd(rate, wanted)
    return np.asarray(resample_poly(wave, wanted // common, rate // common, axis=1), dtype=np.float32)


def _decoded(path: Path, content: bytes) -> tuple[int, NDArray[np.float32]]:
    """Return points a second, and the wave (C, T) in [-1, 1]."""
    if path.suffix.lower() == WAV:
        return _wav(content)
    read = optional("soundfile", "a sound that is no WAV").read
    wave, rate = read(io.BytesIO(content), dtype="float32", always_2d=True)
    return int(rate), wave.T


def _wav(content: bytes) -> tuple[int, NDArray[np.float32]]:
    from scipy.io import wavfile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that hold no sound
        rate, wave = wavfile.read(io.BytesIO(content))
    channels = np.atleast_2d(wave.T)
    if channels.dtype.kind == "f":
        return int(rate), channels.astype(np.float32)
    middle = 128 if channels.dtype.kind == "u" else 0  # 8 bits are without a sign
    full = 2.0 ** (8 * channels.dtype.itemsize - 1)
    return int(rate), ((channels.astype(np.float64) - middle) / full).astype(np.float32)
