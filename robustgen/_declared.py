"""Rows that are signals or clips: declared, as arrays of images have the same shapes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError


class Declared(np.ndarray[Any, np.dtype[Any]]):
    """Rows whose type is declared; parts of them are declared as they are.

    Attributes
    ----------
    row_type : str
        What rows are; see :func:`robustgen._rows.row_type`.
    axes : str
        The axes of an array of them, n first, then C.
    rate : int or None
        Points a second, where that is known: sounds have it.
    """

    row_type: ClassVar[str]
    axes: ClassVar[str]
    rate: int | None

    def __new__(cls, values: Any) -> Any:
        """Take the values as such rows, of one channel where there is no axis for channels."""
        array = _as_array(values)
        with_channels = array[:, None] if array.ndim == len(cls.axes) - 1 else array
        if with_channels.ndim != len(cls.axes) or not all(with_channels.shape[1:]):
            axes = ", ".join(cls.axes)
            raise UsageError(
                f"got an array of shape {array.shape}, expected {cls.row_type} ({axes.replace('C, ', '')}), "
                f"or ({axes}) of C channels"
            )
        return with_channels.view(cls)

    def __array_finalize__(self, whole: Any) -> None:
        self.rate = getattr(whole, "rate", None)


class Signals(Declared):
    """Rows that are signals of C channels and T points, declared so: images have the same shapes.

    ``Detector().fit(Signals(X))`` learns signals; the fitted detector takes plain arrays for them.

    Parameters
    ----------
    values : array, (n, C, T) or (n, T)
        The signals, of one channel where there is no axis for them. An array or a memory map is not copied.
    rate : int or None
        Points a second, where that is known: a fitted detector remembers it as ``rate_``.

    Raises
    ------
    UsageError
        When the signals are of unequal length, or the array has other axes.

    Examples
    --------
    >>> Signals([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]).shape
    (2, 1, 3)
    >>> part = Signals(np.zeros((9, 2, 64)), rate=8000)[:4]
    >>> type(part).__name__, part.rate
    ('Signals', 8000)
    """

    row_type = "signals"
    axes = "nCT"

    def __new__(cls, values: Any, rate: int | None = None) -> Signals:
        """Take the values as signals."""
        signals: Signals = super().__new__(cls, values)
        signals.rate = rate if rate is not None else getattr(values, "rate", None)
        return signals


class Clips(Declared):
    """Rows that are clips of T frames, H x W pixels in C channels, declared so.

    ``Detector().fit(Clips(X))`` learns clips; the fitted detector takes plain arrays for them.

    Parameters
    ----------
    values : array, (n, C, T, H, W) or (n, T, H, W)
        The clips, grey where there is no axis for channels. An array or a memory map is not copied.

    Raises
    ------
    UsageError
        When the clips are of unequal shapes, or the array has other axes.

    Examples
    --------
    >>> Clips(np.zeros((9, 10, 16, 16)))[:4].shape
    (4, 1, 10, 16, 16)
    """

    row_type = "clips"
    axes = "nCTHW"


DECLARED: dict[str, type[Declared]] = {"signals": Signals, "clips": Clips}
"""By the type of rows."""


def _as_array(values: Any) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError:
        lengths = sorted({np.shape(value)[-1:] or (0,) for value in values})
        raise UsageError(
            f"got rows of unequal shapes, lengths {lengths[0][0]} to {lengths[-1][0]}, expected equal ones: "
            "cut or pad them; SeriesDetector slides over series of any lengths"
        ) from None
