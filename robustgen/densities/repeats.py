"""Rows that repeat each other: the norm where they are many, a flood where they are not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CHUNK_ROWS = 65_536


def without_flood(X: Any, tolerated: float) -> NDArray[np.intp]:
    """Return the rows to learn from: one of each kind, unless repeats are what the set consists of.

    A repeat is a row that stands in X before. Up to a share of repeats, identical rows may be a flood of
    outliers, and each kind counts once; beyond it they are the norm, and all rows count.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix, (n, ...)
        The training rows.
    tolerated : float in [0, 1]
        The share of repeats beyond which they are the norm.

    Returns
    -------
    ndarray of int
        Places in X, in order; two at least where X has two rows.

    Examples
    --------
    >>> without_flood(np.array([[1, 2], [3, 4], [1, 2], [5, 6]]), 0.4)
    array([0, 1, 3])
    >>> without_flood(np.array([[1, 2], [1, 2], [1, 2], [5, 6]]), 0.4)
    array([0, 1, 2, 3])
    """
    n_rows = X.shape[0]
    kinds = np.sort(np.unique(_fingerprints(X), return_index=True)[1])
    norm = n_rows - len(kinds) > tolerated * n_rows or len(kinds) < 2
    return np.arange(n_rows) if norm else kinds


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
