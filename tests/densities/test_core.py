"""The core is what judges agree on, and it tells thin from apart."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from robustgen.densities.core import least_suspected, vouched_for


def cloud(n_rows: int, centre: float = 0.0, spread: float = 1.0, seed: int = 0) -> torch.Tensor:
    return centre + spread * torch.from_numpy(np.random.default_rng(seed).normal(size=(n_rows, 4)))


def test_only_the_order_of_a_judge_counts():
    errors = np.random.default_rng(0).normal(size=(3, 101))
    core = least_suspected(list(errors), 0.5)
    assert core.sum() == 51
    assert (least_suspected([errors[0], np.exp(errors[1]), 1e9 * errors[2]], 0.5) == core).all()


def test_one_judge_alone_does_not_condemn_a_row():
    calm = np.arange(10.0)
    upset = calm.copy()
    upset[0] = 1e12
    assert least_suspected([calm, calm, upset], 0.5)[0]


def flooded() -> tuple[torch.Tensor, torch.Tensor]:
    """300 inliers and a dense clump of 200; the core is the inner half of the former and 5 of the latter."""
    inliers, flood = cloud(300), cloud(200, centre=6.0, spread=0.05, seed=1)
    core = torch.zeros(500, dtype=torch.bool)
    core[inliers.norm(dim=1).argsort()[:245]] = True
    core[300:305] = True
    return torch.cat([inliers, flood]), core


def test_the_thin_fringe_joins_and_a_clump_stays_out_even_where_some_of_it_was_trusted():
    rows, core = flooded()
    kept = vouched_for(rows, core, 1.3)
    assert not kept[300:].any()
    assert kept[:300].sum() > 270


def test_more_rows_are_kept_as_the_ratio_grows_up_to_all():
    rows, core = flooded()
    kept = [vouched_for(rows, core, ratio) for ratio in (1.0, 1.1, 1.3, 2.0, 1e9)]
    assert kept[-1].all()
    assert all((more | ~fewer).all() for fewer, more in pairwise(kept))


def test_where_all_rows_are_the_core_all_are_kept():
    assert vouched_for(cloud(50), torch.ones(50, dtype=torch.bool), 1.0).all()


def test_what_is_kept_does_not_depend_on_units():
    (rows, core), units = flooded(), torch.tensor([1e-3, 1.0, 7.0, 1e4], dtype=torch.float64)
    assert (vouched_for(rows * units + 5, core, 1.3) == vouched_for(rows, core, 1.3)).all()


@pytest.mark.parametrize(("cell", "expected"), [(30.0, True), (1e4, False), (1e12, False)])
def test_a_single_outlier_joins_unless_it_is_out_of_all_measure(cell, expected):
    rows = cloud(300)
    rows[0, 0] = cell
    core = rows.norm(dim=1) < rows.norm(dim=1).median()
    assert vouched_for(rows, core, 1.3)[0] == expected
