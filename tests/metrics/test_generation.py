"""Measures of samples: closed forms, limits, brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from robustgen.metrics.generation import density_coverage, frechet_distance, precision_recall


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(120, 4)), rng.normal(size=(90, 4)) @ rng.normal(size=(4, 4)) + 0.3


def test_frechet_distance_is_that_of_the_matrix_root(rows):
    first, second = (np.cov(one.T, ddof=0) for one in rows)
    shift = rows[0].mean(0) - rows[1].mean(0)
    expected = shift @ shift + np.trace(first + second - 2 * np.real(sqrtm(first @ second)))
    assert frechet_distance(*rows) == pytest.approx(expected)


def test_frechet_distance_is_symmetric_and_0_for_the_same_rows(rows):
    assert frechet_distance(*rows) == pytest.approx(frechet_distance(*rows[::-1]))
    assert frechet_distance(rows[0], rows[0]) == pytest.approx(0, abs=1e-9)
    flat = rows[0] * [1, 1, 0, 0]  # a singular covariance, as features of a ReLU have
    assert frechet_distance(flat, flat) == pytest.approx(0, abs=1e-9)


def within(centres: np.ndarray, points: np.ndarray, k: int) -> np.ndarray:
    """Tell by brute force which ball (centre, k-th neighbour) holds which point."""
    radii = np.sort(np.linalg.norm(centres[:, None] - centres, axis=-1), axis=1)[:, k]
    return np.linalg.norm(points[:, None] - centres, axis=-1) <= radii


def test_precision_and_recall_are_those_of_brute_force(rows):
    real, made = rows
    expected = within(real, made, 3).any(1).mean(), within(made, real, 3).any(1).mean()
    assert precision_recall(real, made) == pytest.approx(expected)


def test_density_and_coverage_are_those_of_brute_force(rows):
    real, made = rows
    held = within(real, made, 5)
    assert density_coverage(real, made) == pytest.approx((held.sum(1).mean() / 5, held.any(0).mean()))


@pytest.mark.parametrize("factor", [1e-6, 1, 1e6])
@pytest.mark.parametrize("shift", [0, 1e4])
def test_neither_unit_nor_origin_matters(rows, factor, shift):
    """Some rows are repeated, whose balls have no radius."""
    real, made = (np.concatenate([one, one[:6], one[:6], one[:6], one[:6], one[:6]]) for one in rows)
    moved = [(one + shift) * factor for one in (real, made)]
    assert precision_recall(*moved) == precision_recall(real, made)
    assert density_coverage(*moved) == density_coverage(real, made)


def test_one_repeated_sample_is_precise_and_recalls_nothing(rows):
    real, _ = rows
    made = np.repeat(real[:1], 50, axis=0)
    precision, recall = precision_recall(real, made)
    assert precision == 1
    assert recall < 0.05
    assert density_coverage(real, made)[1] < 0.2
