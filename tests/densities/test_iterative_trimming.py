"""Iterative trimming finds the half that lies together, not the densest clump."""

from __future__ import annotations

import numpy as np
import torch

from robustgen.densities.iterative_trimming import trim_iteratively
from robustgen.densities.neighbours import mean_distance_to_others


def inliers_and_clump() -> torch.Tensor:
    """200 inliers, and a clump of 50 that is ten times denser."""
    rng = np.random.default_rng(0)
    inliers, clump = rng.normal(size=(200, 4)), 4 + 0.1 * rng.normal(size=(50, 4))
    return torch.from_numpy(np.vstack([inliers, clump]))


def test_a_clump_stays_out_though_it_is_denser():
    rows = inliers_and_clump()
    few = mean_distance_to_others(rows, torch.ones(250, dtype=torch.bool), 5)
    assert few[200:].max() < few[:200].min()
    errors = trim_iteratively(rows, 0.5)
    assert errors[200:].min() > np.quantile(errors[:200], 0.99)


def test_where_all_rows_are_trusted_it_is_the_distance_to_many_neighbours():
    rows = inliers_and_clump()
    expected = mean_distance_to_others(rows, torch.ones(250, dtype=torch.bool), 75)
    np.testing.assert_allclose(trim_iteratively(rows, 1.0), expected.numpy(), rtol=1e-5)


def test_in_the_end_the_nearest_are_those_that_were_trusted():
    rows = inliers_and_clump()
    errors = trim_iteratively(rows, 0.5)
    trusted = torch.zeros(250, dtype=torch.bool)
    trusted[np.argsort(errors)[:125]] = True
    np.testing.assert_allclose(mean_distance_to_others(rows, trusted, 38).numpy(), errors, rtol=1e-5)


def test_neither_place_nor_turn_nor_unit_changes_the_order():
    rows = inliers_and_clump()
    turn = torch.linalg.qr(torch.from_numpy(np.random.default_rng(1).normal(size=(4, 4)))).Q
    np.testing.assert_allclose(
        trim_iteratively(7 * rows @ turn + 3, 0.5), 7 * trim_iteratively(rows, 0.5), rtol=1e-4
    )


def test_two_rows_and_equal_rows_are_enough():
    assert (trim_iteratively(torch.tensor([[0.0], [3.0]]), 0.5) == 3).all()
    assert (trim_iteratively(torch.ones(9, 2), 0.5) == 0).all()
