"""Whole numbers of what floats count: 0.29 * 100 is a little below 29, and 0.55 * 100 a little above 55."""

from __future__ import annotations

import math

ROUNDING = 1e-12
"""What a product or a quotient of a share may be off by, as a part of it."""


def whole_below(number: float) -> int:
    """Return the largest whole number that is not above a number of 0 or more, but for rounding.

    Examples
    --------
    >>> whole_below(0.29 * 100), whole_below(0.299 * 100)
    (29, 29)
    """
    return math.floor(number * (1 + ROUNDING))


def whole_above(number: float) -> int:
    """Return the smallest whole number that is not below a number of 0 or more, but for rounding.

    Examples
    --------
    >>> whole_above(0.55 * 100), whole_above(0.551 * 100)
    (55, 56)
    """
    return math.ceil(number * (1 - ROUNDING))
