"""What a person says of some rows, and what follows for the rows around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.metrics import pairwise_distances, pairwise_distances_argmin

from robustgen._checks import UsageError
from robustgen.detectors.comparison import Comparison, fit_comparison
from robustgen.inference.corruption import LEVEL, MINORITY, Corruption

OVERLAP = 0.7
"""Neighbourhoods overlap where their middles are nearer than this share of their radii's sum."""
LEAST_ROWS = 2


@dataclass(frozen=True)
class Answers:
    """Rows that were judged, by their places, to be given to ``fit`` as ``y``.

    An array of 1, -1 and 0 says the same where it holds a -1; without one it could be class labels, which
    every detector ignores. So it takes this class to say that all judged rows are normal.

    Parameters
    ----------
    normal, outliers : sequence of int
        The places of the rows that were judged normal, and of those that were judged outliers.

    Examples
    --------
    >>> check_answers(Answers(normal=[2], outliers=[0]), 4)
    array([-1,  0,  1,  0], dtype=int8)
    """

    normal: Sequence[int] = ()
    outliers: Sequence[int] = ()

    def values(self, n_rows: int) -> NDArray[np.int8]:
        """Return 1, -1 or 0 for each row.

        Parameters
        ----------
        n_rows : int
            Of the table.

        Returns
        -------
        ndarray of int8, (n,)
            As an array of answers.

        Raises
        ------
        UsageError
            When a place is none of theirs, or has two answers.
        """
        places = np.r_[np.asarray(self.normal, dtype=int), np.asarray(self.outliers, dtype=int)]
        if places.size and not 0 <= places.min() <= places.max() < n_rows:
            strange = places[(places < 0) | (places >= n_rows)][0]
            raise UsageError(f"got an answer for row {strange}, expected places from 0 to {n_rows - 1}")
        both = np.intersect1d(self.normal, self.outliers)
        if both.size:
            raise UsageError(f"got row {both[0]} as normal and as an outlier, expected one answer a row")
        answers = np.zeros(n_rows, dtype=np.int8)
        answers[np.asarray(self.normal, dtype=int)] = 1
        answers[np.asarray(self.outliers, dtype=int)] = -1
        return answers


def check_answers(y: Any, n_rows: int) -> NDArray[np.int8] | None:
    """Return what a person says of the rows, or None where ``y`` says nothing of the kind.

    Parameters
    ----------
    y : Answers, array or None
        An array with a -1 in it holds answers: 1 for a row that was judged normal, -1 for an outlier, 0 for
        one that was not judged. Any other array, such as class labels, is ignored, as scikit-learn's
        outlier detectors do; so is one that answers nothing.
    n_rows : int
        Of X.

    Returns
    -------
    ndarray of int8, (n,), or None
        The answers.

    Raises
    ------
    UsageError
        When another value stands beside a -1, or there is not one value for each row.

    Examples
    --------
    >>> check_answers([0, 1, 1, 0], 4)
    >>> check_answers([0, 1, -1, 0], 4)
    array([ 0,  1, -1,  0], dtype=int8)
    """
    if isinstance(y, Answers):
        answers = y.values(n_rows)
        return answers if answers.any() else None
    values = np.asarray(y)
    if values.dtype.kind not in "iufO" or not np.any(values == -1):
        return None
    if values.shape != (n_rows,):
        raise UsageError(
            f"got answers of shape {values.shape} for {n_rows} rows, expected one for each: "
            "1 normal, -1 outlier, 0 not judged"
        )
    strange = ~np.isin(values, (-1, 0, 1))
    if strange.any():
        raise UsageError(
            f"got y with {values[strange][0]} beside -1, expected answers (1 normal, -1 outlier, "
            "0 not judged), or class labels without a -1, which are ignored"
        )
    return values.astype(np.int8)


@dataclass(frozen=True)
class Neighbourhoods:
    """Every row goes with the judged row that is nearest to it.

    Attributes
    ----------
    judged : ndarray of int, (q,)
        The places of the judged rows.
    outlying : ndarray of bool, (q,)
        Whether each was judged an outlier.
    nearest : ndarray of int, (n,)
        Which of them is nearest to each row.
    comparison : robustgen.detectors.comparison.Comparison or None
        What rows are compared by, where they were not given as that.
    """

    judged: NDArray[np.intp]
    outlying: NDArray[np.bool_]
    nearest: NDArray[np.intp]
    comparison: Comparison | None = None

    @classmethod
    def of(cls, rows: NDArray[np.float64], answers: NDArray[np.int8]) -> Neighbourhoods:
        """Assign rows (n, d), as they are compared, to those that have an answer."""
        return cls.of_parts([rows], rows[np.flatnonzero(answers)], answers)

    @classmethod
    def of_parts(
        cls,
        parts: Iterable[NDArray[np.float64]],
        judged_rows: NDArray[np.float64],
        answers: NDArray[np.int8],
    ) -> Neighbourhoods:
        """Assign rows that come in parts (m, d) to the judged ones (q, d) among them."""
        judged = np.flatnonzero(answers)
        nearest = np.concatenate([pairwise_distances_argmin(part, judged_rows) for part in parts])
        nearest[judged] = np.arange(len(judged))  # a copy may have been judged otherwise
        return cls(judged, answers[judged] < 0, nearest)

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of the rows that goes with each judged row, (q,)."""
        return np.bincount(self.nearest, minlength=len(self.judged)) / len(self.nearest)

    @property
    def excluded(self) -> NDArray[np.bool_]:
        """Mark the rows (n,) that share the fate of an outlier.

        Where no row was judged normal nothing says how far an outlier's neighbourhood reaches: the judged
        rows leave alone.
        """
        if self.outlying.all():
            return np.isin(np.arange(len(self.nearest)), self.judged)
        return self.outlying[self.nearest]

    @property
    def remaining(self) -> NDArray[np.bool_]:
        """Mark the other rows (n,), which are learnt from."""
        return ~self.excluded

    @property
    def trusted(self) -> NDArray[np.intp]:
        """The places, among the remaining rows, of those that were judged normal."""
        return np.searchsorted(np.flatnonzero(self.remaining), self.judged[~self.outlying])

    def doubtful(self, rows: NDArray[np.float64]) -> NDArray[np.intp]:
        r"""Return the places of judged outliers that a normal neighbourhood overlaps: a second look pays.

        With :math:`d` the distance from the judged row to the nearest one that was judged normal, and
        :math:`r, r'` the root mean square distances of the two neighbourhoods' rows to these, it is
        doubtful where :math:`d < 0.7 (r + r')` and no other judged outlier is nearer than d. Among ten
        answers on tables, that was so of two in three that called a normal row an outlier, and of one
        in four that were right; nothing of the kind tells the opposite mistake.

        Parameters
        ----------
        rows : ndarray, (n, d)
            As they are compared.

        Returns
        -------
        ndarray of int, (m,)
            In the order of the rows.
        """
        if self.outlying.all():
            return self.judged[:0]
        squares = np.square(rows - rows[self.judged][self.nearest]).sum(1)
        sizes = np.bincount(self.nearest, minlength=len(self.judged))
        radius = np.sqrt(np.bincount(self.nearest, squares, len(self.judged)) / sizes)
        distance = pairwise_distances(rows[self.judged])
        np.fill_diagonal(distance, np.inf)
        normal = np.where(self.outlying, np.inf, distance)
        near = normal.argmin(1)
        overlap = normal.min(1) < OVERLAP * (radius + radius[near])
        alone = normal.min(1) < np.where(self.outlying, distance, np.inf).min(1)
        return self.judged[self.outlying & overlap & alone]

    def corruption(self) -> Corruption:
        r"""Estimate the share of outliers by the answers, as by a stratified sample.

        .. math:: \hat c = \sum_k w_k a_k

        with :math:`w_k` the share of the rows that go with the judged row k and :math:`a_k` 1 where it is
        an outlier. The interval is Wilson's at 90 % for :math:`1 / \sum_k w_k^2` rows (Kish's effective
        number), as if they had been drawn at random: so it is wide, since neighbourhoods are not pure.
        """
        shares = self.shares
        share = float(self.excluded.mean())
        return Corruption(*_wilson(share, 1 / float(np.square(shares).sum())))


def judged_neighbourhoods(X: Any, y: Any) -> Neighbourhoods | None:
    """Return which of the checked rows X go with which judged one, or None where ``y`` holds no answers.

    Raises
    ------
    UsageError
        When ``y`` holds other values beside answers, or fewer than two rows would remain.
    """
    answers = check_answers(y, X.shape[0])
    if answers is None:
        return None
    comparison = fit_comparison(X)
    judged_rows = comparison.rows(X[np.flatnonzero(answers)])
    found = replace(Neighbourhoods.of_parts(comparison.parts(X), judged_rows, answers), comparison=comparison)
    if np.count_nonzero(~found.excluded) < LEAST_ROWS:
        raise UsageError(
            f"got answers that leave {np.count_nonzero(~found.excluded)} of {X.shape[0]} rows to learn from, "
            f"expected {LEAST_ROWS} at least: judge more rows, or turn the answers round if they mean it"
        )
    return found


def _wilson(share: float, n: float) -> tuple[float, tuple[float, float]]:
    z = float(norm.ppf((1 + LEVEL) / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    lower, upper = max(0.0, float(centre - half)), min(1.0, float(centre + half))
    capped = min(share, MINORITY)
    return capped, (min(lower, capped), max(upper, capped))
