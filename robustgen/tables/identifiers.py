"""Columns that name a row and say nothing of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from robustgen.tables.columns import MOST_CATEGORIES

LEAST_EXPECTED = 5.0
"""Repeated values that a measurement in the same range would have, from which on their absence counts."""
FEWER = 0.1
"""An identifier has fewer repeated values than this part of those."""
DIFFERENT = 0.95
"""The share of different texts, or of cells that are not missing, from which on a column names its rows."""
LEAST_TEXTS = 20
LARGEST_WHOLE = 2.0**53


def numbers_name_rows(values: NDArray[np.float64]) -> bool:
    r"""Tell whether numbers are identifiers: whole numbers that repeat less than measurements would.

    m draws from R equally likely values are expected to repeat

    .. math:: m - R \, \big( 1 - (1 - 1/R)^m \big)

    times (the birthday problem). Of the middle half of the numbers R is the range; identifiers have hardly
    any repeated value among them, where a measurement in as narrow a range would have many.

    Parameters
    ----------
    values : ndarray of float, (n,)
        A column without its copies of whole rows; NaN where a cell is missing.

    Returns
    -------
    bool
        False where more than 5 % are missing, since a row has its name, and where they are too few or
        their range is too wide to tell.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> numbers_name_rows(rng.permutation(100) + 1700.0), numbers_name_rows(rng.poisson(1750, 100) * 1.0)
    (True, False)
    """
    there = np.isfinite(values)
    if there.mean() < DIFFERENT:
        return False
    values = values[there]
    if (values % 1 != 0).any() or (np.abs(values) > LARGEST_WHOLE).any():
        return False
    middle = np.sort(values)[values.size // 4 : values.size - values.size // 4]
    if middle.size < 2:
        return False
    expected = _expected_repeats(middle.size, middle[-1] - middle[0] + 1)
    repeated = middle.size - np.unique(middle).size
    return bool(expected >= LEAST_EXPECTED and repeated < FEWER * expected)


def _expected_repeats(n_draws: int, n_values: float) -> float:
    if n_values == 1:
        return n_draws - 1.0
    return float(n_draws + n_values * np.expm1(n_draws * np.log1p(-1 / n_values)))


def texts_name_rows(cells: pd.Series) -> bool:
    """Tell whether text (n,), without its missing cells, is different in nearly all rows, or too varied.

    Examples
    --------
    >>> texts_name_rows(pd.Series([f"boiler {i}" for i in range(60)])), texts_name_rows(pd.Series(["a"] * 60))
    (True, False)
    """
    different = cells.nunique()
    too_many = different > MOST_CATEGORIES and different > len(cells) / 2
    return too_many or (len(cells) >= LEAST_TEXTS and different >= DIFFERENT * len(cells))
