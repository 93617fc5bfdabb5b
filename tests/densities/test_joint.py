"""Several descriptions of a row: joined between their mean and their maximum."""

from __future__ import annotations

import pytest
import torch

from robustgen.densities.ensemble import fit_ensemble
from robustgen.densities.joint import JointEnsemble, shares_of, soft_maximum

EVEN = (1 / 3,) * 3
ERRORS = torch.randn(3, 4, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_the_joint_error_lies_between_mean_and_maximum():
    joint = soft_maximum(ERRORS, EVEN)
    assert (joint >= ERRORS.mean(0) - 1e-12).all()
    assert (joint <= ERRORS.amax(0) + 1e-12).all()


def test_it_grows_with_each_description_and_moves_with_all():
    raised = ERRORS.clone()
    raised[1] += 0.5
    assert (soft_maximum(raised, EVEN) > soft_maximum(ERRORS, EVEN)).all()
    torch.testing.assert_close(soft_maximum(ERRORS + 2, EVEN), soft_maximum(ERRORS, EVEN) + 2)


def test_one_description_twice_says_what_it_says_once():
    rows = torch.randn(60, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    single = fit_ensemble(rows, torch.arange(60) < 40, ["gaussian", "neighbours"], seed=0)
    twice = JointEnsemble((single, single), (3, 3), (0.3, 0.7))
    torch.testing.assert_close(twice(torch.cat([rows, rows], 1)), single(rows))
    assert twice.weights == single.weights


def test_a_description_has_no_say_of_which_the_others_know_nothing():
    drawn = torch.randn(3, 200, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    drawn[:2, :15] += 6
    shares = shares_of(drawn)
    assert sum(shares) == pytest.approx(1)
    assert shares[2] < 0.2 * min(shares[:2])


def test_equal_descriptions_have_an_equal_say_and_their_unit_says_nothing():
    errors = ERRORS[0, 0].expand(3, -1)
    assert shares_of(errors) == pytest.approx(EVEN)
    assert shares_of(errors * 7 + 3) == pytest.approx(EVEN)
    assert shares_of(torch.zeros(2, 9)) == (0.5, 0.5)
