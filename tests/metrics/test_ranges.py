"""Metrics of stretches: cases worked out by hand, and what becomes of them where stretches are points."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen import metrics
from robustgen._checks import UsageError
from robustgen.metrics.ranges import buffered

TRUTH = np.array([0, 1, 1, 1, 1, 0, 0, 1, 1, 0])


@pytest.mark.parametrize(
    ("predicted", "alpha", "recall"),
    [
        (TRUTH, 0.0, 1.0),
        ([0, 1, 1, 0, 0, 0, 0, 1, 1, 0], 0.0, (0.5 + 1) / 2),
        ([0, 1, 0, 1, 0, 0, 0, 0, 0, 0], 0.0, (0.5 / 2 + 0) / 2),  # two pieces halve what they find
        ([0, 1, 0, 1, 0, 0, 0, 0, 0, 0], 1.0, 0.5),  # seen at all: one of two
        ([0, 1, 0, 1, 0, 0, 0, 0, 0, 0], 0.5, (0.5 + 0.5 * 0.25) / 2),
        (np.zeros(10, dtype=int), 0.0, 0.0),
    ],
)
def test_range_recall_by_hand(predicted, alpha, recall):
    assert metrics.range_recall(TRUTH, predicted, alpha) == pytest.approx(recall)


@pytest.mark.parametrize(
    ("predicted", "precision"),
    [
        (TRUTH, 1.0),
        ([1, 1, 0, 0, 0, 0, 0, 0, 0, 0], 0.5),
        ([1, 1, 0, 0, 0, 0, 0, 1, 1, 0], 0.75),
        ([0, 0, 0, 0, 1, 1, 1, 1, 0, 0], 0.25),  # half of it is true, in two pieces
        ([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0.0),
    ],
)
def test_range_precision_by_hand(predicted, precision):
    assert metrics.range_precision(TRUTH, predicted) == pytest.approx(precision)


def test_recall_and_precision_exchange_roles():
    predicted = np.array([0, 1, 0, 1, 1, 1, 0, 0, 1, 1])
    assert metrics.range_precision(TRUTH, predicted) == metrics.range_recall(predicted, TRUTH)


def test_the_buffer_by_hand():
    expected = [0, np.sqrt(0.5), np.sqrt(0.75), 1, 1, np.sqrt(0.75), np.sqrt(0.5), 0]
    np.testing.assert_allclose(buffered([0, 0, 0, 1, 1, 0, 0, 0], 4), expected)
    np.testing.assert_array_equal(buffered(TRUTH, 0), TRUTH)


def test_without_a_buffer_one_stretch_is_the_average_precision():
    rng = np.random.default_rng(0)
    truth = np.zeros(100, dtype=int)
    truth[40:55] = 1
    scores = rng.normal(size=100) + truth
    scores[47] = 9  # the stretch is met at the first step: what is seen is 1 throughout
    assert metrics.range_average_precision(truth, scores, 0) == pytest.approx(
        metrics.average_precision(truth, scores)
    )


def test_a_stretch_that_is_not_met_costs_recall_by_hand():
    # thresholds 3, 2, 1, 0: points 1, 1; stretches 1/2, 1/2, 1; recall (1/2)(1/2), 2/2 of it later
    truth, scores = [1, 0, 1, 0], [3.0, 2.0, 1.0, 0.0]
    steps = [(1 / 2 * 1 / 2, 1.0), (1 / 2 * 1 / 2, 1 / 2), (1.0, 2 / 3), (1.0, 1 / 2)]
    by_hand = sum((r - before) * p for (r, p), before in zip(steps, [0, 0.25, 0.25, 1], strict=True))
    assert metrics.range_average_precision(truth, scores, 0) == pytest.approx(by_hand)


def test_a_score_beside_the_stretch_counts_in_part():
    truth = np.zeros(60, dtype=int)
    truth[20:30] = 1
    late, far = truth.astype(float), truth.astype(float)
    late = np.roll(late, 3)
    far = np.roll(far, 20)
    assert metrics.vus_pr(truth, late, 10) > metrics.range_average_precision(truth, late, 0)
    assert metrics.vus_pr(truth, truth.astype(float), 10) > metrics.vus_pr(truth, late, 10)
    assert metrics.vus_pr(truth, late, 10) > metrics.vus_pr(truth, far, 10)


def test_ties_are_one_step_whatever_the_order():
    truth, scores = np.array([0, 1, 1, 0, 0, 1]), np.array([1.0, 1.0, 2.0, 1.0, 0.0, 0.0])
    flipped = metrics.vus_pr(truth[::-1], scores[::-1], 3)
    assert metrics.vus_pr(truth, scores, 3) == pytest.approx(flipped)


def test_what_has_no_value_is_refused():
    with pytest.raises(UsageError, match="got no marked point"):
        metrics.range_precision(TRUTH, np.zeros(10, dtype=int))
    with pytest.raises(UsageError, match="got 10 true and 3 predicted points"):
        metrics.range_recall(TRUTH, [0, 1, 0])
    with pytest.raises(ValueError, match="got rows of one kind"):
        metrics.vus_pr(np.zeros(5, dtype=int), np.arange(5.0), 2)
