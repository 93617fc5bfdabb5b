"""Tables larger than memory: dask arrays and DataFrames, scored a partition at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from robustgen._extras import optional

Scoring = TypeVar("Scoring", bound=Callable[..., Any])


def by_partition(dtype: type) -> Callable[[Scoring], Scoring]:
    """Let a method that gives one number a row take dask collections, whose partitions it sees one by one.

    Parameters
    ----------
    dtype : type
        Of the numbers.

    Returns
    -------
    callable
        A decorator of methods: of a dask array or DataFrame they return a lazy dask array (n,), of all else
        what they returned before. What a partition holds is checked when it is computed.

    Examples
    --------
    >>> class Sums:
    ...     @by_partition(np.float64)
    ...     def score(self, X):
    ...         return np.asarray(X).sum(1)
    >>> import dask.array
    >>> Sums().score(dask.array.ones((4, 3), chunks=2)).compute()
    array([3., 3., 3., 3.])
    """

    def decorate(method: Scoring) -> Scoring:
        @wraps(method)
        def scored(self: Any, X: Any, *options: Any, **named: Any) -> Any:
            if not is_partitioned(X):
                return method(self, X, *options, **named)

            def of_part(fitted: Any, part: Any) -> NDArray[Any]:
                return method(fitted, part, *options, **named) if len(part) else np.empty(0, dtype)

            return _of_parts(of_part, self, X, dtype)

        return scored  # type: ignore[return-value]

    return decorate


def is_partitioned(X: Any) -> bool:
    """Tell whether X is a dask array or DataFrame."""
    return hasattr(X, "__dask_graph__") and hasattr(X, "npartitions")


def _of_parts(of_part: Callable[[Any, Any], NDArray[Any]], fitted: Any, X: Any, dtype: type) -> Any:
    dask, arrays = optional("dask", "a dask collection"), optional("dask.array", "a dask collection")
    parts, lengths = _parts(X)
    shared = dask.delayed(fitted, pure=False)  # once in the graph, however many partitions there are
    scores = [dask.delayed(of_part)(shared, part) for part in parts]
    made = zip(scores, lengths, strict=True)
    return arrays.concatenate([arrays.from_delayed(one, (length,), dtype) for one, length in made])


def _parts(X: Any) -> tuple[list[Any], tuple[float, ...]]:
    """Return the partitions, whole rows in each, and how many rows they have: NaN where it is not known."""
    if not hasattr(X, "chunks"):
        parts = X.to_delayed()
        return list(parts), (np.nan,) * len(parts)
    rows = X.rechunk(dict.fromkeys(range(1, X.ndim), -1))
    return list(rows.to_delayed().ravel()), rows.chunks[0]
