"""Suspects are alone or in company, whatever the unit."""

from __future__ import annotations

import numpy as np
import torch

from robustgen.densities.clumping import loneliness


def cloud(n_rows: int, centre: float = 0.0, spread: float = 1.0, seed: int = 0) -> torch.Tensor:
    return centre + spread * torch.from_numpy(np.random.default_rng(seed).normal(size=(n_rows, 3)))


def test_scattered_outliers_are_alone_and_a_clump_is_not():
    inliers = cloud(300)
    trusted = torch.arange(312) < 300
    assert loneliness(torch.cat([inliers, cloud(12, spread=300.0, seed=1)]), trusted) > 0.5
    assert loneliness(torch.cat([inliers, cloud(12, 9.0, 0.1, seed=1)]), trusted) == 0


def test_no_unit_matters_and_nobody_suspect_is_alone():
    rows, trusted = cloud(200), cloud(200).norm(dim=1) < 1.5
    assert loneliness(1e6 * rows, trusted) == loneliness(rows, trusted)
    assert loneliness(rows, torch.ones_like(trusted)) == 1


def test_copies_are_company():
    rows = torch.cat([cloud(100), torch.full((30, 3), 7.0, dtype=torch.float64)])
    assert loneliness(rows, torch.arange(130) < 100) == 0
