"""One player's turns: its optimiser, its reduction of rows, its tally of terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from robustgen.nets.draws import Generators
from robustgen.nets.replicas import Part, gradients_summed, present_part, summed
from robustgen.objectives.base import Player
from robustgen.training.adam import Adam
from robustgen.training.compiling import present_form
from robustgen.training.config import TrainingConfig


class Turn:
    """Let a player move on batches, and sum up its terms on the device.

    Parameters
    ----------
    player : Player
        Whose turn it is.
    config : TrainingConfig
        Learning rate and clipping.
    """

    def __init__(self, player: Player, config: TrainingConfig) -> None:
        self._player = player
        self._clip_norm = config.clip_norm
        rate = config.learning_rate * player.lr_factor
        rates = [rate * player.lr_factors.get(parameter, 1.0) for parameter in player.parameters]
        self._differentiate = present_form(differentiate)
        self._adam = Adam(player.parameters, rates, player.betas)
        self._members = len(player.parameters[0])
        self._sums: dict[str, Tensor] = {}
        self._total = self._zeros()

    def play(self, net: nn.Module, batch: Tensor, weights: Tensor | None, generators: Generators) -> None:
        """Move on one batch (K, B, ...), or this process's part of it, its rows weighted by (K, B)."""
        part = present_part(batch.shape[1])
        for _ in range(self._player.steps):
            found, means = self._differentiate(batch, weights, net, self._player, generators, part)
            self._step(found)
            for name, (mean, weight) in means.items():
                self._tally(name, mean, part.n_rows / self._player.steps, weight)

    def _step(self, found: Sequence[Tensor]) -> None:
        # torch's fused Adam disregards strides
        gradients = [gradient.contiguous() for gradient in gradients_summed(found)]
        if self._clip_norm is not None:
            clip_members(gradients, self._clip_norm)
        self._adam.step(gradients)

    def _tally(self, name: str, mean: Tensor, share: float, weight: float) -> None:
        if name not in self._sums:
            self._sums[name] = self._zeros()
        self._sums[name].add_(mean, alpha=share)
        self._total.add_(mean, alpha=share * weight)

    def _zeros(self) -> Tensor:
        return self._player.parameters[0].new_zeros(self._members)

    def state(self) -> dict[int, dict[str, Tensor]]:
        """Return the moments of the optimiser."""
        return self._adam.state()

    def resume(self, state: dict[int, dict[str, Any]]) -> None:
        """Go on from a state."""
        self._adam.resume(state)

    def collect(self) -> tuple[dict[str, Tensor], Tensor]:
        """Return the epoch's sums (K,) over the rows, of each term and of their weighted total, and reset."""
        sums = {name: summed(value) for name, value in self._sums.items()}
        collected = sums, summed(self._total)
        self._sums, self._total = {}, self._zeros()
        return collected


def differentiate(
    batch: Tensor, weights: Tensor | None, net: nn.Module, player: Player, generators: Generators, part: Part
) -> tuple[Sequence[Tensor], dict[str, tuple[Tensor, float]]]:
    """Return the gradient of each of a player's parameters, and each term's mean (K,) with its weight."""
    terms = player.loss(net, batch, generators)
    shares = {name: row_shares(term.rows, weights, part) for name, term in terms.items()}
    # No weight of one member enters another's terms, so each gradient is what the member alone would
    # have. The weighted sums are formed, rather than their gradients given with the rows: torch checks
    # given ones by means of sympy, which takes two seconds to import.
    sums = [
        torch.dot(term.rows.flatten(), (term.weight * shares[name]).flatten())
        for name, term in terms.items()
        if term.rows.requires_grad
    ]
    found = torch.autograd.grad(sums, player.parameters)
    means = {name: ((term.rows.detach() * shares[name]).sum(1), term.weight) for name, term in terms.items()}
    return found, means


def row_shares(rows: Tensor, weights: Tensor | None, part: Part) -> Tensor:
    """Return the factor of each row of a part in the mean of a term over the batch, shaped like the rows.

    The weights sum to 1 over the batch, where there are some. A term that the rows share, (K, 1), is its own
    mean whatever the weights.
    """
    if weights is None or rows.shape[1] != weights.shape[1]:
        return torch.full_like(rows, part.share / rows.shape[1], requires_grad=False)
    return weights.to(rows.dtype) / part.copies


def clip_members(gradients: Sequence[Tensor], max_norm: float) -> None:
    """Scale each member's gradient in place to at most a Euclidean norm: never one by another's."""
    squares = [gradient.flatten(1).square().sum(1) for gradient in gradients]
    norms = torch.stack(squares).sum(0).sqrt()
    factors = (max_norm / norms.clamp_min(torch.finfo(norms.dtype).tiny)).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(factors.view(-1, *(1 for _ in gradient.shape[1:])))
