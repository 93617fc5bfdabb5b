"""Decisions: equal to scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from robustgen import metrics

PAIRS = [
    (metrics.precision, precision_score),
    (metrics.recall, recall_score),
    (metrics.f1, f1_score),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("seed", range(3))
def test_decisions_are_measured_as_scikit_learn_does(ours, theirs, seed):
    outlier, flagged = np.random.default_rng(seed).random((2, 50)) < 0.3
    assert ours(outlier, flagged) == pytest.approx(theirs(outlier, flagged))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_nothing_flagged_is_worth_nothing(ours, theirs):
    assert ours([1, 0], [0, 0]) == theirs([1, 0], [0, 0], zero_division=0) == 0.0


def test_one_decision_a_row():
    with pytest.raises(ValueError, match="one decision a row"):
        metrics.recall([1, 0], [1])
