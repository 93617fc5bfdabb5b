"""Which rows to ask a person about: the middles of the groups that rows come in."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances_argmin

from robustgen._checks import check_count
from robustgen._seeds import base_seed, subsample
from robustgen._validation import check_rows
from robustgen.detectors.answers import Neighbourhoods, check_answers
from robustgen.detectors.comparison import compared_rows
from robustgen.detectors.robust.detector import RobustDetector
from robustgen.tables import TableEncoder

CLUSTERED_ROWS = 10_000
"""Of so many rows at most are clusters looked for."""

Rows = NDArray[np.float64]
Places = NDArray[np.intp]


def questions(
    X: Any, n: int = 10, answers: Any = None, random_state: int | np.random.RandomState | None = 0
) -> Places:
    """Return the rows that a person should judge, the most useful first.

    They are the middles of n clusters, found by k-means along the principal axes of the rows
    (:class:`robustgen.detectors.comparison.Comparison`), the largest cluster first: a dense group of
    outliers, which no screener suspects, is a cluster. The most suspicious rows tell next to nothing of it.

    Once rows were judged, each row goes with the judged row that is nearest. The neighbourhood with the
    largest sum of squared distances to its judged row is cut in two, and the middle of the part without
    that row is asked about; then the next one.

    Parameters
    ----------
    X : array, DataFrame, CSR matrix or memory map
        The rows to learn from, as ``fit`` takes them. A DataFrame with other columns than numbers is encoded
        by :class:`robustgen.TableEncoder`.
    n : int
        How many rows to name.
    answers : array, Answers or None
        What was answered so far, as ``fit`` takes it.
    random_state : int, numpy.random.RandomState or None
        Seed of the clusters. The same integer gives the same rows.

    Returns
    -------
    ndarray of int, (m,)
        Places of different rows, none of them judged yet; fewer than n where X has fewer different rows.

    Raises
    ------
    ValueError
        When n is no integer of 1 or more, X cannot be learnt from, or the answers are none.

    References
    ----------
    Li et al., "Deep Anomaly Detection under Labeling Budget Constraints", ICML 2023, for diverse questions.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.vstack([rng.normal(size=(140, 5)), 4 + 0.1 * rng.normal(size=(60, 5))])
    >>> asked = questions(X, 3)
    >>> len(asked), int((asked >= 140).sum())
    (3, 1)
    """
    check_count("n", n)
    rows = compared_rows(check_rows(RobustDetector(), _numbers(X), fitting=True))
    return next_questions(rows, check_answers(answers, len(rows)), n, base_seed(random_state))


def next_questions(rows: Rows, answers: NDArray[np.int8] | None, n: int, seed: int) -> Places:
    """Return the n rows to ask about next, where rows (n, d) are as :func:`compared_rows` returns them."""
    if answers is None:
        return middles(rows, n, seed % 2**32)
    return further(rows, answers, n, seed % 2**32)


def _numbers(X: Any) -> Any:
    """Encode a table, unless its columns are numbers as they are."""
    types = getattr(X, "dtypes", None)
    if types is None or all(kind.kind in "biuf" for kind in np.atleast_1d(types)):
        return X
    return TableEncoder().fit_transform(X)


def middles(rows: Rows, n: int, seed: int) -> Places:
    """Return the rows in the middle of n clusters of all rows, that of the largest cluster first."""
    places = subsample(len(rows), CLUSTERED_ROWS, seed)
    labels = _clusters(rows[places], n, seed)
    _, sizes = np.unique(labels, return_counts=True)
    members = [places[labels == label] for label in np.argsort(-sizes, kind="stable")]
    return np.array([_middle(rows, cluster) for cluster in members])


def further(rows: Rows, answers: NDArray[np.int8], n: int, seed: int) -> Places:
    """Return the rows that cut the widest neighbourhoods of the judged rows in two, one after the other."""
    found = Neighbourhoods.of(rows, answers)
    named, nearest = list(found.judged), found.nearest
    distances = np.square(rows - rows[found.judged][nearest]).sum(1)
    while len(named) < len(found.judged) + n:
        widest = int(np.bincount(nearest, distances, minlength=len(named)).argmax())
        place = _second_middle(rows, np.flatnonzero(nearest == widest), named[widest], seed)
        if place is None:
            break
        gained = np.square(rows - rows[place]).sum(1)
        nearer = gained < distances
        nearest[nearer], distances[nearer] = len(named), gained[nearer]
        named.append(place)
    return np.array(named[len(found.judged) :], dtype=np.intp)


def _second_middle(rows: Rows, members: Places, judged: int, seed: int) -> int | None:
    """Cut a neighbourhood in two and return the middle of the part without its judged row, if any."""
    some = np.union1d(members[subsample(len(members), CLUSTERED_ROWS, seed)], judged)
    labels = _clusters(rows[some], 2, seed)
    other = some[labels != labels[np.searchsorted(some, judged)]]
    return int(_middle(rows, other)) if other.size else None


def _clusters(rows: Rows, n: int, seed: int) -> NDArray[np.intp]:
    """Return labels 0, 1, ... of clusters, fewer than n where there are fewer different rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows than clusters
        labels = KMeans(min(n, len(rows)), n_init=3, random_state=seed).fit_predict(rows)
    return np.unique(labels, return_inverse=True)[1]


def _middle(rows: Rows, members: Places) -> int:
    """Return the member that is nearest to the mean of all."""
    return members[pairwise_distances_argmin(rows[members].mean(0, keepdims=True), rows[members])[0]]
