"""Rankings: equal to counting rows, to scikit-learn's curves, and to cases worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from robustgen import metrics


def scores(seed, ties):
    rng = np.random.default_rng(seed)
    outlier = rng.random(200) < 0.2
    outlierness = rng.normal(size=200) + outlier
    return outlier, np.round(outlierness, 1) if ties else outlierness


RANDOM = pytest.mark.parametrize(("seed", "ties"), [(0, False), (1, False), (2, True), (3, True)])


@RANDOM
def test_auroc_is_that_of_scikit_learn(seed, ties):
    outlier, outlierness = scores(seed, ties)
    assert metrics.auroc(outlier, outlierness) == pytest.approx(roc_auc_score(outlier, outlierness))


@RANDOM
def test_auroc_counts_pairs(seed, ties):
    outlier, outlierness = scores(seed, ties)
    gap = outlierness[outlier][:, None] - outlierness[~outlier]
    assert metrics.auroc(outlier, outlierness) == pytest.approx(np.mean((gap > 0) + (gap == 0) / 2))


@RANDOM
def test_average_precision_is_that_of_scikit_learn(seed, ties):
    outlier, outlierness = scores(seed, ties)
    expected = average_precision_score(outlier, outlierness)
    assert metrics.average_precision(outlier, outlierness) == pytest.approx(expected)


@RANDOM
@pytest.mark.parametrize("rate", [0.0, 0.01, 0.05, 0.5, 1.0])
def test_recall_at_false_alarms_is_read_off_the_roc_curve(seed, ties, rate):
    outlier, outlierness = scores(seed, ties)
    false_rate, recall, _ = roc_curve(outlier, outlierness, drop_intermediate=False)
    expected = recall[false_rate <= rate].max()
    assert metrics.recall_at_false_alarms(outlier, outlierness, rate) == pytest.approx(expected)


def test_a_rate_that_is_a_whole_number_of_inliers_allows_them_all():
    """Whatever rounding makes of the product."""
    for allowed in range(101):
        outlier = np.r_[np.zeros(allowed), 1, np.zeros(100 - allowed)]  # in the order of the scores
        assert metrics.recall_at_false_alarms(outlier, -np.arange(101.0), allowed / 100) == 1


@RANDOM
def test_precision_at_n_is_the_mean_over_orders_of_ties(seed, ties):
    outlier, outlierness = scores(seed, ties)
    rng = np.random.default_rng(0)
    n = outlier.sum()
    shuffled = [np.lexsort((rng.random(outlier.size), -outlierness)) for _ in range(2000)]
    expected = np.mean([outlier[order[:n]].mean() for order in shuffled])
    assert metrics.precision_at_n(outlier, outlierness) == pytest.approx(expected, abs=0.01)


@RANDOM
def test_the_curve_has_average_precision_under_it(seed, ties):
    outlier, outlierness = scores(seed, ties)
    n = int(outlier.sum())
    recall, precision = metrics.precision_recall_curve(outlier, outlierness, points=n + 1)
    np.testing.assert_allclose(recall, np.arange(n + 1) / n)
    assert precision[1:].mean() == pytest.approx(metrics.average_precision(outlier, outlierness))


def test_the_curve_by_hand():
    # Thresholds from above find: outlier, inlier, outlier.
    recall, precision = metrics.precision_recall_curve([1, 0, 1], [3.0, 2.0, 1.0], points=5)
    np.testing.assert_allclose(recall, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(precision, [1, 1, 1, 2 / 3, 2 / 3])


def test_by_hand_with_a_tie():
    # Scores 2 | 1 1 | 0 hold: outlier | outlier and inlier | inlier.
    outlier, outlierness = [1, 1, 0, 0], [2.0, 1.0, 1.0, 0.0]
    assert metrics.auroc(outlier, outlierness) == pytest.approx(3.5 / 4)
    assert metrics.average_precision(outlier, outlierness) == pytest.approx(1 / 2 + 1 / 2 * 2 / 3)
    assert metrics.precision_at_n(outlier, outlierness) == pytest.approx(1.5 / 2)
    assert metrics.recall_at_false_alarms(outlier, outlierness, 0.49) == 0.5


ALL = {
    "auroc": metrics.auroc,
    "average_precision": metrics.average_precision,
    "precision_at_n": metrics.precision_at_n,
    "recall_at_1pct": lambda outlier, score: metrics.recall_at_false_alarms(outlier, score, 0.01),
}
EACH = pytest.mark.parametrize("metric", ALL.values(), ids=ALL)


@EACH
def test_a_perfect_ranking_gets_one_and_the_reverse_gets_the_least(metric):
    outlier = np.arange(20) >= 15
    assert metric(outlier, np.arange(20.0)) == 1.0
    assert metric(outlier, -np.arange(20.0)) < 0.3


@EACH
def test_only_the_order_counts(metric):
    outlier, outlierness = scores(5, ties=True)
    assert metric(outlier, np.exp(outlierness)) == pytest.approx(metric(outlier, outlierness))


@EACH
def test_the_order_of_rows_does_not_count(metric):
    outlier, outlierness = scores(6, ties=True)
    order = np.random.default_rng(0).permutation(outlier.size)
    assert metric(outlier[order], outlierness[order]) == pytest.approx(metric(outlier, outlierness))


def test_a_detector_that_says_nothing_gets_what_chance_gets():
    outlier = np.arange(10) < 3
    constant = np.zeros(10)
    assert metrics.auroc(outlier, constant) == 0.5
    assert metrics.average_precision(outlier, constant) == pytest.approx(0.3)
    assert metrics.precision_at_n(outlier, constant) == pytest.approx(0.3)


@EACH
@pytest.mark.parametrize(
    ("outlier", "outlierness", "message"),
    [
        ([0, 1], [0.1, np.nan], "contains NaN"),
        ([0, 0], [0.1, 0.2], "expected inliers and outliers"),
        ([0, 1], [0.1], "inconsistent numbers"),
    ],
)
def test_what_cannot_be_ranked_is_refused(metric, outlier, outlierness, message):
    with pytest.raises(ValueError, match=message):
        metric(outlier, outlierness)


def test_a_rate_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match="false alarms"):
        metrics.recall_at_false_alarms([0, 1], [0.0, 1.0], 1.5)


def counted(outlier, outlierness):
    """Count hits and false alarms at each threshold, row by row."""
    flagged = [outlierness >= threshold for threshold in np.unique(outlierness)[::-1]]
    return [(np.count_nonzero(outlier[some]), np.count_nonzero(~outlier[some])) for some in flagged]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(-4, 4)), min_size=2, max_size=60), st.floats(0, 1))
def test_all_of_them_are_what_counting_says(rows, rate):
    outlier, outlierness = (np.array(column) for column in zip(*rows, strict=True))
    assume(outlier.any() and not outlier.all())
    steps = counted(outlier, outlierness)
    n, allowed = np.count_nonzero(outlier), rate * np.count_nonzero(~outlier) + 1e-9
    best = max([hits for hits, false in steps if false <= allowed], default=0) / n
    assert metrics.recall_at_false_alarms(outlier, outlierness, rate) == pytest.approx(best, abs=1e-12)
    grid, precision = metrics.precision_recall_curve(outlier, outlierness, points=7)
    for share, found in zip(grid, precision, strict=True):
        hits, false = next(step for step in steps if step[0] >= max(share * n - 1e-9, 1))
        assert found == pytest.approx(hits / (hits + false), abs=1e-12)
    gap = outlierness[outlier][:, None] - outlierness[~outlier]
    assert metrics.auroc(outlier, outlierness) == pytest.approx(
        np.mean((gap > 0) + (gap == 0) / 2), abs=1e-12
    )
    area = sum((b[0] - a[0]) / n * b[0] / sum(b) for a, b in pairwise([(0, 0), *steps]))
    assert metrics.average_precision(outlier, outlierness) == pytest.approx(area, abs=1e-12)
    flagged, hits = np.r_[0, [sum(step) for step in steps]], np.r_[0, [step[0] for step in steps]]
    expected = np.interp(n, flagged, hits) / n
    assert metrics.precision_at_n(outlier, outlierness) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("labels", [[-1, 1, 1, 1], [0, 1, np.nan, 0], [0, 1, 2, 0], ["a", "b", "a", "a"]])
def test_labels_that_would_all_be_true_are_refused(labels):
    with pytest.raises(ValueError, match=r"got labels .* expected 1 or True for an outlier"):
        metrics.auroc(labels, [0.1, 0.2, 0.3, 0.4])
