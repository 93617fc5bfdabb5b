"""The objective of a regression: rows carry observation and target side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from robustgen.objectives.base import Player, Term, Terms
from robustgen.objectives.reconstruction import RECONSTRUCTION_ERRORS

if TYPE_CHECKING:
    from robustgen._random import Generators


class Regression:
    r"""Minimise :math:`\sum_i \rho(x_i, f(y_i))`: one player moves everything.

    Parameters
    ----------
    error : {"l2", "l1", "l21"}
        :math:`\rho`, see :mod:`robustgen.objectives.reconstruction`.
    observed : int
        p, the width of :math:`y`: a row is the pair :math:`[y \mid x]`, (K, B, p + q).
    """

    def __init__(self, error: str, observed: int) -> None:
        self._error = RECONSTRUCTION_ERRORS[error]
        self._observed = observed

    def players(self, net: nn.Module) -> tuple[Player, ...]:
        """Return the one player."""
        return (Player("regressor", tuple(net.parameters()), self._loss),)

    def errors(self, net: nn.Module, batch: Tensor) -> Tensor:
        """Return the error (K, B) of the estimate of each target."""
        observation, target = batch[..., : self._observed], batch[..., self._observed :]
        return self._error(target, net(observation))

    def _loss(self, net: nn.Module, batch: Tensor, generators: Generators) -> Terms:
        return {"regression": Term(self.errors(net, batch))}
