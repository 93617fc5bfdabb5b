"""The objective of RVQ-VAE: two codebooks, and the sets of rows that train them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from torch import Tensor

from robustgen.nets.draws import Generators
from robustgen.objectives.base import Player, Term, Terms
from robustgen.objectives.codebooks.inlier_sets import Anchors, InlierSets, SetRules, TwoSidedNet
from robustgen.objectives.codebooks.maintenance import CodebookMaintenance
from robustgen.objectives.codebooks.schedule import CodebookTraining
from robustgen.objectives.quantisation import (
    codebook_factors,
    maintenance_of,
    mean_squared_error,
    quantizer_terms,
)


class RobustVectorQuantisation:
    r"""Minimise VQ-VAE's objective, each row by the codebook of its set.

    .. math::
        \lVert x - D(z_q) \rVert^2 + \lVert \mathrm{sg}[z] - e \rVert^2
        + \beta \lVert z - \mathrm{sg}[e] \rVert^2

    Parameters
    ----------
    beta : float
        :math:`\beta`.
    rules : SetRules
        How the sets start and are updated, and the weight of outlying rows.
    schedule : CodebookTraining
        How the codebooks are kept in use; its bypass is the warm-up of the sets.
    anchors : Anchors or None
        What tells which side the inliers are.

    References
    ----------
    Lai, Zou and Lerman, "Robust Vector Quantized-Variational Autoencoder", arXiv 2202.01987.
    """

    def __init__(
        self, beta: float, rules: SetRules, schedule: CodebookTraining, anchors: Anchors | None = None
    ) -> None:
        self._weights: Mapping[str, float] = {"commitment": beta}
        self._rules = rules
        self._schedule = schedule
        self._anchors = anchors

    def players(self, net: TwoSidedNet) -> tuple[Player, ...]:
        """Return the one player; its hooks keep the codebooks and update the sets, in this order."""
        maintenance = maintenance_of(net, self._schedule)
        sets = InlierSets(net, self._rules, maintenance, self._anchors)
        return (
            Player(
                "autoencoder",
                tuple(net.parameters()),
                partial(self._loss, maintenance, sets),
                lr_factors=codebook_factors(net, self._schedule.lr_factor),
                hooks=(maintenance, sets),
            ),
        )

    def errors(self, net: TwoSidedNet, batch: Tensor) -> Tensor:
        """Return the mean squared error (K, B) through the inlier codebook."""
        return mean_squared_error(batch, net(batch))

    def _loss(
        self,
        maintenance: CodebookMaintenance,
        sets: InlierSets,
        net: TwoSidedNet,
        batch: Tensor,
        generators: Generators,
    ) -> Terms:
        z = net.positions(batch)
        quantised = net.quantise(z, generators, outlying=sets.outlying_batch)
        maintenance.observe(z, quantised.indices, generators)
        weight = 1 - (1 - self._rules.outlier_weight) * sets.outlying_batch.to(z)
        terms = {
            "reconstruction": Term(mean_squared_error(batch, net.decoder(quantised.latent))),
            **quantizer_terms(quantised, net.strength, self._weights),
        }
        return {name: Term(term.rows * weight, term.weight) for name, term in terms.items()}
