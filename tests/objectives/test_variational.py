"""The critic against distances that are known, and the terms of the objective."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from robustgen.nets.members import initialise
from robustgen.nets.mixture import GaussianMixture, MixtureShape
from robustgen.nets.variational import Critic, variational_net
from robustgen.objectives.variational import (
    CodeSampler,
    KLRegulariser,
    VariationalAutoencoding,
    WassersteinRegulariser,
)
from robustgen.objectives.wasserstein import critic_gap, gradient_penalty
from robustgen.training import RobustTraining, TrainingConfig, train
from robustgen.training.rows import permutations


def generators(n: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(k) for k in range(n)]


class Law(NamedTuple):
    """A Gaussian, and its Wasserstein-1 distance from N(0, I)."""

    mean: tuple[float, float]
    spread: tuple[float, float]
    distance: float


LAWS = [
    Law((0.5, 0.0), (1.0, 1.0), 0.5),
    Law((0.0, 1.0), (1.0, 1.0), 1.0),
    Law((-0.72, 0.96), (1.0, 1.0), 1.2),
    # Singular: all that is to be moved is one standard normal coordinate, to 0.
    Law((0.0, 0.0), (1.0, 0.0), math.sqrt(2 / math.pi)),
]


class FixedLaws(nn.Module):
    """Member k gives every row the law k: only the critic can move."""

    def __init__(self) -> None:
        super().__init__()
        self.critic = initialise(lambda: Critic(2, hidden_dims=(64,)), seeds=range(len(LAWS)))
        self.encoder = self.bottleneck = nn.Identity()

    def posterior(self, x: Tensor) -> GaussianMixture:
        rows = x.shape[1]
        means = torch.tensor([law.mean for law in LAWS])[:, None, None].expand(-1, rows, 1, 2)
        spreads = torch.tensor([law.spread for law in LAWS])[:, None, None].expand(-1, rows, 1, 2)
        return GaussianMixture((1.0,), means, torch.diag_embed(spreads), spreads, 0.0)


class OnlyTheCritic:
    def __init__(self) -> None:
        self.regulariser = WassersteinRegulariser(CodeSampler("row"), joint=True)

    def players(self, net):
        return self.regulariser.players(net)

    def errors(self, net, batch):
        raise AssertionError("no row is judged")


class EmptyRows:
    n_rows = 512

    def shuffled(self, generators):
        return permutations(self.n_rows, generators)

    def batches(self, order: Tensor, batch_size: int):
        yield torch.zeros(len(LAWS), self.n_rows, 1)


@pytest.fixture(scope="module")
def distances() -> Tensor:
    net = FixedLaws()
    averaging = RobustTraining(keep=1.0, warmup_epochs=10**6)  # no row is dropped, the steps' noise is
    config = TrainingConfig(epochs=400, learning_rate=1e-2, robust=averaging)
    train(net, OnlyTheCritic(), EmptyRows(), config, generators(len(LAWS)))
    z = CodeSampler("row")(net.posterior(torch.zeros(len(LAWS), 40_000, 1)), generators(len(LAWS)))
    prior = torch.randn(z.shape, generator=torch.Generator().manual_seed(9))
    return -critic_gap(net.critic, z, prior).mean(1).detach()


# The penalty, 10 (slope - 1)^2, lets the slope be 1 + t / 20: what is estimated is a little above t.
@pytest.mark.parametrize("k", range(3))
def test_the_critic_estimates_the_distance_of_two_gaussians(distances, k):
    assert float(distances[k]) == pytest.approx(LAWS[k].distance, rel=0.1)


def test_the_distance_of_a_singular_gaussian_is_finite_where_its_divergence_is_not(distances):
    assert 0.5 < float(distances[3]) < 1.1 * LAWS[3].distance  # f is bent where all of q lies: learnt slowly
    posterior = FixedLaws().posterior(torch.zeros(len(LAWS), 1, 1))
    divergences = KLRegulariser().terms(None, posterior, None, ())["kl"].rows[:, 0]
    assert torch.isfinite(divergences).tolist() == [True, True, True, False]


class UnitSlope(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return z @ torch.tensor([0.6, 0.8])


def test_the_penalty_is_0_for_a_critic_of_slope_1():
    z, prior = torch.randn(2, 1, 50, 2, generator=torch.Generator().manual_seed(0))
    penalty = gradient_penalty(UnitSlope(), z, prior, generators(1))
    torch.testing.assert_close(penalty, torch.zeros(1, 50))


def test_components_are_drawn_by_their_weights_for_each_row_or_for_the_batch():
    means = torch.tensor([[0.0], [100.0]]).expand(1, 20_000, 2, 1)
    nothing = torch.zeros(1, 20_000, 2, 1)
    posterior = GaussianMixture((0.7, 0.3), means, nothing[..., None], nothing, 0.0)
    by_row = CodeSampler("row")(posterior, generators(1)) / 100
    assert float(by_row.mean()) == pytest.approx(0.3, abs=0.02)
    draws = [CodeSampler("batch")(posterior, [torch.Generator().manual_seed(k)]) for k in range(20)]
    assert {tuple(z.unique().tolist()) for z in draws} == {(0.0,), (100.0,)}


@pytest.mark.parametrize("component_per", ["row", "batch"])
def test_rows_that_are_known_to_be_normal_draw_from_the_first_component(component_per):
    means = torch.tensor([[0.0], [100.0]]).expand(1, 500, 2, 1)
    nothing = torch.zeros(1, 500, 2, 1)
    posterior = GaussianMixture((0.01, 0.99), means, nothing[..., None], nothing, 0.0)
    sampler = CodeSampler(component_per, torch.tensor([3, 7]))
    sampler.begin_epoch(0, TableRows(8), generators(1))
    index = torch.arange(500)[None] % 8
    sampler.begin_batch(index)
    z = sampler(posterior, generators(1))[0, :, 0]
    known = (index[0] == 3) | (index[0] == 7)
    assert (z[known] == 0).all()
    assert (z[~known] == 100).float().mean() > 0.9


class TableRows(NamedTuple):
    n_rows: int


def build_net(critic: bool):
    shape = MixtureShape((5 / 6, 1 / 6), (1, 2), 1.0)
    return initialise(lambda: variational_net((4,), (8,), 2, shape, critic=critic), seeds=[0, 1])


@pytest.mark.parametrize(
    ("joint", "names"),
    [(False, ["autoencoder", "critic", "encoder"]), (True, ["autoencoder", "critic"])],
)
def test_each_player_moves_its_own_part(joint, names):
    net = build_net(critic=True)
    sampler = CodeSampler("row")
    objective = VariationalAutoencoding("l21", WassersteinRegulariser(sampler, joint=joint), sampler)
    players = objective.players(net)
    assert [player.name for player in players] == names
    for player in players:
        moved = {id(parameter) for parameter in player.parameters}
        critics = {id(parameter) for parameter in net.critic.parameters()}
        assert moved == critics if player.name == "critic" else not moved & critics


def test_terms_have_one_value_a_row():
    x = torch.randn(2, 7, 4, generator=torch.Generator().manual_seed(0))
    net, sampler = build_net(critic=True), CodeSampler("row")
    for regulariser in (KLRegulariser(), WassersteinRegulariser(sampler, joint=False)):
        for player in VariationalAutoencoding("l21", regulariser, sampler).players(net):
            for term in player.loss(net, x, generators(2)).values():
                assert term.rows.shape == (2, 7)


def test_the_critic_and_the_encoder_pull_in_opposite_directions():
    x = torch.randn(2, 7, 4, generator=torch.Generator().manual_seed(0))
    net = build_net(critic=True)
    _, critic, encoder = VariationalAutoencoding(
        "l21", WassersteinRegulariser(CodeSampler("row"), joint=False), CodeSampler("row")
    ).players(net)
    gap = critic.loss(net, x, generators(2))["critic"].rows
    distance = encoder.loss(net, x, generators(2))["wasserstein"].rows
    torch.testing.assert_close(gap, -distance)
