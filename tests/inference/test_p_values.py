"""Conformal p-values and Benjamini and Hochberg's rule, as theorems."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.inference.corruption import estimate_corruption
from robustgen.inference.p_values import conformal_p_values, discoveries, trimmed
from tests.inference.test_corruption import planted


def test_the_p_value_of_an_exchangeable_row_is_uniform():
    """Each of n + 1 rows in turn against the others: every rank comes once."""
    scores = np.random.default_rng(0).normal(size=50)
    p_values = [conformal_p_values(scores[[i]], np.delete(scores, i))[0] for i in range(scores.size)]
    np.testing.assert_allclose(np.sort(p_values), np.arange(1, 51) / 50)


def test_outliers_in_the_reference_make_p_values_larger():
    rng = np.random.default_rng(0)
    inliers, new = rng.normal(size=400), rng.normal(size=300)
    dirty = np.r_[inliers, rng.normal(-8, 1, size=100)]
    assert (conformal_p_values(new, dirty) >= conformal_p_values(new, inliers)).all()


def test_trimming_the_outliers_gives_the_p_values_of_the_clean_reference():
    rng = np.random.default_rng(0)
    inliers, new = rng.normal(size=400), rng.normal(size=300)
    dirty = np.r_[inliers, rng.normal(-20, 1, size=100)]
    np.testing.assert_array_equal(
        conformal_p_values(new, trimmed(dirty, 0.2)), conformal_p_values(new, inliers)
    )


def test_an_inlier_trimmed_by_mistake_lowers_a_p_value_by_one_row():
    rng = np.random.default_rng(0)
    inliers, new = rng.normal(size=400), rng.normal(size=300)
    lost = conformal_p_values(new, inliers) - conformal_p_values(new, trimmed(inliers, 0.05))
    assert lost.max() <= 20 / 381 + 1e-12


@pytest.mark.parametrize("corruption", [0.0, 0.1, 0.2])
@pytest.mark.parametrize("where", [0, -1], ids=["an outlier", "an inlier"])
@pytest.mark.parametrize("extreme", [-1e12, 1e12])
def test_one_extreme_reference_row_moves_no_p_value_by_more_than_a_hundredth(corruption, where, extreme):
    reference, new = planted(corruption, n_rows=400), planted(0.2, n_rows=500, seed=1)

    def p_values(rows: np.ndarray) -> np.ndarray:
        return conformal_p_values(new, trimmed(rows, estimate_corruption(rows).interval[0]))

    spoilt = reference.copy()
    spoilt[where] = extreme
    assert np.abs(p_values(spoilt) - p_values(reference)).max() <= 0.01


def test_discoveries_are_those_of_the_step_up_rule():
    rng = np.random.default_rng(0)
    for _ in range(50):
        p_values = rng.random(30) ** rng.integers(1, 6)
        ranked = np.sort(p_values)
        under = np.flatnonzero(ranked <= 0.1 * np.arange(1, 31) / 30)
        cut = ranked[under[-1]] if under.size else -1.0
        np.testing.assert_array_equal(discoveries(p_values, 0.1), p_values <= cut)


@pytest.mark.parametrize("corruption", [0.0, 0.1, 0.2])
def test_the_false_discovery_rate_is_kept_and_trimming_finds_more(corruption):
    false, found, found_untrimmed = [], [], []
    outlier = np.repeat([True, False], [100, 400])
    for seed in range(20):
        reference = planted(corruption, n_rows=400, seed=seed)
        new = planted(0.2, n_rows=500, seed=1000 + seed)
        share = estimate_corruption(reference).interval[0]
        marked = discoveries(conformal_p_values(new, trimmed(reference, share)), 0.1)
        false.append((marked & ~outlier).sum() / max(marked.sum(), 1))
        found.append(marked[outlier].mean())
        found_untrimmed.append(discoveries(conformal_p_values(new, reference), 0.1)[outlier].mean())
    assert np.mean(false) <= 0.1
    assert np.mean(found) > 0.5
    if corruption:
        assert np.mean(found_untrimmed) < 0.1
