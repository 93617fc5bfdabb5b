"""The four cases that the interface of the loop was proved on, each a net and its objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from robustgen._seeds import seed_from
from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.draws import normal
from robustgen.nets.members import initialise
from robustgen.nets.mlp import MLP
from robustgen.nets.rsr import RSRLayer, UnitSphere
from robustgen.nets.variational import Critic
from robustgen.objectives.autoencoding import Autoencoding
from robustgen.objectives.base import Objective, Player, Rows, Term
from robustgen.objectives.errors import l21
from robustgen.objectives.subspace_recovery import AlternatingSubspaceRecovery, JointSubspaceRecovery
from robustgen.objectives.wasserstein import critic_gap, gradient_penalty
from robustgen.training.rows import place_rows
from robustgen.training.scaling import fit_scaling


class CriticisedNet(AutoencoderNet):
    """An autoencoder whose code a critic compares with a standard normal."""

    def __init__(self) -> None:
        super().__init__(MLP([6, 8, 2]), nn.Identity(), MLP([2, 8, 6]))
        self.critic = Critic(2, hidden_dims=(8,))

    def parts(self) -> tuple[nn.Parameter, ...]:
        return (*self.encoder.parameters(), *self.decoder.parameters())


class CriticisedAutoencoding:
    """Two players: the autoencoder, and a critic that estimates the W1 distance of code and prior."""

    def players(self, net: CriticisedNet) -> tuple[Player, ...]:
        return (
            Player("autoencoder", net.parts(), self._autoencoder),
            Player("critic", tuple(net.critic.parameters()), self._critic, steps=2, lr_factor=2.0),
        )

    def errors(self, net: CriticisedNet, batch: Tensor) -> Tensor:
        return l21(batch, net(batch))

    def _autoencoder(self, net: CriticisedNet, batch: Tensor, generators) -> dict[str, Term]:
        z = net.latent(batch)
        return {
            "reconstruction": Term(l21(batch, net.decoder(z))),
            "wasserstein": Term(-net.critic(z), weight=0.1),
        }

    def _critic(self, net: CriticisedNet, batch: Tensor, generators) -> dict[str, Term]:
        z = net.latent(batch).detach()
        prior = normal(generators, z, *z.shape[1:])
        return {
            "gap": Term(critic_gap(net.critic, z, prior)),
            "penalty": Term(gradient_penalty(net.critic, z, prior, generators), weight=10.0),
        }


def subspace_net() -> AutoencoderNet:
    return AutoencoderNet(MLP([6, 8, 4]), RSRLayer(4, 2), nn.Sequential(UnitSphere(), MLP([2, 8, 6])))


class Case(NamedTuple):
    build: Callable[[], nn.Module]
    objective: Objective


CASES = {
    "autoencoder: one player": Case(
        lambda: AutoencoderNet(MLP([6, 8, 2]), nn.Identity(), MLP([2, 8, 6])), Autoencoding("l2")
    ),
    "W1 critic: two players": Case(CriticisedNet, CriticisedAutoencoding()),
    "RSRAE: three players": Case(subspace_net, AlternatingSubspaceRecovery("encoder", 10.0)),
    "RSRAE+: one player, shared term": Case(subspace_net, JointSubspaceRecovery(0.1, 0.1)),
}

CPU = torch.device("cpu")


def table(n_rows: int = 150) -> np.ndarray:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 2)) @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(n_rows, 6))
    X[: n_rows // 10] = 4 * rng.normal(size=(n_rows // 10, 6))
    return X


def rows_of(X: np.ndarray, dtype: torch.dtype = torch.float64) -> Rows:
    return place_rows(X, fit_scaling(X, "standard"), CPU, dtype)


def seeded_net(case: Case, members: range) -> nn.Module:
    return initialise(case.build, [seed_from("start", k) for k in members]).double()


def seeded_generators(members: range) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed_from("draws", k)) for k in members]
