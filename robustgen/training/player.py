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
        self._optimizer = Adam(player.parameters, rates, player.betas)
        self._sums: dict[str, Tensor] = {}
        self._total: Tensor | float = 0.0

    def play(self, net: nn.Module, batch: Tensor, weights: Tensor | None, generators: Generators) -> None:
        """Move on one batch (K, B, ...), or this process's part of it, its rows weighted by (K, B)."""
        part = present_part(batch.shape[1])
        share = part.n_rows / self._player.steps
        for _ in range(self._player.steps):
            terms = self._player.loss(net, batch, generators)
            means = {name: reduce_rows(term.rows, weights, part) for name, term in terms.items()}
            total = torch.stack([terms[name].weight * mean for name, mean in means.items()]).sum(0)
            self._step(total)
            self._total = self._total + share * total.detach()
            for name, mean in means.items():
                self._sums[name] = self._sums.get(name, 0) + share * mean.detach()

    def _step(self, total: Tensor) -> None:
        # The members' losses are summed: no weight of one enters another's loss, so each
        # gradient is what the member alone would have.
        found = gradients_summed(torch.autograd.grad(total.sum(), self._player.parameters))
        gradients = [gradient.contiguous() for gradient in found]  # torch's fused Adam disregards strides
        if self._clip_norm is not None:
            clip_members(gradients, self._clip_norm)
        self._optimizer.step(gradients)

    def state(self) -> dict[int, dict[str, Tensor]]:
        """Return the moments of the optimiser."""
        return self._optimizer.state()

    def resume(self, state: dict[int, dict[str, Any]]) -> None:
        """Go on from a state."""
        self._optimizer.resume(state)

    def collect(self) -> tuple[dict[str, Tensor], Tensor]:
        """Return the epoch's sums (K,) over the rows, of each term and of their weighted total, and reset."""
        sums = {name: summed(value) for name, value in self._sums.items()}
        collected = sums, summed(torch.as_tensor(self._total))
        self._sums, self._total = {}, 0.0
        return collected


def reduce_rows(rows: Tensor, weights: Tensor | None, part: Part) -> Tensor:
    """Return what a part adds to the mean (K,) of a term over the rows of a batch.

    The weights sum to 1 over the batch, where there are some. A term that the rows share, (K, 1), is its own
    mean whatever the weights.
    """
    if weights is None or rows.shape[1] != weights.shape[1]:
        return rows.mean(1) if part.share == 1 else part.share * rows.mean(1)
    return (rows * weights).sum(1) if part.copies == 1 else (rows * weights).sum(1) / part.copies


def clip_members(gradients: Sequence[Tensor], max_norm: float) -> None:
    """Scale each member's gradient in place to at most a Euclidean norm: never one by another's."""
    squares = [gradient.flatten(1).square().sum(1) for gradient in gradients]
    norms = torch.stack(squares).sum(0).sqrt()
    factors = (max_norm / norms.clamp_min(torch.finfo(norms.dtype).tiny)).clamp(max=1)
    for gradient in gradients:
        gradient.mul_(factors.view(-1, *(1 for _ in gradient.shape[1:])))
