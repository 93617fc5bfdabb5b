"""Rows that are signals: declared, as images have the same shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError


class Signals(np.ndarray[Any, np.dtype[Any]]):
    """Rows that are signals of C channels and T points, declared so: images have the same shapes.

    ``Detector().fit(Signals(X))`` learns signals; the fitted detector takes plain arrays for them.

    Parameters
    ----------
    values : array, (n, C, T) or (n, T)
        The signals, of one channel where there is no axis for them. An array or a memory map is not copied.

    Raises
    ------
    UsageError
        When the signals are of unequal length, or the array has other axes.

    Examples
    --------
    >>> Signals([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]).shape
    (2, 1, 3)
    >>> type(Signals(np.zeros((9, 2, 64)))[:4]).__name__
    'Signals'
    """

    def __new__(cls, values: Any) -> Signals:
        """Take the values as signals."""
        array = _as_array(values)
        with_channels = array[:, None] if array.ndim == 2 else array
        if with_channels.ndim != 3 or not all(with_channels.shape[1:]):
            raise UsageError(
                f"got an array of shape {array.shape}, expected signals (n, T), or (n, C, T) of C channels"
            )
        return with_channels.view(cls)


def _as_array(values: Any) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError:
        lengths = sorted({np.shape(value)[-1:] or (0,) for value in values})
        raise UsageError(
            f"got signals of unequal shapes, lengths {lengths[0][0]} to {lengths[-1][0]}, expected T points "
            "in each: cut or pad them, or slide over them with SeriesDetector"
        ) from None
