"""A series as it is given: an array, a DataFrame with a time, or a list of series."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._validation import unmasked


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
    name : str
        What an error calls it.
    """

    values: NDArray[np.float64]
    times: Any
    channels: tuple[str, ...] | None
    name: str = "a series"


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
        When a series has another shape, holds text, dates, NaN or infinity, or its times do not grow.

    Examples
    --------
    >>> [series.values.shape for series in all_series([np.zeros(9), np.zeros(5)])]
    [(9, 1), (5, 1)]
    """
    if not is_several(X):
        return [_one(X, time, "a series")]
    return [_one(part, time, f"series {i} of the list") for i, part in enumerate(X)]


def next_points(X: Any, n_channels: int, time: str | None = None) -> Series:
    """Return points (m, C) that follow each other: one number, m of one channel, or one row of C, also.

    Examples
    --------
    >>> next_points([1.0, 2.0], 2).values.shape, next_points([1.0, 2.0], 1).values.shape
    ((1, 2), (2, 1))
    """
    if np.ndim(X) == 2 and hasattr(X, "iloc"):
        return _one(X, time, "points")
    row = np.ndim(X) == 1 and n_channels > 1
    return _one(np.asarray(X)[None] if row else np.atleast_1d(X), None, "points")


def is_several(X: Any) -> bool:
    """Tell whether a list of series is given, and not one series."""
    return isinstance(X, list | tuple) and len(X) > 0 and np.ndim(X[0]) > 0


def _one(X: Any, time: str | None, name: str) -> Series:
    if not hasattr(X, "iloc"):
        if time is not None:
            raise UsageError(f"got {name} without columns, expected a DataFrame with the time in {time!r}")
        values = _numbers(X, None, name)
        return Series(values, range(len(values)), None, name)
    if X.ndim == 1:
        X = X.to_frame()
    times, frame = _timed(X, time)
    channels = tuple(map(str, frame.columns))
    return Series(_numbers(frame, channels, name), times, channels, name)


def _timed(frame: Any, time: str | None) -> tuple[Any, Any]:
    if time is None:
        _expect_growing(frame.index, "the index")
        return frame.index, frame
    n_columns = list(frame.columns).count(time)
    if n_columns != 1:
        raise UsageError(
            f"got {n_columns or 'no'} column{'s' * (n_columns > 1)} {time!r}, expected one with the time: "
            f"name one of {list(frame)}"
        )
    times = _times(frame[time])
    _expect_growing(times, f"{time!r}")
    return times, frame.drop(columns=time)


def _times(column: Any) -> Any:
    """Return the times of a column: numbers, dates, or text of dates, with any offsets from UTC."""
    from pandas import DatetimeIndex, Index, to_datetime
    from pandas.api.types import is_numeric_dtype

    if is_numeric_dtype(column):
        return Index(column)
    try:
        with warnings.catch_warnings(action="error"):  # pandas guesses each by itself, and only warns
            return DatetimeIndex(to_datetime(column, utc=_of_several_offsets(column)))
    except (TypeError, ValueError, UserWarning) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(
            f"got times in {column.name!r} that are no dates ({reason}): write them alike"
        ) from None


def _of_several_offsets(column: Any) -> bool:
    """Tell whether all times are text that ends in an offset from UTC, and not in the same one."""
    if not all(isinstance(value, str) for value in column):
        return False
    offsets = set(column.str.extract(r"([+-]\d\d:?\d\d)$")[0])
    return len(offsets) > 1 and all(isinstance(offset, str) for offset in offsets)


def _expect_growing(times: Any, where: str) -> None:
    if times.nlevels > 1:
        raise UsageError(f"got {times.nlevels} levels in {where}, expected one: keep that of the time")
    if times.isna().any() or not times.is_monotonic_increasing or not times.is_unique:
        raise UsageError(
            f"got times in {where} that are missing or go back or repeat: sort the series by time, and give "
            "several sensors as channels or as a list of series"
        )


KINDS = {"M": "dates", "m": "durations", "c": "complex numbers", "U": "text", "S": "text"}
"""What an array of each kind holds that is no number."""


def _numbers(X: Any, channels: Sequence[str] | None, name: str) -> NDArray[np.float64]:
    given = _array(X, name)
    if given.dtype.kind in KINDS or any(isinstance(value, str) for value in _objects(given)):
        raise UsageError(
            f"got {name} of {KINDS.get(given.dtype.kind, 'text')}, expected numbers (T,) or (T, C): "
            "name the column of the time, and drop others"
        )
    values = _array(X if channels else given, name, np.float64)
    if values.ndim not in (1, 2) or not values.size:
        rows = f"{len(values)} rows, of " if values.ndim else ""
        raise UsageError(
            f"got {name} of {rows}shape {values.shape}, expected (T,) or (T, C), T and C 1 or more"
        )
    table = values.reshape(len(values), -1)
    if not np.isfinite(table).all():
        point, channel = np.argwhere(~np.isfinite(table))[0]
        named = channel if channels is None else repr(channels[channel])
        raise UsageError(
            f"got {name} with NaN or infinity at point {point}, channel {named}: interpolate such cells"
        )
    return table


def _array(X: Any, name: str, dtype: type | None = None) -> NDArray[Any]:
    try:
        return np.asarray(unmasked(X), dtype=dtype)
    except (TypeError, ValueError):
        raise UsageError(
            f"got {name} that holds other things than numbers or parts of unequal length, expected numbers "
            "(T,) or (T, C): name the column of the time, drop others, or give series of unequal length as a "
            "list of arrays"
        ) from None


def _objects(values: NDArray[Any]) -> Any:
    return values.flat if values.dtype.kind == "O" else ()
