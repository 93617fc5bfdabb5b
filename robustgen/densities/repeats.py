"""Floods, rows that stand in the set many times: outliers where they are few, the norm where many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CHUNK_ROWS = 65_536
FLOOD = 20
"""Copies that make a flood: as many as the neighbours by which a row is vouched for."""


def copies(X: Any) -> NDArray[np.intp]:
    """Return how often each row stands in X, itself counted.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix, (n, ...)
        The rows.

    Returns
    -------
    ndarray of int, (n,)
        At least 1.

    Examples
    --------
    >>> copies(np.array([[1, 2], [3, 4], [1, 2], [5, 6]]))
    array([2, 1, 2, 1])
    """
    _, kinds, counts = np.unique(_fingerprints(X), return_inverse=True, return_counts=True)
    return counts[kinds]


def without_floods(X: Any, tolerated: float, least: int = FLOOD) -> NDArray[np.intp]:
    """Return the rows to learn from: floods count once, unless they are what the set consists of.

    A flood is a kind of row that stands in X so many times or more. Up to a share of the rows, floods may be
    one outlier many times over, and each counts as one row; beyond it they are the norm, and all rows
    count.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix, (n, ...)
        The training rows.
    tolerated : float in [0, 1]
        The share of rows in floods beyond which they are the norm.
    least : int
        The copies that make a flood.

    Returns
    -------
    ndarray of int
        Places in X, in order; two at least where X has two rows.

    Examples
    --------
    >>> X = np.array([[1, 2]] * 20 + [[3, 4], [5, 6]])
    >>> without_floods(X, 1.0)
    array([ 0, 20, 21])
    >>> len(without_floods(X, 0.4))
    22
    """
    prints = _fingerprints(X)
    _, first, kinds, counts = np.unique(prints, return_index=True, return_inverse=True, return_counts=True)
    flooded = counts[kinds] >= least
    counting = ~flooded
    counting[first] = True
    norm = flooded.mean() > tolerated or counting.sum() < 2
    return np.arange(len(prints)) if norm else np.flatnonzero(counting)


def vouched_by_copies(X: Any) -> NDArray[np.bool_]:
    """Return the rows that repeat, where floods are the norm; none where no flood is left.

    Normal traffic that comes in floods of its own is no single cloud: each flood lies apart from the
    others, and no core of half of the rows holds them all.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix, (n, ...)
        The rows that `without_floods` leaves.

    Returns
    -------
    ndarray of bool, (n,)
        The rows that stand in X twice or more, if any row stands there 20 times.

    Examples
    --------
    >>> X = np.array([[1, 2]] * 20 + [[3, 4], [3, 4], [5, 6]])
    >>> vouched_by_copies(X)[19:]
    array([ True,  True,  True, False])
    >>> vouched_by_copies(X[15:]).any()
    np.False_
    """
    counts = copies(X)
    return (counts > 1) & (counts.max() >= FLOOD)


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
