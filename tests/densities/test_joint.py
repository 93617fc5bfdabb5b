"""Several descriptions of a row: joined between their mean and their maximum."""

from __future__ import annotations

import torch

from robustgen.densities.ensemble import fit_ensemble
from robustgen.densities.joint import JointEnsemble, soft_maximum

ERRORS = torch.randn(3, 4, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_the_joint_error_lies_between_mean_and_maximum():
    joint = soft_maximum(ERRORS)
    assert (joint >= ERRORS.mean(0) - 1e-12).all()
    assert (joint <= ERRORS.amax(0) + 1e-12).all()


def test_it_grows_with_each_description_and_moves_with_all():
    raised = ERRORS.clone()
    raised[1] += 0.5
    assert (soft_maximum(raised) > soft_maximum(ERRORS)).all()
    torch.testing.assert_close(soft_maximum(ERRORS + 2), soft_maximum(ERRORS) + 2)


def test_one_description_twice_says_what_it_says_once():
    rows = torch.randn(60, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    single = fit_ensemble(rows, torch.arange(60) < 40, ["gaussian", "neighbours"], seed=0)
    twice = JointEnsemble((single, single), (3, 3))
    torch.testing.assert_close(twice(torch.cat([rows, rows], 1)), single(rows))
    assert twice.weights == single.weights
