"""The top contributors: which columns add most to the scores."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError

if TYPE_CHECKING:
    pass


class TopFeatures(NamedTuple):
    """The columns that contribute most to the error of each row, the loudest first.

    Attributes
    ----------
    names : ndarray of object, (n, k)
        Names of the columns of a DataFrame, else their indices.
    values : ndarray of float, (n, k)
        Their contributions.

    Examples
    --------
    >>> names, values = top_features(np.array([[0.1, 7.0, 2.0]]), k=1)
    >>> names.tolist(), values.tolist()
    ([[1]], [[7.0]])
    """

    names: NDArray[np.object_]
    values: NDArray[np.float64]


def top_features(contributions: Any, k: int = 3) -> TopFeatures:
    """Name and sort the top contributors of each row.

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


def explain(model: Any, X: Any) -> Any:
    """Return what each column of X contributes to the error of each row, through the steps of a pipeline.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        Fitted: steps that keep the columns as they are, such as a scaler, or tell which column each of their
        numbers is of, such as a :class:`robustgen.TableEncoder`; and a detector with ``explain``.
    X : DataFrame (n, D)
        Rows as the pipeline takes them.

    Returns
    -------
    DataFrame (n, d)
        By the columns of X that the model takes; a row adds up to minus its score.

    Raises
    ------
    UsageError
        When a step makes other columns without telling of which, or the detector does not explain.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.pipeline import make_pipeline
    >>> from robustgen import RobustDetector, TableEncoder
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({"heat": rng.normal(size=100), "fuel": rng.choice(["oil", "gas"], 100)})
    >>> table.loc[7, "heat"] = 50.0
    >>> model = make_pipeline(TableEncoder(), RobustDetector(random_state=0)).fit(table)
    >>> parts = explain(model, table)
    >>> parts.loc[7].idxmax(), bool(np.allclose(parts.sum(axis=1), -model.score_samples(table)))
    ('heat', True)
    """
    *steps, (_, detector) = model.steps
    if not hasattr(detector, "explain"):
        raise UsageError(f"{type(detector).__name__} does not explain its scores: take one of robustgen's")
    names, rows = np.asarray(X.columns, dtype=object), X
    sources = np.arange(len(names))
    for _, step in steps:
        rows = step.transform(rows)
        names, sources = _traced(step, rows, names, sources)
    import pandas as pd  # who has a table has pandas; who only scores needs none

    parts = pd.DataFrame(np.asarray(detector.explain(rows)), index=X.index)
    by_column = parts.T.groupby(sources).sum().T
    return by_column.set_axis(names[by_column.columns], axis=1)


def _traced(
    step: Any, rows: Any, names: NDArray[np.object_], sources: NDArray[np.intp]
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Return the columns behind a step, and for each number that it makes the place of its column."""
    if hasattr(step, "source_"):
        return np.asarray(step.feature_names_in_, dtype=object), np.asarray(step.source_)
    if rows.shape[1] != sources.size:
        raise UsageError(
            f"got the step {type(step).__name__}, which makes {rows.shape[1]} numbers of {sources.size}, "
            "expected one that keeps the columns: explain the rows behind it"
        )
    return names, sources


def framed_like(X: Any, values: NDArray[np.float64]) -> Any:
    """Return values shaped like X as a DataFrame with X's index and columns where X is one."""
    return type(X)(values, index=X.index, columns=X.columns) if hasattr(X, "iloc") else values
