"""The estimated contamination."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from robustgen._checks import UsageError
from robustgen.inference.corruption import (
    Bulk,
    agreed_corruption,
    counted_corruption,
    estimate_corruption,
    widened,
)

INLIERS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "gamma": lambda rng, n: rng.gamma(20, 1, size=n),
    "uniform": lambda rng, n: rng.random(n),
}


def planted(corruption: float, inliers: str = "normal", n_rows: int = 2000, seed: int = 0) -> np.ndarray:
    """Scores of inliers, and of outliers twelve standard deviations below them."""
    rng = np.random.default_rng(seed)
    good = INLIERS[inliers](rng, n_rows)
    n_outliers = round(corruption * n_rows)
    good[:n_outliers] = good.mean() + good.std() * (12 + rng.normal(size=n_outliers))
    return -good


@pytest.mark.parametrize("inliers", INLIERS)
@pytest.mark.parametrize("corruption", [0.0, 0.05, 0.1, 0.2, 0.3, 0.45])
def test_outliers_that_stand_apart_are_counted(corruption, inliers):
    found = estimate_corruption(planted(corruption, inliers))
    assert found.share == pytest.approx(corruption, abs=0.015)
    assert found.interval[0] <= found.share <= found.interval[1]
    if corruption <= 0.2:
        assert found.interval[0] <= corruption <= found.interval[1]


def test_shift_scale_and_order_of_the_scores_do_not_matter():
    scores = planted(0.2)
    expected = estimate_corruption(scores)
    shuffled = np.random.default_rng(1).permutation(scores)
    for same in (16 * scores, scores + 1024, shuffled):
        assert estimate_corruption(same).share == expected.share
    assert estimate_corruption(shuffled) == expected


def test_how_far_away_an_outlier_is_does_not_matter():
    scores = planted(0.1)
    scores[0] = -1e3
    near = estimate_corruption(scores)
    scores[0] = -1e9
    assert estimate_corruption(scores) == near


def test_more_rows_narrow_the_interval():
    widths = [np.ptp(estimate_corruption(planted(0.1, n_rows=n)).interval) for n in (100, 10_000)]
    assert widths[1] < widths[0]


def test_outliers_that_score_like_inliers_cannot_be_counted():
    assert estimate_corruption(planted(0.0)[:1000]).share < 0.01


@pytest.mark.parametrize(
    ("scores", "share"),
    [
        (np.zeros(10), 0.0),
        (np.full(7, 0.1) + 1e-17, 0.0),
        (np.array([3.0]), 0.0),
        (np.array([3.0, 5.0]), 0.0),
        (np.r_[np.zeros(9), -1.0], 0.1),
        (np.r_[np.full(8, 1e-200), -1e200, -1e200], 0.2),
        (-np.arange(5.0), 0.0),
    ],
    ids=["zeros", "noise", "one row", "two rows", "ties and one", "huge", "a ladder"],
)
def test_odd_scores_have_an_estimate(scores, share):
    found = estimate_corruption(scores)
    assert found.share == pytest.approx(share)
    assert 0 <= found.interval[0] <= found.interval[1] <= 0.5


def test_how_many_resamples_are_drawn_at_once_changes_no_bit(monkeypatch):
    together = estimate_corruption(planted(0.2))
    monkeypatch.setattr("robustgen.inference.corruption.DRAWN_AT_ONCE", 3000)
    assert estimate_corruption(planted(0.2)) == together


def test_half_of_the_rows_stay_in_the_bulk():
    assert Bulk.of(np.arange(10.0), cut=0.01).n_rows == 5
    assert Bulk.of(np.arange(11.0), cut=0.01).n_rows == 6


@pytest.mark.parametrize("scores", [np.empty(0), np.array([1.0, np.nan]), np.ones((2, 2))])
def test_what_is_no_score_is_refused(scores):
    with pytest.raises(UsageError, match="expected one finite number a row"):
        estimate_corruption(scores)


def test_a_counted_share_has_the_interval_of_a_share():
    found = counted_corruption(30, 100)
    z = 1.6448536269514722
    centre, half = (0.3 + z**2 / 200) / (1 + z**2 / 100), np.sqrt(0.3 * 0.7 / 100 + z**2 / 40_000)
    half *= z / (1 + z**2 / 100)
    assert found.share == 0.3
    assert found.interval == pytest.approx((centre - half, centre + half))


TAILS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "t": lambda rng, n: rng.standard_t(3, size=n),
}


def unlike(corruption: float, tail: str, n_models: int = 3, n_rows: int = 2000) -> list[np.ndarray]:
    """Scores of models that agree on the outliers, and on nothing else."""
    rng = np.random.default_rng(0)
    outlier = np.arange(n_rows) < round(corruption * n_rows)
    return [-(1 + k) * np.where(outlier, 40, TAILS[tail](rng, n_rows)) for k in range(n_models)]


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("corruption", [0.0, 0.05, 0.1, 0.2, 0.3, 0.45])
def test_what_all_models_set_apart_is_counted_however_long_their_tails(corruption, tail):
    found = agreed_corruption(unlike(corruption, tail))
    assert found.share == pytest.approx(corruption, abs=0.002)
    assert found.interval[0] <= corruption <= found.interval[1]


def test_of_a_single_model_with_a_long_tail_inliers_are_counted():
    assert all(estimate_corruption(model).share > 0.02 for model in unlike(0.0, "exponential"))


def test_one_model_is_its_own_agreement():
    scores = planted(0.2)
    assert (
        agreed_corruption([scores]) == agreed_corruption([scores, 3 * scores]) == estimate_corruption(scores)
    )


@pytest.mark.parametrize("tail", TAILS)
def test_each_further_model_lowers_the_share_and_widens_the_interval(tail):
    models = unlike(0.1, tail)
    found = [agreed_corruption(models[: k + 1]) for k in range(3)]
    alone = [estimate_corruption(model) for model in models]
    for few, many in pairwise(found):
        assert many.share <= few.share
        assert many.interval[0] <= few.interval[0]
    assert found[-1].share <= min(model.share for model in alone)
    assert found[-1].interval[1] >= max(model.interval[1] for model in alone) - 0.02


def test_the_order_of_the_rows_and_the_units_of_the_models_do_not_matter_to_the_agreement():
    models = unlike(0.2, "t")
    order = np.random.default_rng(1).permutation(2000)
    assert agreed_corruption([model[order] for model in models]) == agreed_corruption(models)
    assert agreed_corruption([16 * model for model in models]) == agreed_corruption(models)


def test_outliers_are_the_minority_even_where_each_row_is_one_to_some_model():
    models = [np.where(np.arange(10) // 3 == k, -9.0, np.arange(10) / 10) for k in range(3)]
    found = agreed_corruption(models)
    assert found.share == 0
    assert found.interval == (0, 0.5)


@pytest.mark.parametrize("scores", [[], [np.zeros(3), np.zeros(4)]])
def test_models_of_different_rows_are_refused(scores):
    with pytest.raises(UsageError, match="expected those of the same rows"):
        agreed_corruption(scores)


def test_others_widen_the_interval_and_leave_the_share():
    rng = np.random.default_rng(0)
    outlier = np.arange(1000) < 200
    models = [-(20.0 * outlier + rng.normal(size=1000)) for _ in range(2)]
    blind = [-rng.normal(size=1000)]
    alone, doubted = agreed_corruption(models), agreed_corruption(models, blind)
    assert doubted.share == alone.share == pytest.approx(0.2, abs=0.01)
    assert doubted.interval[0] == 0  # one model sees no outlier at all
    assert alone.interval[0] > 0.15
    assert doubted.interval[1] >= alone.share


def test_what_is_odd_in_one_description_widens_the_interval_and_leaves_the_share():
    rng = np.random.default_rng(0)
    blind = [-rng.chisquare(3, size=(2, 400)) for _ in range(2)]
    sees = -rng.chisquare(3, size=(2, 400))
    sees[:, :120] -= 40
    estimate = agreed_corruption(blind[0])
    wide = widened(estimate, [*blind, sees])
    assert wide.share == estimate.share
    assert wide.interval[0] <= estimate.interval[0] <= 0.3 <= wide.interval[1] <= 0.5
    assert widened(estimate, []) == estimate
