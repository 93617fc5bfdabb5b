"""Equal rows: many copies of one row are one witness."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CHUNK_ROWS = 65_536


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


def _fingerprints(X: Any) -> NDArray[np.float64]:
    """Return a random combination of each row's entries: equal for equal rows, and hardly ever for others."""
    flat = X if sparse.issparse(X) else X.reshape(X.shape[0], -1)  # a memory map stays one
    weights = np.random.default_rng(0).normal(size=flat.shape[1])
    chunks = (flat[start : start + CHUNK_ROWS] for start in range(0, flat.shape[0], CHUNK_ROWS))
    return np.concatenate([_combined(chunk, weights) for chunk in chunks])


def _combined(rows: Any, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    if sparse.issparse(rows):
        return np.asarray(rows @ weights)
    # Summed row by row: a product of matrices rounds equal rows differently, by their place in it.
    return (np.asarray(rows, dtype=np.float64) * weights).sum(1)
