"""Floods, rows that stand in the set many times: outliers where they are few, the norm where many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CHUNK_ROWS = 65_536
FLOOD = 20
"""Copies that make a flood: as many as the neighbours by which a row is vouched for."""


@dataclass(frozen=True)
class Counted:
    """The rows to learn from.

    Attributes
    ----------
    places : ndarray of int, (m,)
        Where they stand in X, in order; two at least where X has two rows.
    vouched : ndarray of bool, (m,)
        Which of them repeat, where floods are the norm. Normal traffic that comes in floods of its own is no
        single cloud: each flood lies apart from the others, and no core of half of the rows holds them all.
    stand_ins : ndarray of int, (n,)
        For each row of X the place of the one that counts for it: of its flood, or its own.
    """

    places: NDArray[np.intp]
    vouched: NDArray[np.bool_]
    stand_ins: NDArray[np.intp]

    def of(self, X: Any) -> Any:
        """Return these rows of X: X itself where they are all, so that a memory map stays one."""
        return X if len(self.places) == X.shape[0] else X[self.places]


def without_floods(X: Any, tolerated: float, least: int = FLOOD) -> Counted:
    """Return the rows to learn from: floods count once, unless they are what the set consists of.

    A flood is a kind of row that stands in X so many times or more. Up to a share of the rows, floods may be
    one outlier many times over, and each counts as one row; beyond it they are the norm, all rows
    count, and those that stand there twice or more are vouched for if any stands there 20 times.

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
    Counted
        The rows.

    Examples
    --------
    >>> X = np.array([[1, 2]] * 20 + [[3, 4], [3, 4], [5, 6]])
    >>> once = without_floods(X, 1.0)
    >>> once.places, once.stand_ins[17:]
    (array([ 0, 20, 21, 22]), array([ 0,  0,  0, 20, 21, 22]))
    >>> norm = without_floods(X, 0.4)
    >>> len(norm.places), norm.vouched[19:]
    (23, array([ True,  True,  True, False]))
    """
    _, first, kinds, counts = np.unique(
        _fingerprints(X), return_index=True, return_inverse=True, return_counts=True
    )
    rows, copies = np.arange(len(kinds)), counts[kinds]
    flooded = copies >= least
    counting = ~flooded
    counting[first] = True
    if flooded.mean() > tolerated or counting.sum() < 2:
        return Counted(rows, (copies > 1) & (copies.max() >= FLOOD), rows)
    places = rows[counting]
    return Counted(places, np.zeros(len(places), dtype=bool), np.where(flooded, first[kinds], rows))


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
