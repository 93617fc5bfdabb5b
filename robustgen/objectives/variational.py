"""Variational autoencoding: a reconstruction error and a regulariser of the codes, each a choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate, chain
from typing import Protocol

import torch
from torch import Tensor

from robustgen._checks import UsageError
from robustgen.nets.draws import Generators, normal, uniform
from robustgen.nets.mixture import GaussianMixture
from robustgen.nets.replicas import drawn_for_rows, processes
from robustgen.nets.variational import CriticisedNet, VariationalNet
from robustgen.objectives.base import Net, Player, Rows, Stateful, Term, Terms
from robustgen.objectives.errors import RECONSTRUCTION_ERRORS
from robustgen.objectives.kl import mixture_kl_bound, standard_normal_kl
from robustgen.objectives.sliced import drawn_directions, sliced_distance
from robustgen.objectives.wasserstein import critic_gap, gradient_penalty

DRAWINGS = ("row", "batch")
GRADIENT_PENALTY = 10.0
"""Weight of the gradient penalty in the critic's loss, that of Gulrajani et al."""


class CodeSampler(Stateful):
    r"""Draw a code :math:`z \sim q(z|x)` for each row.

    Parameters
    ----------
    component_per : {"row", "batch"}
        Draw the component of the mixture for each row, as the model says, or one for the
        whole batch, as the authors' code does.
    trusted : torch.Tensor of int or None
        The places of training rows that are known to be normal: in training they draw from the first
        component always, and the other one never has to explain them.
    """

    settled = True
    _marked: Tensor

    def __init__(self, component_per: str, trusted: Tensor | None = None) -> None:
        self._component_per = component_per
        self._trusted = trusted
        self._known: Tensor | None = None

    def begin_epoch(self, epoch: int, rows: Rows, generators: Generators) -> None:
        """Mark the rows that are known to be normal."""
        if self._trusted is not None:
            marked = torch.zeros(rows.n_rows, dtype=torch.bool, device=generators[0].device)
            self._marked = marked.index_fill(0, self._trusted.to(marked.device), True)

    def begin_batch(self, index: Tensor) -> None:
        """Look up which rows of the batch they are."""
        self._known = None if self._trusted is None else self._marked[index]

    def end_epoch(self) -> Mapping[str, Tensor]:
        """Return nothing."""
        return {}

    def __call__(self, posterior: GaussianMixture, generators: Generators) -> Tensor:
        """Return codes (K, B, d)."""
        _, rows, _, latent_dim = posterior.means.shape
        u = _DRAWS[self._component_per](generators, posterior.means, rows)
        components = torch.zeros_like(u, dtype=torch.long)
        for start in accumulate(posterior.weights[:-1]):
            components += u >= start
        components = components.expand(-1, rows)
        if self._known is not None:
            components = components.masked_fill(self._known, 0)
        noise = drawn_for_rows(normal, generators, posterior.means, rows, 2, latent_dim)
        return posterior.draw(components, noise)


_DRAWS: dict[str, Callable[[Generators, Tensor, int], Tensor]] = {
    "row": lambda generators, like, rows: drawn_for_rows(uniform, generators, like, rows),
    "batch": lambda generators, like, rows: uniform(generators, like, 1),
}
"""The uniforms (K, B) or (K, 1) that components are drawn by."""


class Regulariser(Protocol[Net]):
    """What keeps the codes close to the prior N(0, I)."""

    def terms(self, net: Net, posterior: GaussianMixture, z: Tensor, generators: Generators) -> Terms:
        """Return what is added to the reconstruction error of the codes z."""
        ...

    def players(self, net: Net) -> tuple[Player[Net], ...]:
        """Return who moves after the autoencoder."""
        ...


class KLRegulariser:
    r"""The divergence :math:`KL(q(z|x) \| N(0, I))` of each row, or its bound for a mixture.

    Parameters
    ----------
    weight : float
        Its factor beside the reconstruction error, at least 0.

    See Also
    --------
    robustgen.objectives.kl : The formulas.
    """

    def __init__(self, weight: float = 1.0) -> None:
        self._weight = weight

    def terms(
        self, net: VariationalNet, posterior: GaussianMixture, z: Tensor, generators: Generators
    ) -> Terms:
        """Return the divergence."""
        divergences = standard_normal_kl(posterior.means, posterior.variances)
        return {"kl": Term(mixture_kl_bound(posterior.weights, divergences), self._weight)}

    def players(self, net: VariationalNet) -> tuple[Player, ...]:
        """Return nobody: the autoencoder minimises the divergence by itself."""
        return ()


class WassersteinRegulariser:
    r"""The distance :math:`W_1(q(z), N(0, I))` of the codes of all rows, by its dual.

    .. math::
        W_1 = \sup_{\mathrm{Lip}(f) \le 1} E_{z \sim p} f(z) - E_{x, z \sim q(z|x)} f(z)

    The autoencoder's loss has the weighted distance :math:`f(p_i) - f(z_i)` that the critic f sees, and
    after it the critic moves on :math:`f(z_i) - f(p_i) + 10 (\lVert \nabla f \rVert - 1)^2`.

    Parameters
    ----------
    sampler : CodeSampler
        How codes are drawn.
    joint : bool
        Whether the distance is added to the reconstruction error. Otherwise the encoder has a
        player of its own, with its own optimiser, as in the authors' code: Adam does not feel the
        weight, and what is minimised is not the sum.
    weight : float
        Factor of the distance in the sum, at least 0.
    critic_steps : int
        The critic's moves per batch.
    critic_rate : float
        Its learning rate over the configuration's, above 0.

    References
    ----------
    Lai, Zou and Lerman, "Novelty Detection via Robust Variational Autoencoding",
    https://arxiv.org/abs/2006.05534, section 3.2; Gulrajani et al., "Improved Training of
    Wasserstein GANs", NeurIPS 2017, for the penalty.
    """

    def __init__(
        self,
        sampler: CodeSampler,
        *,
        joint: bool,
        weight: float = 1.0,
        critic_steps: int = 1,
        critic_rate: float = 1.0,
    ) -> None:
        self._sampler = sampler
        self._joint = joint
        self._weight = weight
        self._critic_steps = critic_steps
        self._critic_rate = critic_rate

    def terms(
        self, net: CriticisedNet, posterior: GaussianMixture, z: Tensor, generators: Generators
    ) -> Terms:
        """Return the distance, where it is minimised with the reconstruction error."""
        return self._distance(net, z, generators) if self._joint else {}

    def players(self, net: CriticisedNet) -> tuple[Player, ...]:
        """Return the critic, and the encoder where it moves by itself."""
        critic = Player(
            "critic",
            tuple(net.critic.parameters()),
            self._criticise,
            steps=self._critic_steps,
            lr_factor=self._critic_rate,
        )
        encoding = tuple(chain(net.encoder.parameters(), net.bottleneck.parameters()))
        return (critic,) if self._joint else (critic, Player("encoder", encoding, self._approach))

    def _criticise(self, net: CriticisedNet, batch: Tensor, generators: Generators) -> Terms:
        with torch.no_grad():
            z = self._sampler(net.posterior(batch), generators)
        prior = drawn_for_rows(normal, generators, z, *z.shape[1:])
        return {
            "critic": Term(critic_gap(net.critic, z, prior)),
            "gradient_penalty": Term(gradient_penalty(net.critic, z, prior, generators), GRADIENT_PENALTY),
        }

    def _approach(self, net: CriticisedNet, batch: Tensor, generators: Generators) -> Terms:
        return self._distance(net, self._sampler(net.posterior(batch), generators), generators)

    def _distance(self, net: CriticisedNet, z: Tensor, generators: Generators) -> Terms:
        prior = drawn_for_rows(normal, generators, z, *z.shape[1:])
        return {"wasserstein": Term(-critic_gap(net.critic, z, prior), self._weight)}


class SlicedRegulariser:
    r"""The sliced distance :math:`SW_1(q(z), N(0, I))` of a batch's codes and as many draws of the prior.

    Parameters
    ----------
    weight : float
        Its factor beside the reconstruction error, at least 0.

    See Also
    --------
    robustgen.objectives.sliced : The formula.
    """

    def __init__(self, weight: float = 1.0) -> None:
        self._weight = weight

    def terms(
        self, net: VariationalNet, posterior: GaussianMixture, z: Tensor, generators: Generators
    ) -> Terms:
        """Return the distance, which sorts all rows of a batch."""
        if processes() > 1:
            raise UsageError(
                "got data_parallel with the sliced distance, which sorts all rows of a batch: take another "
                "regulariser, or one process"
            )
        prior = drawn_for_rows(normal, generators, z, *z.shape[1:])
        distance = sliced_distance(z, prior, drawn_directions(z, generators))
        return {"sliced_wasserstein": Term(distance, self._weight)}

    def players(self, net: VariationalNet) -> tuple[Player, ...]:
        """Return nobody: the autoencoder minimises the distance by itself."""
        return ()


class VariationalAutoencoding:
    r"""Minimise :math:`\sum_i \rho(x_i, D(z_i)) + R(q)`, with :math:`z_i \sim q(z|x_i)`.

    Parameters
    ----------
    error : {"l21", "l2", "l1"}
        :math:`\rho`, see :mod:`robustgen.objectives.errors`.
    regulariser : Regulariser
        R.
    sampler : CodeSampler
        How codes are drawn.
    """

    def __init__(self, error: str, regulariser: Regulariser, sampler: CodeSampler) -> None:
        self._error = RECONSTRUCTION_ERRORS[error]
        self._regulariser = regulariser
        self._sampler = sampler

    def players(self, net: VariationalNet) -> tuple[Player, ...]:
        """Return the autoencoder, then those of the regulariser."""
        parts = (net.encoder, net.bottleneck, net.decoder)
        moved = tuple(chain.from_iterable(part.parameters() for part in parts))
        autoencoder = Player("autoencoder", moved, self._loss, hooks=(self._sampler,))
        return (autoencoder, *self._regulariser.players(net))

    def errors(self, net: VariationalNet, batch: Tensor) -> Tensor:
        """Return the reconstruction error (K, B) through the mean of the first component."""
        return self._error(batch, net(batch))

    def _loss(self, net: VariationalNet, batch: Tensor, generators: Generators) -> Terms:
        posterior = net.posterior(batch)
        z = self._sampler(posterior, generators)
        reconstruction = {"reconstruction": Term(self._error(batch, net.decoder(z)))}
        return reconstruction | self._regulariser.terms(net, posterior, z, generators)
