"""The probability of a row to be an inlier, and the audit that it makes."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.inference.audit import InlierProbability, audit
from tests.inference.test_corruption import planted

ROWS = {
    "planted": planted(0.2),
    "clean": planted(0.0),
    "ties": np.repeat([0.0, -1.0, -5.0], [50, 30, 20]),
    "constant": np.ones(20),
    "two rows": np.array([-1.0, -2.0]),
    "one row": np.array([-1.0]),
    "far": np.r_[-np.arange(50.0), -1e300],
}


@pytest.mark.parametrize("scores", ROWS.values(), ids=ROWS)
def test_it_is_a_probability_that_follows_the_score(scores):
    grid = np.linspace(scores.min() - 1, scores.max() + 1, 500)
    weight = InlierProbability(scores)(grid)
    assert ((weight >= 0) & (weight <= 1)).all()
    assert (np.diff(weight) >= 0).all()
    assert InlierProbability(scores)(scores).max() == 1


def test_where_nothing_sticks_out_every_row_is_an_inlier():
    assert InlierProbability(ROWS["constant"])(ROWS["constant"]).min() == 1
    assert InlierProbability(ROWS["clean"])(ROWS["clean"]).mean() > 0.9


@pytest.mark.parametrize("distance", [4.0, 6.0])
def test_it_is_calibrated_where_the_inliers_are_normal(distance):
    """Of the rows that get about w, about the share w are inliers; 20 % of them are not."""
    rng = np.random.default_rng(0)
    inlier = rng.random(50_000) > 0.2
    errors = rng.normal(size=50_000) + np.where(inlier, 0.0, distance)
    weight = InlierProbability(-errors)(-errors)
    assert weight.mean() == pytest.approx(0.8, abs=0.05)
    for lower, upper in [(0.0, 0.1), (0.9, 1.0)]:
        taken = (weight >= lower) & (weight <= upper)
        assert inlier[taken].mean() == pytest.approx(weight[taken].mean(), abs=0.06)


def test_an_extreme_row_has_the_weight_of_one_row():
    scores = planted(0.1)
    before = InlierProbability(scores)(scores)
    scores[0] = -1e12
    after = InlierProbability(scores)(scores)
    np.testing.assert_allclose(after[1:], before[1:], atol=0.01)


def test_the_support_leaves_out_the_estimated_share():
    scores = planted(0.2)
    found = audit(scores)
    assert (~found.support).sum() == round(2000 * found.corruption.share)
    assert scores[~found.support].max() < scores[found.support].min()
    assert (found.inlier_weight[~found.support] < 0.05).all()


def test_of_many_rows_some_are_asked_and_all_are_told_apart(monkeypatch):
    rng = np.random.default_rng(0)
    scores = -np.r_[rng.normal(5, 1, size=8000), rng.normal(20, 3, size=2000)]
    of_all = audit(scores)
    monkeypatch.setattr("robustgen.inference.audit.ASKED_ROWS", 2000)
    found = audit(scores)
    assert found.corruption.share == pytest.approx(of_all.corruption.share, abs=0.02)
    assert (~found.support).sum() == round(found.corruption.share * 10_000)
    assert np.abs(found.inlier_weight - of_all.inlier_weight).mean() < 0.01
