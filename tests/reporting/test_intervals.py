from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from robustgen.reporting import intervals

BY = ["detector"]


def frame(scores: np.ndarray) -> pd.DataFrame:
    """Cells of one detector from scores by set (row) and repetition (column)."""
    sets, repetitions = np.indices(scores.shape)
    return pd.DataFrame(
        {
            "detector": "knn",
            "dataset": [f"set{place}" for place in sets.ravel()],
            "inlier_class": "",
            "repetition": repetitions.ravel(),
            "auroc": scores.ravel(),
        }
    )


def interval(scores: np.ndarray) -> tuple[float, float]:
    low, high = intervals.intervals(frame(scores), BY, ["auroc"]).loc["knn", ["auroc_low", "auroc_high"]]
    return low, high


def test_few_sets_have_students_interval_over_repetitions() -> None:
    scores = 0.7 + np.random.default_rng(0).random((2, 3)) / 20
    expected = stats.t.interval(0.95, 2, loc=scores.mean(), scale=stats.sem(scores.mean(axis=0)))
    assert interval(scores) == pytest.approx(expected)


def test_no_interval_leaves_the_range_of_a_score() -> None:
    assert interval(np.array([[0.9, 1.0], [0.8, 1.0]]))[1] == 1


def test_many_sets_are_resampled_and_the_interval_is_near_the_normal_one() -> None:
    scores = np.random.default_rng(0).random((40, 1))
    expected = stats.norm.interval(0.95, loc=scores.mean(), scale=scores.std() / np.sqrt(40))
    assert interval(scores) == pytest.approx(expected, abs=0.01)


def test_the_same_scores_give_the_same_interval() -> None:
    scores = np.random.default_rng(0).random((9, 2))
    assert interval(scores) == interval(scores)


def test_sets_alike_leave_no_doubt() -> None:
    assert interval(np.full((7, 1), 0.75)) == (0.75, 0.75)


def test_a_detector_with_few_of_many_sets_has_none() -> None:
    many = frame(np.random.default_rng(0).random((8, 1)))
    few = many[:3].assign(detector="lunar")
    table = intervals.intervals(pd.concat([many, few]), BY, ["auroc"])
    assert table.loc["lunar"].isna().all()
    assert table.loc["knn"].notna().all()


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((22, 1), "band: 95 % bootstrap interval over 22 sets (2,000 resamples)"),
        ((2, 3), "band: 95 % t interval over 3 repetitions, for the 2 sets at hand"),
        ((2, 1), "no band: 2 sets, 1 repetition"),
    ],
)
def test_the_caption_says_what_the_band_is(shape: tuple[int, int], said: str) -> None:
    scores = frame(np.full(shape, 0.5))
    assert intervals.meaning(scores) == said
    drawn = intervals.intervals(scores, BY, ["auroc"]).notna().all(axis=None)
    assert drawn == said.startswith("band")
