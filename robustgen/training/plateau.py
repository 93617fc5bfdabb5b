"""Early stopping: each member stops by its own objective, and keeps the weights it had then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from robustgen.nets.members import tensors


class Plateau:
    """Freeze each member once its objective has stopped falling.

    Parameters
    ----------
    net : torch.nn.Module
        The net whose weights are kept.
    members : int
        K.
    patience : int or None
        Epochs without improvement that stop a member; ``None`` never stops.
    min_improvement : float
        Relative fall that counts as one.
    """

    def __init__(self, net: nn.Module, members: int, patience: int | None, min_improvement: float) -> None:
        self._net = net
        self._patience = patience
        self._min_improvement = min_improvement
        self._best = np.full(members, np.inf)
        self._waited = np.zeros(members, dtype=int)
        self._kept: dict[int, list[Tensor]] = {}

    def observe(self, objective: NDArray[np.float64]) -> bool:
        """Take an epoch's objective (K,) in; tell whether every member has stopped."""
        improved = _falls(objective, self._best, self._min_improvement)
        self._best = np.where(improved, objective, self._best)
        self._waited = np.where(improved, 0, self._waited + 1)
        if self._patience is not None:
            for k in np.flatnonzero(self._waited >= self._patience):
                self._kept.setdefault(int(k), [tensor[k].detach().clone() for tensor in tensors(self._net)])
        return len(self._kept) == len(objective)

    @property
    def running(self) -> NDArray[np.bool_]:
        """Which members (K,) are still training."""
        return np.array([k not in self._kept for k in range(len(self._best))])

    def restore(self) -> None:
        """Give every stopped member the weights that it stopped with."""
        for k, kept in self._kept.items():
            for tensor, value in zip(tensors(self._net), kept, strict=True):
                tensor.data[k] = value


def _falls(objective: NDArray[np.float64], best: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Tell where the objective is below the best by the share of its size (it may be negative)."""
    with np.errstate(invalid="ignore"):  # inf - inf in the first epoch
        margin = np.where(np.isfinite(best), share * np.abs(best), 0)
    return objective < best - margin
