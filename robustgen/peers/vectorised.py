"""Anyone's detector that follows scikit-learn's outlier API: whatever the rows are, it is given vectors."""

from __future__ import annotations

from functools import partial
from typing import Any

from robustgen.peers.base import as_vectors

OF_ROWS = ("fit", "score_samples", "decision_function", "predict")
"""The methods whose first argument is rows."""


class Vectorised:
    """A detector whose rows arrive as float64 vectors (n, d): images flattened, sparse matrices dense.

    It needs ``fit``, and ``score_samples`` or ``decision_function`` with scikit-learn's sign: larger = more
    normal. All else that it has, it has here too.

    Parameters
    ----------
    detector : object
        The unfitted detector. Nothing is scaled or cloned for it.

    Examples
    --------
    >>> import numpy as np
    >>> class Middle:
    ...     def fit(self, X):
    ...         self.middle_ = np.median(X, axis=0)
    ...         return self
    ...
    ...     def score_samples(self, X):
    ...         return -np.abs(X - self.middle_).sum(axis=1)
    >>> images = np.zeros((3, 8, 8), dtype=np.uint8)
    >>> Vectorised(Middle()).fit(images).score_samples(images + 1)
    array([-64., -64., -64.])
    """

    def __init__(self, detector: Any) -> None:
        self.detector = detector

    def __getattr__(self, name: str) -> Any:
        if name == "detector":  # of a copy that is not filled yet
            raise AttributeError(name)
        value = getattr(self.detector, name)
        return partial(self._of_rows, value) if name in OF_ROWS else value

    def _of_rows(self, method: Any, X: Any, *others: Any) -> Any:
        result = method(as_vectors(X), *others)
        return self if result is self.detector else result


def takes_images(detector: Any) -> bool:
    """Return whether a detector says by scikit-learn's tags that images need not be flattened for it."""
    tags = getattr(detector, "__sklearn_tags__", None)
    return tags is not None and bool(tags().input_tags.three_d_array)
