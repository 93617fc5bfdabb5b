"""The kinds of rows that RobustDetector tells apart: vectors, images, words."""

from __future__ import annotations

from typing import Any

from robustgen.descriptors.words import holds_words
from robustgen.detectors.kinds.images import Images
from robustgen.detectors.kinds.kind import Choice, Kind
from robustgen.detectors.kinds.vectors import Vectors
from robustgen.detectors.kinds.words import Words

__all__ = ["Choice", "Images", "Kind", "Vectors", "Words", "kind_of"]


def kind_of(X: Any, *, words: bool) -> Kind:
    """Tell what rows are.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix, (n, d), or ndarray or memory map, (n, C, H, W)
        The training rows.
    words : bool
        Whether rows may be words; otherwise these are vectors like others.

    Returns
    -------
    Kind
        Of a class of its own, that has learnt nothing yet.

    Examples
    --------
    >>> import numpy as np
    >>> [type(kind_of(X, words=True)).__name__ for X in (np.eye(9), np.eye(600), np.zeros((9, 1, 8, 8)))]
    ['Vectors', 'Words', 'Images']
    """
    if X.ndim > 2:
        return Images()
    return Words() if words and holds_words(X) else Vectors()
