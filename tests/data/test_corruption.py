"""How many outliers make a corruption."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustgen._checks import UsageError
from robustgen.data.corruption import (
    check_corruption,
    check_corruption_of,
    largest_corruption,
    most_inliers,
    outliers_needed,
)

SHARES = st.floats(0.001, 0.499)
COUNTS = st.integers(1, 100_000)


@given(n_inliers=COUNTS, corruption=SHARES)
def test_the_share_of_all_rows_is_right_to_half_an_outlier(n_inliers, corruption):
    exact = corruption * n_inliers / (1 - corruption)
    assert abs(outliers_needed(n_inliers, corruption) - exact) <= 0.5 + 1e-9


@given(n_inliers=COUNTS, corruption=SHARES)
def test_the_share_of_the_inliers_is_right_to_half_an_outlier(n_inliers, corruption):
    assert abs(outliers_needed(n_inliers, corruption, "inliers") - corruption * n_inliers) <= 0.5 + 1e-9


@given(n_outliers=COUNTS, max_corruption=SHARES, of=st.sampled_from(["all", "inliers"]))
def test_a_draw_has_the_outliers_for_its_largest_corruption(n_outliers, max_corruption, of):
    n_inliers = most_inliers(n_outliers, max_corruption, of)
    assert outliers_needed(n_inliers, max_corruption, of) <= n_outliers


@given(n_inliers=COUNTS, n_outliers=COUNTS, of=st.sampled_from(["all", "inliers"]))
def test_the_largest_corruption_is_reachable_and_allowed(n_inliers, n_outliers, of):
    largest = largest_corruption(n_inliers, n_outliers, of)
    check_corruption(largest, of)
    assert outliers_needed(n_inliers, largest, of) <= n_outliers


@pytest.mark.parametrize("corruption", [-0.1, 0.5, 1.5, float("nan")])
def test_half_of_the_rows_or_more_is_refused(corruption):
    with pytest.raises(UsageError, match=r"at least 0 and below 0\.5"):
        check_corruption(corruption)


def test_the_papers_ratio_goes_up_to_one():
    check_corruption(0.9, "inliers")
    with pytest.raises(UsageError, match="below 1"):
        check_corruption(1.0, "inliers")


def test_corruption_is_of_all_or_of_the_inliers():
    with pytest.raises(UsageError, match="did you mean 'inliers'"):
        check_corruption_of("inlier")
