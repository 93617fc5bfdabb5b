"""The objectives of RSRAE (alternating) and RSRAE+ (joint)."""

from __future__ import annotations

from itertools import chain

from torch import Tensor

from robustgen.nets.draws import Generators
from robustgen.nets.rsr import RSRNet
from robustgen.objectives.base import Player, Term, Terms
from robustgen.objectives.errors import l21
from robustgen.objectives.subspace import orthogonality, subspace_deviation


class JointSubspaceRecovery:
    r"""RSRAE+: one player minimises the sum.

    .. math::
        \sum_i \lVert x_i - \tilde x_i \rVert_2
        + \lambda_1 \sum_i \lVert z_i - A^\top A z_i \rVert_2
        + \lambda_2 \lVert A A^\top - I_d \rVert_F^2

    Parameters
    ----------
    lambda1, lambda2 : float
        Weights of the subspace term and of the orthogonality term, at least 0. The latter is a
        mean over the d x d entries (see :func:`robustgen.objectives.subspace.orthogonality`).

    References
    ----------
    Lai, Zou and Lerman, "Robust Subspace Recovery Layer for Unsupervised Anomaly Detection",
    ICLR 2020, equations 3 to 5.
    """

    def __init__(self, lambda1: float, lambda2: float) -> None:
        self._lambda1 = lambda1
        self._lambda2 = lambda2

    def players(self, net: RSRNet) -> tuple[Player, ...]:
        """Return the one player."""
        return (Player("joint", tuple(net.parameters()), self._loss),)

    def errors(self, net: RSRNet, batch: Tensor) -> Tensor:
        """Return the L2,1 reconstruction error (K, B)."""
        return l21(batch, net(batch))

    def _loss(self, net: RSRNet, batch: Tensor, generators: Generators) -> Terms:
        z = net.encoder(batch)
        return {
            "reconstruction": Term(l21(batch, net.decoder(net.bottleneck(z)))),
            "subspace": Term(subspace_deviation(z, net.bottleneck.A), self._lambda1),
            "orthogonality": Term(orthogonality(net.bottleneck.A), self._lambda2),
        }


class AlternatingSubspaceRecovery:
    r"""RSRAE: three players move in turn on every batch.

    1. reconstruction :math:`\lVert x - \tilde x \rVert_2`, on encoder, A and decoder;
    2. orthogonality :math:`\lVert A A^\top - I_d \rVert_F^2`, on A;
    3. subspace :math:`\lVert z - A^\top A z \rVert_2`, on A and, as in the authors' code, the encoder.

    Parameters
    ----------
    subspace_updates : {"encoder", "layer"}
        What the third player moves: A and the encoder, or A alone, as the paper's text reads.
    subspace_lr_factor : float
        Learning rate of players 2 and 3 over that of player 1; 10 in the authors' code.

    References
    ----------
    Lai, Zou and Lerman, "Robust Subspace Recovery Layer for Unsupervised Anomaly Detection",
    ICLR 2020, section 3.2.
    """

    def __init__(self, subspace_updates: str, subspace_lr_factor: float) -> None:
        self._subspace_updates = subspace_updates
        self._lr_factor = subspace_lr_factor

    def players(self, net: RSRNet) -> tuple[Player, ...]:
        """Return the three players in the order of the authors' code."""
        layer = tuple(net.bottleneck.parameters())
        moved = {"layer": layer, "encoder": tuple(chain(layer, net.encoder.parameters()))}
        return (
            Player("reconstruction", tuple(net.parameters()), self._reconstruction),
            Player("orthogonality", layer, self._orthogonality, lr_factor=self._lr_factor),
            Player("subspace", moved[self._subspace_updates], self._subspace, lr_factor=self._lr_factor),
        )

    def errors(self, net: RSRNet, batch: Tensor) -> Tensor:
        """Return the L2,1 reconstruction error (K, B)."""
        return l21(batch, net(batch))

    def _reconstruction(self, net: RSRNet, batch: Tensor, generators: Generators) -> Terms:
        return {"reconstruction": Term(self.errors(net, batch))}

    def _orthogonality(self, net: RSRNet, batch: Tensor, generators: Generators) -> Terms:
        return {"orthogonality": Term(orthogonality(net.bottleneck.A))}

    def _subspace(self, net: RSRNet, batch: Tensor, generators: Generators) -> Terms:
        return {"subspace": Term(subspace_deviation(net.encoder(batch), net.bottleneck.A))}
