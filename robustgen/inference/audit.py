"""Which training rows are taken as inliers, and how surely."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from sklearn.isotonic import isotonic_regression

from robustgen._seeds import subsample
from robustgen._storable import storable
from robustgen.inference.corruption import Bulk, Corruption, checked_scores, estimate_corruption

ASKED_ROWS = 2**20
"""Rows by whose scores an audit estimates, drawn at random where there are more: a share to .001."""
WORST = -1e300
"""The score of a row whose error is no number: below every other, and finite, so that it can be ranked."""


def finite_scores(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores (n,) in which what is no finite number is the worst outlier.

    A cell may be so far out that the error of its row overflows; NaN would compare as an inlier.

    Examples
    --------
    >>> finite_scores(np.array([-1.0, np.nan, -np.inf]))
    array([-1.e+000, -1.e+300, -1.e+300])
    """
    return np.where(np.isfinite(scores), scores, WORST)


def asked_scores(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scores (m,) by which is estimated: all of them, or some that are always the same."""
    return scores[subsample(len(scores), ASKED_ROWS, 0)] if len(scores) > ASKED_ROWS else scores


def contamination_offset(scores: NDArray[np.float64], contamination: float) -> float:
    """Return the score below which the given share of the training rows lies.

    Parameters
    ----------
    scores : ndarray of float, (n,)
        ``score_samples`` of the training rows, larger = more normal.
    contamination : float in [0, 0.5]
        The share of outliers to mark; 0 marks none of them.

    Returns
    -------
    float
        ``decision_function`` is the score minus this offset; its sign is the prediction.

    Examples
    --------
    >>> contamination_offset(np.array([-9.0, -1.0, -1.0, -1.0, -1.0]), 0.2) > -9
    True
    """
    return float(np.percentile(scores, 100 * contamination))


@storable
class InlierProbability:
    r"""The posterior of a two-groups model of scores, made monotone.

    .. math::
        w(e) = \frac{\hat g(1)}{\hat g(p)}, \quad p = 1 - \Phi\Big( \frac{e - m}{s} \Big)

    The inliers' errors e (minus the scores) are taken to be normal with the centre m and the spread s of
    :class:`robustgen.inference.corruption.Bulk`, so that p is uniform for them; :math:`\hat g` is the
    Grenander estimate, the decreasing density that fits the p of all rows best, and :math:`\hat g(1)`
    its level among the inliers. So w is one minus the local false discovery rate: it is 1 for the
    half that scores best and falls where there are more rows than the inliers explain. It uses no
    mean, no standard deviation and no extreme of the scores: a row however far away counts as one.

    Parameters
    ----------
    scores : ndarray of float, (n,)
        Larger = more normal: of the rows that tell how scores are distributed; of 1,048,576 of them where
        there are more.

    References
    ----------
    Efron, "Microarrays, Empirical Bayes and the Two-Groups Model", Statistical Science 23 (2008),
    equation 2.7; Strimmer, "A unified approach to false discovery rate estimation", BMC
    Bioinformatics 9 (2008), for the Grenander density.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> scores = -np.r_[rng.normal(5, 1, size=800), rng.normal(20, 3, size=200)]
    >>> InlierProbability(scores)(np.array([-5.0, -30.0])).round(1)
    array([1., 0.])
    """

    def __init__(self, scores: NDArray[np.float64]) -> None:
        errors = -checked_scores(asked_scores(scores))
        self._bulk = Bulk.of(np.sort(errors))
        above = self._bulk.standardised(errors).clip(min=0.0)
        self._far, counts = np.unique(-above, return_counts=True)  # the farthest first
        p = np.append(ndtr(self._far[:-1]), 1.0)
        width = np.maximum(np.diff(p, prepend=0.0), np.finfo(float).tiny)
        density = isotonic_regression(counts / above.size / width, sample_weight=width, increasing=False)
        self._weight = density[-1] / density

    def __call__(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability (m,) of rows with some scores (m,), larger for larger scores."""
        return np.interp(-self._bulk.standardised(-checked_scores(scores)), self._far, self._weight)


class Audit(NamedTuple):
    """What a detector says of the rows that it was trained on.

    Attributes
    ----------
    support : ndarray of bool, (n,)
        The rows taken as inliers: all but the estimated share, the lowest scores left out.
    inlier_weight : ndarray of float, (n,)
        The probability of each row to be an inlier, in [0, 1].
    corruption : Corruption
        The estimated share of outliers, with its interval.

    Examples
    --------
    >>> found = audit(-np.r_[np.linspace(1, 2, 18), 80.0, 90.0])
    >>> int(found.support.sum()), found.corruption.share, round(float(found.inlier_weight[-1]), 3)
    (18, 0.1, 0.0)
    """

    support: NDArray[np.bool_]
    inlier_weight: NDArray[np.float64]
    corruption: Corruption


def audit(scores: NDArray[np.float64], corruption: Corruption | None = None) -> Audit:
    """Tell the inliers among the training rows by their scores.

    Parameters
    ----------
    scores : ndarray of float, (n,)
        Of the training rows, larger = more normal.
    corruption : Corruption or None
        The share of outliers where the method has an estimate of its own; ``None`` takes
        :func:`robustgen.inference.corruption.estimate_corruption`.

    Returns
    -------
    Audit
        Rows with equal scores have equal weights; where the share cuts through them, the earlier
        rows are left out. Of more than 1,048,576 rows so many are asked for share and weights.

    Examples
    --------
    >>> audit(np.array([-1.0, -1.1, -1.2, -1.3, -90.0])).support
    array([ True,  True,  True,  True, False])
    """
    found = estimate_corruption(asked_scores(scores)) if corruption is None else corruption
    support = np.ones(len(scores), dtype=bool)
    support[np.argsort(scores, kind="stable")[: round(found.share * len(scores))]] = False
    return Audit(support, InlierProbability(scores)(scores), found)
