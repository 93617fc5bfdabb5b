"""The objective of a plain autoencoder."""

from __future__ import annotations

from torch import Tensor, nn

from robustgen.nets.draws import Generators
from robustgen.objectives.base import Player, Term, Terms
from robustgen.objectives.errors import RECONSTRUCTION_ERRORS


class Regression:
    r"""Minimise :math:`\sum_i \rho(x_i, f(y_i))`: one player moves everything.

    Parameters
    ----------
    error : {"l2", "l1", "l21"}
        :math:`\rho`, see :mod:`robustgen.objectives.errors`.
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


class Autoencoding:
    r"""Minimise the reconstruction error :math:`\sum_i \rho(x_i, \tilde x_i)`: one player moves everything.

    Parameters
    ----------
    error : {"l2", "l1", "l21"}
        :math:`\rho`, see :mod:`robustgen.objectives.errors`.
    """

    def __init__(self, error: str) -> None:
        self._error = RECONSTRUCTION_ERRORS[error]

    def players(self, net: nn.Module) -> tuple[Player, ...]:
        """Return the one player."""
        return (Player("autoencoder", tuple(net.parameters()), self._loss),)

    def errors(self, net: nn.Module, batch: Tensor) -> Tensor:
        """Return the reconstruction error (K, B)."""
        return self._error(batch, net(batch))

    def _loss(self, net: nn.Module, batch: Tensor, generators: Generators) -> Terms:
        return {"reconstruction": Term(self.errors(net, batch))}
