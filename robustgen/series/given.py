"""A series as it is given: an array, a DataFrame with a time, or a list of series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError


@dataclass(frozen=True)
class Series:
    """One series, checked.

    Attributes
    ----------
    values : ndarray of float64, (T, C)
        What was measured.
    times : sequence
        The time of each point: that of a DataFrame, else its number.
    channels : tuple of str or None
        The names of the channels, where a DataFrame has them.
    """

    values: NDArray[np.float64]
    times: Any
    channels: tuple[str, ...] | None


def all_series(X: Any, time: str | None = None) -> list[Series]:
    """Return each series of what is given.

    Parameters
    ----------
    X : array (T,) or (T, C), DataFrame, or list of them
        One series, or several of any lengths and the same channels.
    time : str or None
        The column of a DataFrame that holds the time; ``None`` takes its index.

    Raises
    ------
    UsageError
        When a series has another shape, holds text, NaN or infinity, or its time does not grow.

    Examples
    --------
    >>> [series.values.shape for series in all_series([np.zeros(9), np.zeros(5)])]
    [(9, 1), (5, 1)]
    """
    return [_one(part, time) for part in (X if is_several(X) else [X])]


def is_several(X: Any) -> bool:
    """Tell whether a list of series is given, and not one series."""
    return isinstance(X, list | tuple) and len(X) > 0 and np.ndim(X[0]) > 0


def _one(X: Any, time: str | None) -> Series:
    if not hasattr(X, "iloc"):
        values = _numbers(X, None)
        return Series(values, range(len(values)), None)
    if X.ndim == 1:
        X = X.to_frame()
    times, frame = _timed(X, time)
    channels = tuple(map(str, frame.columns))
    return Series(_numbers(frame, channels), times, channels)


def _timed(frame: Any, time: str | None) -> tuple[Any, Any]:
    if time is None:
        _expect_growing(frame.index, "the index")
        return frame.index, frame
    if time not in frame.columns:
        raise UsageError(f"got no column {time!r}, expected one with the time: name one of {list(frame)}")
    from pandas import DatetimeIndex, Index, to_datetime
    from pandas.api.types import is_numeric_dtype

    column = frame[time]
    try:
        times = Index(column) if is_numeric_dtype(column) else DatetimeIndex(to_datetime(column))
    except ValueError as error:
        raise UsageError(f"got times in {time!r} that are no dates ({error}): write them alike") from None
    _expect_growing(times, f"{time!r}")
    return times, frame.drop(columns=time)


def _expect_growing(times: Any, where: str) -> None:
    if times.isna().any() or not times.is_monotonic_increasing:
        raise UsageError(f"got times in {where} that are missing or go back: sort the series by time")


def _numbers(X: Any, channels: Sequence[str] | None) -> NDArray[np.float64]:
    try:
        values = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        raise UsageError(
            "got a series that holds text or parts of unequal length, expected numbers (T,) or (T, C): "
            "name the column of the time, drop others, or give series of unequal length as a list of arrays"
        ) from None
    if values.ndim not in (1, 2) or not values.size:
        raise UsageError(f"got a series of shape {values.shape}, expected (T,) or (T, C) with T points")
    table = values.reshape(len(values), -1)
    if not np.isfinite(table).all():
        point, channel = np.argwhere(~np.isfinite(table))[0]
        name = channel if channels is None else repr(channels[channel])
        raise UsageError(
            f"the series holds NaN or infinity at point {point}, channel {name}: interpolate such cells"
        )
    return table
