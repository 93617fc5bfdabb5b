"""Scores that differ by rounding tie: what is far enough apart to differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robustgen._storable import storable

SINGLE, DOUBLE = 2e-6, 1e-9
"""What rounding may change of a score that is computed in single or double precision, as a share of it.

A row's score depends in its last digits on the rows that are scored with it, and on the number of threads.
"""


@storable
@dataclass(frozen=True)
class Tolerance:
    r"""How far apart two scores are equal: :math:`|s - t| \le \epsilon (\max(|s|, |t|) + u)`.

    Attributes
    ----------
    precision : float
        :math:`\epsilon`, ``SINGLE`` or ``DOUBLE``.
    unit : float
        u, the size of what a score is the sum or the difference of, where the score itself is near 0.

    Examples
    --------
    >>> tolerance = Tolerance.of(np.array([-1.0, -2.0, -4.0]), 1e-6)
    >>> tolerance.margins(np.array([-2.0, -2.0000001, -2.1]), -2.0).round(6)
    array([ 0. ,  0. , -0.1])
    """

    precision: float = DOUBLE
    unit: float = 0.0

    @classmethod
    def of(cls, scores: NDArray[np.float64], precision: float, least_unit: float = 0.0) -> Tolerance:
        """Take the median distance of training scores (n,) from their median as the unit: no row moves it.

        Examples
        --------
        >>> Tolerance.of(np.array([-1.0, -2.0, -1e12]), DOUBLE)
        Tolerance(precision=1e-09, unit=1.0)
        """
        return cls(precision, max(float(np.median(np.abs(scores - np.median(scores)))), least_unit))

    def margins(self, scores: NDArray[np.float64], offset: float) -> NDArray[np.float64]:
        """Return the scores (n,) minus an offset, 0 for those that are equal to it."""
        margins = np.asarray(scores, dtype=np.float64) - offset
        return np.where(
            np.abs(margins) <= self._allowed(np.maximum(np.abs(scores), abs(offset))), 0.0, margins
        )

    def joined(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return scores (n,) in which those that are equal are one number, so that any ranking ties them.

        From the lowest score on, what is equal to it takes its value; the next that is not begins anew. So no
        score moves by more than the tolerance, however many lie close together.

        Examples
        --------
        >>> Tolerance(1e-6).joined(np.array([3.0, 1.0000001, 2.0, 1.0]))
        array([3., 1., 2., 1.])
        """
        ordered, place = np.unique(scores, return_inverse=True)
        begins = np.searchsorted(ordered, self.largest_equal(ordered), side="right")
        first = 0
        while first < ordered.size:
            ordered[first : begins[first]] = ordered[first]
            first = begins[first]
        return ordered[place]

    def largest_equal(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest numbers (n,) that are equal to scores (n,)."""
        return scores + self._allowed(np.abs(scores))

    def _allowed(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.precision * (sizes + self.unit)
