"""The objective of a plain autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from robustgen.objectives.base import Player, Term, Terms
from robustgen.objectives.reconstruction import RECONSTRUCTION_ERRORS

if TYPE_CHECKING:
    from robustgen._random import Generators


class Autoencoding:
    r"""Minimise the reconstruction error :math:`\sum_i \rho(x_i, \tilde x_i)`: one player moves everything.

    Parameters
    ----------
    error : {"l2", "l1", "l21"}
        :math:`\rho`, see :mod:`robustgen.objectives.reconstruction`.
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
