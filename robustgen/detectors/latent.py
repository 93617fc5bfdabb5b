"""What MAW asks of its codes: the mixture that each row has, and how it is kept near the prior."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from robustgen._checks import (
    UsageError,
    check_at_least_zero,
    check_choice,
    check_count,
    is_count,
    is_number,
    require,
)
from robustgen._storable import storable
from robustgen.nets.mixture import MixtureShape
from robustgen.objectives.variational import (
    DRAWINGS,
    CodeSampler,
    KLRegulariser,
    Regulariser,
    SlicedRegulariser,
    WassersteinRegulariser,
)

REGULARISERS = ("wasserstein", "sliced", "kl")
MODES = ("joint", "alternating")


@storable
@dataclass(frozen=True)
class LatentMixture:
    r"""The mixture of an inlier and an outlier Gaussian that each row's code is drawn from.

    Parameters
    ----------
    n_components : {2, 1}
        1 is the ablation of one Gaussian.
    eta : float in (0, 1)
        :math:`\eta`, the weight of the inlier Gaussian.
    ranks : tuple of int or None
        Rank of each component's :math:`\tilde M`. ``None`` is (d // 2, d), and (d,) for one
        component; (d, d) is the ablation of equal ranks.
    covariance_floor : float
        s, at least 0, and above 0 for the regulariser "kl". 1 in the authors' code.
    component_per : {"row", "batch"}
        Draw the component for each row, as the model has it, or for the whole batch, as the
        authors' code does.
    n_draws : int
        Score by so many draws of the inlier Gaussian, averaged; 0 by its mean. Their noise is
        drawn once, in the fit.

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> LatentMixture(n_components=1).shape(latent_dim=3)
    MixtureShape(weights=(1.0,), ranks=(3,), floor=1.0)
    """

    n_components: int = 2
    eta: float = 5 / 6
    ranks: Sequence[int] | None = None
    covariance_floor: float = 1.0
    component_per: str = "row"
    n_draws: int = 0

    def __post_init__(self) -> None:
        check_choice("n_components", self.n_components, (1, 2))
        within = is_number(self.eta) and 0 < self.eta < 1
        require(within, f"eta={self.eta!r}", "a weight between 0 and 1, such as 5/6")
        check_at_least_zero("covariance_floor", self.covariance_floor)
        check_choice("component_per", self.component_per, DRAWINGS)
        check_count("n_draws", self.n_draws, least=0)

    def shape(self, latent_dim: int) -> MixtureShape:
        """Return what the mixtures of all rows have in common.

        Parameters
        ----------
        latent_dim : int
            d.

        Returns
        -------
        MixtureShape
            Weights, ranks and floor.

        Raises
        ------
        UsageError
            When the ranks do not fit d.
        """
        weights = (self.eta, 1 - self.eta) if self.n_components == 2 else (1.0,)
        return MixtureShape(weights, self._checked_ranks(latent_dim), self.covariance_floor)

    def _checked_ranks(self, d: int) -> tuple[int, ...]:
        if self.ranks is None:
            return (d,) if self.n_components == 1 else (max(1, d // 2), d)
        ranks = tuple(self.ranks) if isinstance(self.ranks, Sequence) else ()
        if len(ranks) != self.n_components or not all(is_count(rank) and rank <= d for rank in ranks):
            raise UsageError(
                f"got ranks={self.ranks!r}, expected {self.n_components} from 1 to latent_dim={d}, "
                "one a component"
            )
        return ranks


@storable
@dataclass(frozen=True)
class Regularisation:
    r"""What keeps the codes near the prior N(0, I), and how hard.

    Parameters
    ----------
    kind : {"wasserstein", "sliced", "kl"}
        :math:`W_1` by a critic with gradient penalty; the sliced :math:`W_1` of a batch's codes and as
        many draws of the prior, exact along each of 32 lines and without a critic; or (the ablation
        MAW-KL) the bound :math:`\sum_j w_j KL(q_j \| p)` on the divergence of the mixture.
    weight : float
        Its weight beside the error, at least 0; without effect in "alternating".
    mode : {"joint", "alternating"}
        Only for "wasserstein". "joint": the distance is added to the error. "alternating": it has an
        optimiser of its own on the encoder, as in the authors' code. Adam's steps do not depend on the size
        of what is minimised, so the sum is not what is minimised then.
    critic_steps : int
        Moves of the critic per batch; 1 in the authors' code.
    critic_rate : float
        The critic's learning rate over the autoencoder's, above 0; 1 in the authors' code.

    Raises
    ------
    UsageError
        When a value is out of its range.

    Examples
    --------
    >>> Regularisation("kl").weight
    1.0
    """

    kind: str = "wasserstein"
    weight: float = 1.0
    mode: str = "joint"
    critic_steps: int = 5
    critic_rate: float = 4.0

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, REGULARISERS)
        check_at_least_zero("weight", self.weight)
        check_choice("mode", self.mode, MODES)
        check_count("critic_steps", self.critic_steps)
        faster = is_number(self.critic_rate) and 0 < self.critic_rate < math.inf
        require(faster, f"critic_rate={self.critic_rate!r}", "a factor above 0")

    def build(self, sampler: CodeSampler) -> Regulariser[Any]:
        """Return the regulariser.

        Parameters
        ----------
        sampler : CodeSampler
            How codes are drawn.

        Returns
        -------
        Regulariser
            Its terms and players.
        """
        if self.kind == "kl":
            return KLRegulariser(self.weight)
        if self.kind == "sliced":
            return SlicedRegulariser(self.weight)
        return WassersteinRegulariser(
            sampler,
            joint=self.mode == "joint",
            weight=self.weight,
            critic_steps=self.critic_steps,
            critic_rate=self.critic_rate,
        )
