"""What peers see: plain vectors of floats, scaled as the training rows say."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from robustgen._checks import UsageError, suggest
from robustgen.descriptors.words import holds_words

#: The names of the scalings, as the project's detectors call them.
SCALINGS = ("auto", "standard", "robust")


def as_vectors(X: Any) -> NDArray[np.float64]:
    """Flatten images, densify a sparse matrix, and turn everything into floats (n, d).

    Raises
    ------
    UsageError
        If the numbers are complex.

    Examples
    --------
    >>> as_vectors(np.zeros((5, 8, 8), dtype=np.uint8)).shape
    (5, 64)
    """
    dense = np.asarray(X.toarray() if issparse(X) else X)
    if np.iscomplexobj(dense):
        raise UsageError("Complex data not supported: give the real and imaginary parts as columns")
    rows = dense.astype(np.float64, copy=False)
    return rows.reshape(rows.shape[0], -1) if rows.ndim > 2 else rows


def make_scaler(scaling: str | None, rows: NDArray[np.float64]) -> Any:
    """Build scikit-learn's scaler of that name for rows (n, d), or None for no scaling.

    Raises
    ------
    UsageError
        If the name is not "auto", "standard", "robust" or None.
    """
    from sklearn.preprocessing import RobustScaler, StandardScaler

    if scaling is not None and scaling not in SCALINGS:
        known = ", ".join(map(repr, SCALINGS))
        raise UsageError(f"scaling must be {known} or None, got '{scaling}'{suggest(scaling, SCALINGS)}")
    if scaling is None or (scaling == "auto" and holds_words(rows)):
        return None
    return RobustScaler() if scaling == "robust" else StandardScaler()
