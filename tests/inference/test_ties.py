"""Scores that differ by rounding are equal, wherever they are compared."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robustgen.inference.scores import below_threshold
from robustgen.inference.ties import SINGLE, Tolerance

FEW = settings(max_examples=50, deadline=None, derandomize=True)
PRECISIONS = st.sampled_from([1e-9, SINGLE, 1e-3])


@FEW
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), PRECISIONS)
def test_joining_moves_no_score_beyond_the_tolerance_and_turns_no_order(values, precision):
    scores = np.array(values)
    tolerance = Tolerance(precision, 1.0)
    joined = tolerance.joined(scores)
    assert np.all((joined <= scores) & (scores <= tolerance.largest_equal(joined)))
    assert np.all(np.diff(joined[scores.argsort()]) >= 0)
    np.testing.assert_array_equal(tolerance.joined(joined), joined)


@FEW
@given(st.integers(0, 2**32 - 1), st.floats(1e-200, 1e200))
def test_groups_of_noisy_scores_are_distinguished_and_not_split(seed, unit):
    rng = np.random.default_rng(seed)
    groups = rng.integers(1, 6, size=40)
    noisy = -unit * groups * (1 + 1e-13 * rng.normal(size=40))
    joined = Tolerance().joined(noisy)
    assert len(np.unique(joined)) == len(np.unique(groups))
    np.testing.assert_allclose(joined, -unit * groups, rtol=1e-9)


def test_scores_that_lie_close_do_not_all_become_one():
    """Each is equal to its neighbour; the first and the last are not equal."""
    chain = 1 + 5e-7 * np.arange(1001)
    joined = Tolerance(1e-6).joined(chain)
    assert len(np.unique(joined)) > 200
    np.testing.assert_allclose(joined, chain, rtol=2e-6)


@pytest.mark.parametrize("last_digits", [-1e-12, 0.0, 1e-12])
def test_a_row_at_the_threshold_is_no_outlier_whatever_its_last_digits(last_digits):
    detector = SimpleNamespace(offset_=-2.0)
    marked = below_threshold(detector, np.array([-2.0 * (1 + last_digits), -2.1, -1.0]))
    np.testing.assert_array_equal(marked, [False, True, False])
