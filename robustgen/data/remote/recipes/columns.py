"""Columns of a raw table: numbers as they are, words as a column of 0 and 1 for each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def numbers(columns: Iterable[NDArray]) -> NDArray[np.float32]:
    """Put columns side by side, those of words one-hot in alphabetical order.

    Examples
    --------
    >>> numbers([np.array(["udp", "tcp"]), np.array([7, 9])])
    array([[0., 1., 7.],
           [1., 0., 9.]], dtype=float32)
    """
    return np.column_stack([_numbers(column) for column in columns]).astype(np.float32)


def _numbers(column: NDArray) -> NDArray:
    if column.dtype.kind in "biuf":
        return column
    words, index = np.unique(column, return_inverse=True)
    return np.eye(words.size, dtype=np.float32)[index]
