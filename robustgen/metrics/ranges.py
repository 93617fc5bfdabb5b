"""Metrics of series, whose outliers are stretches of time rather than points."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robustgen._checks import UsageError
from robustgen.metrics.ranking import marks, steps

Range = tuple[int, int]
"""First point and the one after the last."""


def ranges(outlier: ArrayLike) -> list[Range]:
    """Return first and one-after-last of each stretch of outlying points.

    Parameters
    ----------
    outlier : bool (T,)
        Which points are outlying.

    Returns
    -------
    list of tuple of int
        In order.

    Examples
    --------
    >>> ranges([0, 1, 1, 0, 1])
    [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.r_[False, marks(outlier), False]))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def range_recall(outlier: ArrayLike, predicted: ArrayLike, alpha: float = 0.0) -> float:
    r"""How much of the true stretches is found: the mean over them of overlap and of being seen at all.

    .. math:: \frac1N \sum_i \Big( \alpha\, [R_i \cap P \ne \emptyset]
        + (1 - \alpha) \frac{1}{k_i} \frac{|R_i \cap P|}{|R_i|} \Big)

    with :math:`k_i` the number of predicted stretches that meet the true one :math:`R_i` (at least 1): the
    flat bias and reciprocal cardinality of the paper.

    Parameters
    ----------
    outlier : bool (T,)
        The truth; an outlying point at least.
    predicted : bool (T,)
        What a detector marks.
    alpha : float in [0, 1]
        The weight of being seen at all.

    Returns
    -------
    float in [0, 1]
        1 where each true stretch is marked whole, by one stretch.

    Raises
    ------
    ValueError
        If lengths differ or nothing is outlying.

    References
    ----------
    Tatbul, Lee, Zdonik, Alam and Gottschlich, "Precision and Recall for Time Series", NeurIPS 2018,
    equations 4 to 8.

    Examples
    --------
    >>> range_recall([0, 1, 1, 1, 1, 0], [0, 0, 1, 1, 0, 0])
    0.5
    """
    truth, found = _alike(outlier, predicted)
    return _mean_reward(ranges(truth), found, alpha)


def range_precision(outlier: ArrayLike, predicted: ArrayLike) -> float:
    r"""How much of the predicted stretches is true: :func:`range_recall` with the roles exchanged.

    Parameters
    ----------
    outlier : bool (T,)
        The truth.
    predicted : bool (T,)
        What a detector marks; a point at least.

    Returns
    -------
    float in [0, 1]
        1 where each marked stretch lies in one true stretch.

    Raises
    ------
    ValueError
        If lengths differ or nothing is marked.

    References
    ----------
    Tatbul, Lee, Zdonik, Alam and Gottschlich, "Precision and Recall for Time Series", NeurIPS 2018,
    equation 9.

    Examples
    --------
    >>> range_precision([0, 1, 1, 0, 0, 0], [0, 1, 1, 1, 1, 0])
    0.5
    """
    truth, found = _alike(outlier, predicted)
    return _mean_reward(ranges(found), truth, 0.0)


def _mean_reward(parts: list[Range], other: NDArray[np.bool_], alpha: float) -> float:
    if not parts:
        raise UsageError("got no marked point, expected one at least: a mean over no stretch is no number")
    rewards = []
    for start, stop in parts:
        met = other[start:stop]
        pieces = max(1, len(ranges(met)))
        rewards.append(alpha * bool(met.any()) + (1 - alpha) * met.mean() / pieces)
    return float(np.mean(rewards))


def _alike(outlier: ArrayLike, predicted: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    truth, found = marks(outlier), marks(predicted)
    if truth.shape != found.shape:
        raise UsageError(f"got {truth.size} true and {found.size} predicted points, expected as many")
    return truth, found


def buffered(outlier: ArrayLike, buffer: int) -> NDArray[np.float64]:
    r"""Return labels in [0, 1] that fade out beside each stretch of outlying points.

    .. math:: \ell_t = \sqrt{1 - \frac{d_t}{\ell}} \quad (d_t \le \ell / 2)

    with :math:`d_t` the distance in points from t to the nearest stretch and :math:`\ell` the buffer, of
    which half stands on either side; 1 in a stretch, 0 farther away.

    Parameters
    ----------
    outlier : bool (T,)
        Which points are outlying.
    buffer : int
        In points; 0 changes nothing.

    Returns
    -------
    ndarray of float (T,)
        The labels.

    References
    ----------
    Paparrizos, Boniol, Palpanas, Tsay, Elmore and Franklin, "Volume Under the Surface: A New Accuracy
    Evaluation Measure for Time-Series Anomaly Detection", PVLDB 15 (2022), section 4.1.

    Examples
    --------
    >>> buffered([0, 0, 0, 1, 0, 0], 4).round(2)
    array([0.  , 0.71, 0.87, 1.  , 0.87, 0.71])
    """
    truth = marks(outlier)
    places = np.flatnonzero(truth)
    if not buffer or not places.size:
        return truth.astype(float)
    every = np.arange(truth.size)
    after = places[np.searchsorted(places, every).clip(max=places.size - 1)]
    before = places[(np.searchsorted(places, every, side="right") - 1).clip(min=0)]
    distance = np.minimum(np.abs(after - every), np.abs(every - before))
    return np.where(distance <= buffer // 2, np.sqrt(1 - np.minimum(distance / buffer, 1)), 0.0)


def range_average_precision(outlier: ArrayLike, outlierness: ArrayLike, buffer: int) -> float:
    r"""Average precision of the points, those beside a true stretch counted in part.

    .. math:: \sum_j (r_j - r_{j-1})\, p_j, \qquad p = \frac{\sum_{t \in F} \ell_t}{|F|}, \quad
        r = \min\Big(1, \frac{\sum_{t \in F} \ell_t}{\bar n}\Big) e, \quad
        \bar n = \tfrac12 \Big( n + \sum_t \ell_t \Big)

    where F are the points above a threshold, :math:`\ell` the labels of :func:`buffered`, n the outlying
    points and e the share of the true stretches, each with its buffer, that F meets. With no buffer and
    stretches of one point it differs from the average precision by e alone.

    Parameters
    ----------
    outlier : bool (T,)
        The truth; both kinds must occur.
    outlierness : float (T,)
        Larger = more outlying; finite.
    buffer : int
        Points around a stretch that count in part, half of them on either side.

    Returns
    -------
    float in [0, 1]
        1 for a perfect ranking and no buffer.

    Raises
    ------
    ValueError
        If lengths differ, a score is not finite, or one kind is missing.

    References
    ----------
    Paparrizos and others, PVLDB 15 (2022), section 4.1, range-AUC-PR.

    Examples
    --------
    >>> range_average_precision([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.5], 0)
    0.8333333333333333
    """
    hits, _ = steps(outlier, outlierness)
    truth, scores = marks(outlier), np.asarray(outlierness, dtype=float)
    labels = buffered(truth, buffer)
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)  # a tie is one step
    caught = np.cumsum(labels[order])[ends]
    seen = _seen(truth, labels > 0, order, ends)
    recall = np.minimum(1, caught / ((hits[-1] + labels.sum()) / 2)) * seen
    gains = np.diff(recall, prepend=0.0)
    return float(np.sum(gains * caught / (ends + 1)))


def _seen(
    truth: NDArray[np.bool_], near: NDArray[np.bool_], order: NDArray[np.intp], ends: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return at each step the share of true stretches, with what is near them, that a point above meets."""
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    firsts = [place[start:stop].min() for start, stop in ranges(near)]
    return np.searchsorted(np.sort(firsts), ends, side="right") / len(firsts)


def vus_pr(outlier: ArrayLike, outlierness: ArrayLike, largest_buffer: int, n_buffers: int = 11) -> float:
    r"""Volume under the surface of precision, recall and buffer: the mean over buffers of the area.

    Parameters
    ----------
    outlier : bool (T,)
        The truth; both kinds must occur.
    outlierness : float (T,)
        Larger = more outlying; finite.
    largest_buffer : int
        In points: a period, or the length of a usual stretch.
    n_buffers : int
        How many buffers from 0 to that, evenly spaced.

    Returns
    -------
    float in [0, 1]
        The mean of :func:`range_average_precision`.

    Raises
    ------
    ValueError
        If lengths differ, a score is not finite, or one kind is missing.

    References
    ----------
    Paparrizos and others, PVLDB 15 (2022), section 4.2, VUS-PR.

    Examples
    --------
    >>> vus_pr([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.5], 0)
    0.8333333333333333
    """
    buffers = np.unique(np.linspace(0, largest_buffer, n_buffers).astype(int))
    return float(np.mean([range_average_precision(outlier, outlierness, int(size)) for size in buffers]))
