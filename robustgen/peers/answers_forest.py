"""What the answers of a person say alone: a random forest of the rows that were judged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.ensemble import RandomForestClassifier


class AnswersForest(OutlierMixin, BaseEstimator):
    """A random forest that learns from judged rows and nothing else: what a detector with answers must beat.

    Where no row was judged, or all alike, it knows nothing, and every row scores 0.

    Parameters
    ----------
    random_state : int, numpy.random.RandomState or None
        Seed of the trees.

    Attributes
    ----------
    forest_ : sklearn.ensemble.RandomForestClassifier or None
        Of the judged rows; None where they say nothing.

    Examples
    --------
    >>> from robustgen import Answers
    >>> X = np.arange(20.0)[:, None]
    >>> forest = AnswersForest(random_state=0).fit(X, Answers(normal=[0, 1, 2], outliers=[17, 18, 19]))
    >>> bool(forest.score_samples([[1.5]]) > forest.score_samples([[18.5]]))
    True
    """

    takes_answers = True

    def __init__(self, *, random_state: int | np.random.RandomState | None = None) -> None:
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> AnswersForest:
        """Learn from rows (n, ...) and :class:`robustgen.Answers` for some of them."""
        answers = np.zeros(X.shape[0]) if y is None else y.values(X.shape[0])
        judged = np.flatnonzero(answers)
        self.forest_ = None
        if len(np.unique(answers[judged])) == 2:
            forest = RandomForestClassifier(random_state=self.random_state)
            self.forest_ = forest.fit(_vectors(X)[judged], answers[judged])
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """Return the forest's probability of each row (B, ...) to be normal, less 1."""
        rows = _vectors(X)
        if self.forest_ is None:
            return np.zeros(rows.shape[0])
        return self.forest_.predict_proba(rows)[:, 1] - 1


def _vectors(X: Any) -> Any:
    if sparse.issparse(X):
        return X
    rows = np.asarray(X)
    return rows.reshape(len(rows), -1)
