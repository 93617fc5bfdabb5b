"""What rows are, decided once, at the door: vectors, images, signals, clips or text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import row_norms

from robustgen._sources import release

VOCABULARY = 2000
SMALL_VOCABULARY = 500
LARGEST_FILLING = 0.2
CHUNK_ENTRIES = 2**24
OF_AXES = {3: "signals", 4: "images", 5: "clips"}


def row_type(X: Any) -> str:
    """Return what rows are.

    Parameters
    ----------
    X : ndarray, memory map, source or CSR matrix, (n, d), or ndarray, memory map or source, (n, C, ...)
        The training rows, checked: images (n, C, H, W) have their channels, signals are (n, C, T), clips
        (n, C, T, H, W).

    Returns
    -------
    {"vectors", "images", "signals", "clips", "text"}
        Text is bags of words: counts of words or weights of them; see :func:`is_text`.

    Examples
    --------
    >>> [row_type(X) for X in (np.eye(9), np.eye(600), np.zeros((9, 1, 8, 8)), np.zeros((9, 1, 64)))]
    ['vectors', 'text', 'images', 'signals']
    """
    if X.ndim > 2:
        return OF_AXES[X.ndim]
    return "text" if is_text(X) else "vectors"


def is_text(X: Any) -> bool:
    """Tell whether rows are counts of words, or weights of them such as TF-IDF.

    At most one entry in five is not zero, and none is negative. There are 2,000 columns or more; or 500
    or more, and each row that is not empty has length 1, which TF-IDF has by default and the flags of a
    table have not. A matrix that is stored dense is judged as the same one stored sparse.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix, (n, ...)
        The training rows.

    Examples
    --------
    >>> words = np.eye(600)
    >>> is_text(words), is_text(sparse.csr_matrix(words))
    (True, True)
    >>> is_text(-words), is_text(2 * words), is_text(words[:, :9])
    (False, False, False)
    """
    if X.ndim != 2 or X.shape[1] < SMALL_VOCABULARY:
        return False
    n_filled = 0
    for chunk in _chunks(X):
        entries = chunk.data if sparse.issparse(chunk) else chunk
        if np.min(entries, initial=0) < 0 or not (X.shape[1] >= VOCABULARY or _of_length_one(chunk)):
            return False
        n_filled += int(np.count_nonzero(entries))
    return n_filled <= LARGEST_FILLING * X.shape[0] * X.shape[1]


def _chunks(X: Any) -> Iterator[Any]:
    step = max(1, CHUNK_ENTRIES // X.shape[1])
    for start in range(0, X.shape[0], step):  # X may be a memory map
        yield X[start : start + step]
        release(X)


def _of_length_one(rows: Any) -> bool:
    lengths = row_norms(rows)
    return bool(np.all((lengths == 0) | (np.abs(lengths - 1) < 1e-3)))
