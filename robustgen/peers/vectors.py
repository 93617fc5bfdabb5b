"""What peers see: plain vectors of floats, scaled as the training rows say."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from robustgen._checks import UsageError, suggest

#: The names of the scalings, as the project's detectors call them.
SCALINGS = ("standard", "robust")


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


def make_scaler(scaling: str | None) -> Any:
    """Build scikit-learn's scaler of that name, or None for no scaling.

    Raises
    ------
    UsageError
        If the name is not "standard", "robust" or None.
    """
    from sklearn.preprocessing import RobustScaler, StandardScaler

    if scaling is None:
        return None
    if scaling not in SCALINGS:
        raise UsageError(
            f"scaling must be 'standard', 'robust' or None, got '{scaling}'{suggest(scaling, SCALINGS)}"
        )
    return StandardScaler() if scaling == "standard" else RobustScaler()
