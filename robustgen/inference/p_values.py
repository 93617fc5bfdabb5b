"""Conformal p-values, and the decisions that control false discoveries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from robustgen._rounding import ROUNDING, whole_above, whole_below
from robustgen.inference.corruption import checked_scores
from robustgen.inference.ties import Tolerance

ROUNDED_ALIKE = Tolerance()


def trimmed(reference: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return reference scores in order, without the given share of lowest ones, rounded down.

    Examples
    --------
    >>> trimmed(np.array([-1.0, -9.0, -2.0, -3.0]), 0.3)
    array([-3., -2., -1.])
    """
    ordered = np.sort(checked_scores(reference))
    return ordered[whole_below(share * ordered.size) :]


def ranks(
    scores: NDArray[np.float64], reference: NDArray[np.float64], tolerance: Tolerance
) -> NDArray[np.intp]:
    """Count for each score the reference scores, in order, that are not larger, but for rounding."""
    return np.searchsorted(reference, tolerance.largest_equal(checked_scores(scores)), side="right")


def conformal_p_values(
    scores: NDArray[np.float64], reference: NDArray[np.float64], tolerance: Tolerance = ROUNDED_ALIKE
) -> NDArray[np.float64]:
    r"""Return the probability that an inlier scores as low, by the rank among held-out scores.

    .. math:: p(x) = \frac{1 + \#\{ i : r_i \le s(x) \}}{1 + n}

    Parameters
    ----------
    scores : ndarray of float, (m,)
        s, larger = more normal.
    reference : ndarray of float, (n,)
        r, scores of rows that the detector was not trained on.
    tolerance : Tolerance
        Which scores are equal; by default those that differ in the last digits of double precision.

    Returns
    -------
    ndarray of float, (m,)
        In [1 / (n + 1), 1]; small for outliers. Where the reference rows and x are exchangeable,
        :math:`P(p(x) \le t) \le t` for every t.

    References
    ----------
    Bates, Candes, Lei, Romano and Sesia, "Testing for outliers with conformal p-values", Annals of
    Statistics 51 (2023), equation 3.

    Examples
    --------
    >>> conformal_p_values(np.array([-9.0, -1.5]), np.array([-1.0, -2.0, -3.0, -4.0]))
    array([0.2, 0.8])
    """
    ordered = trimmed(reference, 0.0)
    return (1 + ranks(scores, ordered, tolerance)) / (1 + ordered.size)


def discoveries(p_values: NDArray[np.float64], fdr: float) -> NDArray[np.bool_]:
    r"""Mark outliers so that the expected share of inliers among them is at most ``fdr``.

    Benjamini and Hochberg's step-up rule: the rows with the k least p-values, k the largest number
    with :math:`p_{(k)} \le \text{fdr} \cdot k / m`.

    Parameters
    ----------
    p_values : ndarray of float, (m,)
        Of the rows that are decided on together.
    fdr : float in (0, 1)
        The false discovery rate.

    Returns
    -------
    ndarray of bool, (m,)
        The outliers.

    References
    ----------
    Benjamini and Hochberg, "Controlling the False Discovery Rate", JRSS B 57 (1995). Conformal
    p-values that share a reference are positively dependent, so the rate holds for them: Bates
    et al. (2023), theorem 2.

    Examples
    --------
    >>> discoveries(np.array([0.001, 0.04, 0.3, 0.9]), 0.1)
    array([ True,  True, False, False])
    """
    return false_discovery_control(p_values) <= fdr * (1 + ROUNDING)


def why_never(n_reference: int, fdr: float) -> str:
    """Say why no row at all can be discovered by so few reference scores; nothing where one can.

    Examples
    --------
    >>> why_never(8, 0.1)
    'no row can be discovered at a rate of 0.1 by 8 calibration rows: 9 or more are needed'
    """
    needed = whole_above(1 / fdr) - 1
    if n_reference >= needed:
        return ""
    return (
        f"no row can be discovered at a rate of {fdr:g} by {n_reference} calibration rows: {needed} or more "
        "are needed"
    )


def why_none(p_values: NDArray[np.float64], n_reference: int, fdr: float) -> str:
    r"""Say why nothing is discovered where that may be for want of reference scores.

    No p-value is below :math:`1 / (n + 1)`, so that :math:`k \ge m / (\text{fdr} \, (n + 1))` of the m rows
    have to have that one for any to be discovered.

    Parameters
    ----------
    p_values : ndarray of float, (m,)
        Of the rows that are decided on together, none of which is discovered.
    n_reference : int
        n, the number of reference scores.
    fdr : float in (0, 1)
        The false discovery rate.

    Returns
    -------
    str
        A sentence; empty where no row scores below all reference scores, though that could be enough.

    Examples
    --------
    >>> why_none(np.array([0.2, 0.9]), 4, 0.1)
    'no row can be discovered at a rate of 0.1 by 4 calibration rows: 9 or more are needed'
    >>> why_none(np.r_[0.01, np.full(99, 0.5)], 99, 0.1)
    '1 of the 100 rows lies below all 99 calibration rows, and at a rate of 0.1 there would have to be 10'
    """
    lowest = np.count_nonzero(p_values <= (1 + ROUNDING) / (n_reference + 1))
    if (never := why_never(n_reference, fdr)) or not lowest:
        return never
    least = whole_above(p_values.size / (fdr * (n_reference + 1)))
    lies = "lies" if lowest == 1 else "lie"
    return (
        f"{lowest} of the {p_values.size} rows {lies} below all {n_reference} calibration rows, and at a "
        f"rate of {fdr:g} there would have to be {least}"
    )
