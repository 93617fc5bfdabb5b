"""A share of rows is the number of rows that it says, whatever its binary digits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from robustgen._rounding import whole_above, whole_below
from robustgen.data.corruption import largest_corruption, most_inliers
from robustgen.densities.clean_subset import least_suspected
from robustgen.inference.p_values import trimmed

FEW = settings(max_examples=200, deadline=None, derandomize=True)
SHARES = st.integers(1, 99)


@FEW
@given(SHARES, st.integers(1, 10**7))
def test_a_share_of_so_many_hundredths_is_counted_as_by_hand(hundredths, n_rows):
    exact = Fraction(hundredths, 100) * n_rows
    assert whole_below(hundredths / 100 * n_rows) == exact.__floor__()
    assert whole_above(hundredths / 100 * n_rows) == exact.__ceil__()


@FEW
@given(SHARES)
def test_of_a_hundred_rows_so_many_are_taken(hundredths):
    share, errors = hundredths / 100, np.arange(100.0)
    assert int(least_suspected([errors], share).sum()) == max(2, hundredths)
    assert trimmed(-errors, share).size == 100 - hundredths


@FEW
@given(st.integers(1, 49), st.integers(1, 1000))
def test_so_many_inliers_beside_so_many_outliers(hundredths, times):
    n_outliers, n_inliers = hundredths * times, (100 - hundredths) * times
    assert most_inliers(n_outliers, hundredths / 100) == n_inliers
    assert largest_corruption(n_inliers, n_outliers) == hundredths / 100
