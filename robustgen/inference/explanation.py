"""Which columns speak loudest in the scores."""

from __future__ import annotations

from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError


class TopFeatures(NamedTuple):
    """The columns that contribute most to the error of each row, the loudest first.

    Attributes
    ----------
    names : ndarray of object, (n, k)
        Names of the columns of a DataFrame, else their indices.
    values : ndarray of float, (n, k)
        Their contributions.
    """

    names: NDArray[np.object_]
    values: NDArray[np.float64]


def top_features(contributions: Any, k: int = 3) -> TopFeatures:
    """Name and sort the columns that speak loudest in each row.

    Parameters
    ----------
    contributions : DataFrame or array, (n, d)
        What ``explain`` returns for vectors.
    k : int
        How many columns a row; all d where there are fewer.

    Returns
    -------
    TopFeatures
        Of equal contributions the first column comes first.

    Raises
    ------
    UsageError
        When ``k`` is no positive integer, or the contributions are not those of vectors.

    Examples
    --------
    >>> import pandas as pd
    >>> top = top_features(pd.DataFrame({"age": [0.1], "pay": [7.0], "debt": [2.0]}), k=2)
    >>> top.names.tolist(), top.values.tolist()
    ([['pay', 'debt']], [[7.0, 2.0]])
    """
    if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
        raise UsageError(f"got k={k!r}, expected a number of columns of 1 or more")
    values = np.asarray(contributions, dtype=np.float64)
    if values.ndim != 2:
        raise UsageError(
            f"got contributions of shape {values.shape}, expected one row of columns a row: (n, d); "
            "images have pixels, see robustgen.reporting.figures.heatmaps"
        )
    names = np.asarray(getattr(contributions, "columns", np.arange(values.shape[1])), dtype=object)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return TopFeatures(names[order], np.take_along_axis(values, order, axis=1))


def framed_like(X: Any, values: NDArray[np.float64]) -> Any:
    """Return values shaped like X as a DataFrame with X's index and columns where X is one."""
    return type(X)(values, index=X.index, columns=X.columns) if hasattr(X, "iloc") else values
