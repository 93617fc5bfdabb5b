"""Robust training: who is kept, and what that does to a gradient."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from robustgen.nets.replicas import part_of
from robustgen.training import RobustTraining, TrainingConfig, train
from robustgen.training.player import clip_members, row_shares
from robustgen.training.teacher import WEIGHINGS, Teacher, soften, trim
from tests.training.cases import CASES, rows_of, seeded_generators, seeded_net, table


@pytest.fixture
def errors() -> torch.Tensor:
    return torch.rand(3, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("weigh", WEIGHINGS.values(), ids=WEIGHINGS)
def test_weights_sum_to_one_and_fall_with_the_error(weigh, errors):
    weights = weigh(errors, 7)
    torch.testing.assert_close(weights.sum(1), torch.ones(3, dtype=torch.float64))
    ranked = weights.gather(1, errors.argsort(1))
    assert (ranked.diff(dim=1) <= 0).all()


def test_trimming_keeps_exactly_the_best_rows(errors):
    weights = trim(errors, 7)
    assert (weights.count_nonzero(1) == 7).all()
    assert (errors.masked_fill(weights == 0, -1).amax(1) < errors.masked_fill(weights > 0, 2).amin(1)).all()


def test_the_share_of_a_batch_is_the_rows_that_it_says():
    """0.55 * 100 is a little above 55."""
    objective = SimpleNamespace(errors=lambda net, batch: batch.square())
    teacher = Teacher(torch.nn.Linear(1, 1), objective, RobustTraining(keep=0.55, warmup_epochs=0))
    assert teacher.weigh(torch.arange(100.0)[None], epoch=1).count_nonzero() == 55


def test_ties_do_not_keep_more_rows():
    assert trim(torch.ones(1, 10), 4).count_nonzero() == 4


def test_soft_weights_of_equal_rows_are_equal():
    torch.testing.assert_close(soften(torch.zeros(1, 5), 3), torch.full((1, 5), 0.2))


def test_a_trimmed_mean_has_the_gradient_of_the_kept_rows_alone(errors):
    shares = row_shares(errors, trim(errors, 5), part_of(errors.shape[1]))
    kept = trim(errors, 5) > 0
    torch.testing.assert_close(shares[kept], torch.full((15,), 1 / 5, dtype=torch.float64))
    assert not shares[~kept].any()


def test_a_shared_term_does_not_feel_the_weights(errors):
    shared = torch.tensor([[2.0], [3.0], [4.0]])
    torch.testing.assert_close(
        row_shares(shared, trim(errors, 5), part_of(errors.shape[1])), torch.ones_like(shared)
    )


def test_keeping_every_row_is_plain_training_but_for_the_average():
    """With decay 0 the teacher is the net itself; with keep 1 it drops nobody."""
    case = CASES["autoencoder: one player"]
    results = []
    for robust in (None, RobustTraining(keep=1.0, decay=0.0, warmup_epochs=0)):
        net = seeded_net(case, range(2))
        config = TrainingConfig(epochs=3, batch_size=32, robust=robust)
        train(net, case.objective, rows_of(table()), config, seeded_generators(range(2)))
        results.append(torch.cat([parameter.detach().flatten() for parameter in net.parameters()]))
    torch.testing.assert_close(*results)


def test_the_teacher_is_the_exponential_average_of_the_nets():
    case = CASES["autoencoder: one player"]
    net = seeded_net(case, range(1))
    teacher = Teacher(net, case.objective, RobustTraining(decay=0.9))
    expected = next(net.parameters()).detach().clone()
    for step in range(1, 30):
        with torch.no_grad():
            next(net.parameters()).add_(1.0)
        teacher.update()
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * next(net.parameters()).detach()
    torch.testing.assert_close(next(teacher.net.parameters()), expected)


def test_nobody_is_dropped_in_the_warm_up():
    case = CASES["autoencoder: one player"]
    teacher = Teacher(seeded_net(case, range(1)), case.objective, RobustTraining(warmup_epochs=2))
    batch = torch.zeros(1, 4, 6, dtype=torch.float64)
    assert teacher.weigh(batch, epoch=1) is None
    assert teacher.weigh(batch, epoch=2) is not None


def test_the_kept_half_of_a_dirty_table_holds_no_outlier():
    case = CASES["autoencoder: one player"]
    X = table(600)  # the first tenth is off the plane of the rest
    net = seeded_net(case, range(1))
    config = TrainingConfig(epochs=40, batch_size=64, robust=RobustTraining())
    train(net, case.objective, rows_of(X), config, seeded_generators(range(1)))
    everything = next(rows_of(X).batches(torch.arange(600)[None], 600))
    assert not trim(case.objective.errors(net, everything), 300)[0, :60].any()


def test_clipping_bounds_each_member_by_itself():
    gradients = (torch.full((2, 3), 1.0), torch.tensor([[[30.0]], [[0.1]]]))
    untouched = math.sqrt(3 + 0.01)
    clip_members(gradients, 2.0)
    norms = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
    np.testing.assert_allclose(norms, [2.0, untouched], rtol=1e-6)
