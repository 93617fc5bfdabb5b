"""Equal rows: many copies of one row are one witness."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from robustgen._sources import blocks


def distinct(X: Any, copies: int | None) -> NDArray[np.intp]:
    """Return the places of the rows to learn from: of a row that stands in X many times the first only.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix, (n, ...)
        The training rows.
    copies : int or None
        How many make many; None lets every row count.

    Returns
    -------
    ndarray of int, (m,)
        In order; all places where fewer than two would be left.

    Examples
    --------
    >>> X = np.array([[1, 2]] * 3 + [[3, 4], [3, 4], [5, 6]])
    >>> distinct(X, 3), distinct(X, None)
    (array([0, 3, 4, 5]), array([0, 1, 2, 3, 4, 5]))
    """
    places = np.arange(X.shape[0])
    if copies is None:
        return places
    _, first, kinds, counts = np.unique(
        _fingerprints(X), return_index=True, return_inverse=True, return_counts=True
    )
    counting = counts[kinds] < copies
    counting[first] = True
    return places[counting] if counting.sum() > 1 else places


def _fingerprints(X: Any) -> NDArray[np.uint64]:
    """Return a number for each row: equal for equal rows, and for others with a chance of 2^-64 a pair.

    Each entry is mixed with its column and the results are summed as whole numbers, which lose no digits: a
    sum of the entries themselves is the largest of them in a row, and says nothing of the others.
    """
    keys = np.random.default_rng(0).integers(2**64, size=math.prod(X.shape[1:]), dtype=np.uint64)
    return np.concatenate([_combined(block, keys) for block in blocks(X)])


def _combined(rows: Any, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    if not sparse.issparse(rows):
        return _mixed(rows.reshape(len(rows), -1), keys).sum(1, dtype=np.uint64)
    mixed = _mixed(rows.data, keys[rows.indices]) * (rows.data != 0)  # a stored zero is a zero
    ends = np.concatenate([[np.uint64(0)], np.cumsum(mixed, dtype=np.uint64)])  # sums wrap, differences too
    return ends[rows.indptr[1:]] - ends[rows.indptr[:-1]]


def _mixed(entries: Any, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix the bits of entries with those of keys (Steele, Lea and Flood, "SplitMix", OOPSLA 2014)."""
    bits = (np.asarray(entries, dtype=np.float64) + 0.0).view(np.uint64) + keys  # -0.0 + 0.0 is 0.0
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
