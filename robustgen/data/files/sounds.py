"""A folder of sounds: WAV by scipy, other formats by soundfile where it is installed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._extras import optional
from robustgen._files import shown
from robustgen._signals import Signals
from robustgen.data.reading import reading

WAV = (".wav",)
OTHERS = (".flac", ".ogg", ".oga", ".aiff", ".aif")
"""What soundfile reads; ``pip install 'robustgen[audio]'``."""


@dataclass(frozen=True, eq=False)
class SoundFolder:
    """The sounds of a folder.

    Attributes
    ----------
    X : Signals of float32, (n, C, T)
        The waves, in [-1, 1].
    rate : int
        Points a second.
    paths : tuple of Path (n,)
        The file of each sound, in alphabetical order.
    """

    X: Signals
    rate: int
    paths: tuple[Path, ...]


def read_sounds(folder: str | Path, seconds: float | None = None) -> SoundFolder:
    """Read every sound of a folder and its sub-folders.

    Parameters
    ----------
    folder : str or Path
        Holds ``.wav``, ``.flac``, ``.ogg`` or ``.aiff`` files.
    seconds : float or None
        How much of the beginning of each is taken; None takes all, where all are of one length.

    Returns
    -------
    SoundFolder
        The waves as :class:`robustgen.Signals`.

    Raises
    ------
    UsageError
        If there is no sound, one cannot be read, or one has another rate, number of channels or length than
        the first (it is named), or is shorter than ``seconds``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from scipy.io import wavfile
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("a.wav", "b.wav"):
    ...         wavfile.write(Path(folder, name), 8000, np.zeros(400, dtype=np.int16))
    ...     sounds = read_sounds(folder)
    >>> sounds.X.shape, sounds.rate
    ((2, 1, 400), 8000)
    """
    folder = Path(folder)
    paths = tuple(sorted(path for path in folder.rglob("*") if path.suffix.lower() in WAV + OTHERS))
    if not paths:
        raise UsageError(f"the folder '{shown(folder)}' holds no sound (of {', '.join(WAV + OTHERS)})")
    waves = []
    first: tuple[int, tuple[int, ...]] | None = None
    for path in paths:
        rate, wave = read_sound(path)
        cut = wave if seconds is None else wave[:, : round(seconds * rate)]
        first = first or (rate, cut.shape)
        _expect_like(path, (rate, cut.shape), paths[0], first)
        waves.append(cut)
    assert first is not None
    if seconds is not None and first[1][1] < round(seconds * first[0]):
        raise UsageError(f"'{shown(paths[0])}' is shorter than {seconds} seconds: take fewer")
    return SoundFolder(Signals(np.stack(waves)), first[0], paths)


def _expect_like(
    path: Path, given: tuple[int, tuple[int, ...]], other: Path, first: tuple[int, tuple[int, ...]]
) -> None:
    if given != first:
        raise UsageError(
            f"'{shown(path)}' has {_worded(given)}, but '{shown(other)}' has {_worded(first)}: "
            "all sounds must be alike; cut them (seconds=), or convert them"
        )


def _worded(kind: tuple[int, tuple[int, ...]]) -> str:
    rate, (channels, points) = kind
    return f"{channels} channels of {points} points at {rate} Hz"


def read_sound(path: Path) -> tuple[int, NDArray[np.float32]]:
    """Return rate and wave (C, T), in [-1, 1], of a file.

    Raises
    ------
    UsageError
        If it cannot be read, or soundfile is missing for its format.
    """
    if path.suffix.lower() in WAV:
        return _wav(path)
    with reading(path, "sound"):
        wave, rate = optional("soundfile", "a sound that is no WAV").read(
            path, dtype="float32", always_2d=True
        )
    return int(rate), wave.T


def _wav(path: Path) -> tuple[int, NDArray[np.float32]]:
    from scipy.io import wavfile

    with reading(path, "WAV file"), warnings.catch_warnings():
        warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that hold no sound
        rate, wave = wavfile.read(path)
    channels = np.atleast_2d(wave.T)
    if not channels.size:
        raise UsageError(f"'{shown(path)}' holds no sound")
    if channels.dtype.kind == "f":
        return int(rate), channels.astype(np.float32)
    middle = 128 if channels.dtype.kind == "u" else 0  # 8 bits are without a sign
    full = 2.0 ** (8 * channels.dtype.itemsize - 1)
    return int(rate), ((channels.astype(np.float64) - middle) / full).astype(np.float32)
