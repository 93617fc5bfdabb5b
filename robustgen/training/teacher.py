"""Robust training: a moving average of the net, and the share of each batch that it keeps."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from robustgen._rounding import whole_above
from robustgen.nets.members import fill, tensors
from robustgen.nets.replicas import present_part, whole_batch
from robustgen.objectives.base import Objective
from robustgen.training.config import RobustTraining


class RowWeighting(Protocol):
    """How the rows of a batch are weighed, and whose net scores in the end."""

    net: nn.Module

    def update(self) -> None:
        """Take a step of the learner in."""
        ...

    def weigh(self, batch: Tensor, epoch: int) -> Tensor | None:
        """Return the weights (K, B) of a batch's rows, which sum to 1; ``None`` when all count alike."""
        ...

    def state(self) -> dict[str, Any]:
        """Return what the next epoch needs of this one."""
        ...

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        ...


class EqualWeights:
    """Every row counts alike, and the learner itself scores.

    Parameters
    ----------
    net : torch.nn.Module
        The net that is trained.
    """

    def __init__(self, net: nn.Module) -> None:
        self.net = net

    def update(self) -> None:
        """Keep nothing."""

    def weigh(self, batch: Tensor, epoch: int) -> None:
        """Weigh nothing."""

    def state(self) -> dict[str, Any]:
        """Remember nothing."""
        return {}

    def resume(self, state: dict[str, Any]) -> None:
        """Have nothing to go on from."""


class Teacher:
    r"""The moving average of a net, which weighs the rows of a batch and scores in the end.

    Parameters
    ----------
    net : torch.nn.Module
        The net that is trained.
    objective : Objective
        Whose ``errors`` decide the weights.
    config : RobustTraining
        Decay, share and weighting.

    References
    ----------
    Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM J.
    Control Optim. 30 (1992), for the average; Rousseeuw, "Least Median of Squares
    Regression", JASA 79 (1984), for learning from the best-fitting share.
    """

    def __init__(self, net: nn.Module, objective: Objective, config: RobustTraining) -> None:
        self.net = copy.deepcopy(net).requires_grad_(False).eval()
        # Walked through once: a walk costs as much as a layer.
        self._means, self._parameters = list(self.net.parameters()), list(net.parameters())
        self._buffers = list(zip(self.net.buffers(), net.buffers(), strict=True))
        self._objective = objective
        self._config = config
        self._steps = 0

    def update(self) -> None:
        """Move the average towards the net, once a batch."""
        self._steps += 1
        decay = min(self._config.decay, (1 + self._steps) / (10 + self._steps))
        learnt = [parameter.detach() for parameter in self._parameters]
        torch._foreach_lerp_(list[Tensor](self._means), learnt, 1 - decay)
        for mean, new in self._buffers:
            mean.copy_(new)

    @torch.no_grad()
    def weigh(self, batch: Tensor, epoch: int) -> Tensor | None:
        """Return the weights (K, B) of a batch's rows, which sum to 1; ``None`` while all count alike."""
        if epoch < self._config.warmup_epochs:
            return None
        errors = whole_batch(self._objective.errors(self.net, batch).detach())
        kept = max(1, whole_above(self._config.keep * errors.shape[1]))
        weights = WEIGHINGS[self._config.weighting](errors, kept)
        return weights[:, present_part(batch.shape[1]).rows]

    def state(self) -> dict[str, Any]:
        """Return the average and how many steps it has taken in."""
        return {"net": [tensor.clone() for tensor in tensors(self.net)], "steps": self._steps}

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        fill(self.net, state["net"])
        self._steps = state["steps"]


def trim(errors: Tensor, kept: int) -> Tensor:
    """Weigh the ``kept`` rows of smallest error alike and drop the rest.

    Examples
    --------
    >>> trim(torch.tensor([[0.1, 9.0, 0.2, 0.3]]), kept=2)
    tensor([[0.5000, 0.0000, 0.5000, 0.0000]])
    """
    best = errors.topk(kept, dim=1, largest=False).indices
    return torch.zeros_like(errors).scatter_(1, best, 1 / kept)


def soften(errors: Tensor, kept: int) -> Tensor:
    """Weigh by 1 / (1 + (error / q)^4), q the error of the ``kept``-th row.

    Examples
    --------
    >>> soften(torch.tensor([[1.0, 1.0, 4.5]]), kept=2)
    tensor([[0.4988, 0.4988, 0.0024]])
    """
    cut = errors.kthvalue(kept, dim=1, keepdim=True).values.clamp_min(torch.finfo(errors.dtype).tiny)
    weights = 1 / (1 + (errors / cut) ** 4)
    return weights / weights.sum(1, keepdim=True)


WEIGHINGS: dict[str, Callable[[Tensor, int], Tensor]] = {"trim": trim, "soft": soften}


def row_weighting(net: nn.Module, objective: Objective, config: RobustTraining | None) -> RowWeighting:
    """Return the teacher that robust training asks for, or equal weights."""
    return EqualWeights(net) if config is None else Teacher(net, objective, config)
