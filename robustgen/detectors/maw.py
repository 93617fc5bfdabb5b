"""MAW."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen.detectors.base import Detector
from robustgen.detectors.parameters import check_at_least_zero, check_choice, check_count
from robustgen.nets.backbone import decoder_for, encoder_for
from robustgen.nets.critic import Critic
from robustgen.nets.mixture import GaussianMixtureHead
from robustgen.nets.variational import VariationalNet
from robustgen.objectives.cosine import cosine_dissimilarity
from robustgen.objectives.reconstruction import RECONSTRUCTION_ERRORS
from robustgen.objectives.variational import (
    CodeSampler,
    KLRegulariser,
    Regulariser,
    VariationalAutoencoding,
    WassersteinRegulariser,
)
from robustgen.training import RobustTraining

SCORES = {"cosine": cosine_dissimilarity, **RECONSTRUCTION_ERRORS}


class MAW(Detector):
    def __init__(
        self,
        *,
        regulariser: str = "wasserstein",
        reconstruction: str = "l21",
        n_components: int = 2,
        eta: float = 5 / 6,
        ranks: tuple[int, ...] | None = None,
        component_per: str = "row",
        mode: str = "alternating",
        regulariser_weight: float = 1.0,
        critic_steps: int = 1,
        covariance_floor: float = 1.0,
        score: str = "cosine",
        n_draws: int = 0,
        activation: str = "leaky_relu",
        normalization: str | None = None,
        latent_dim: int | None = None,
        hidden_dims: tuple[int, ...] = (32, 64, 128),
        scaling: str | None = "standard",
        epochs: int = 100,
        batch_size: int = 128,
        learning_rate: float = 1e-3,
        contamination: float = 0.1,
        n_members: int = 1,
        robust: bool | RobustTraining = False,
        training: dict[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        for k, v in list(locals().items()):
            if k not in ("self", "__class__"):
                setattr(self, k, v)

    def _check_parameters(self) -> None:
        pass

    def _default_latent_dim(self, row_shape: tuple[int, ...]) -> int:
        return 2

    def _ranks(self):
        if self.ranks is not None:
            return self.ranks
        return (max(1, self.latent_dim_ // 2), self.latent_dim_) if self.n_components == 2 else (self.latent_dim_,)

    def _build_net(self, row_shape, limits):
        style = {"activation": self.activation, "normalization": self.normalization}
        encoder = encoder_for(row_shape, self.hidden_dims, **style)
        head = GaussianMixtureHead(
            encoder.out_features,
            self.latent_dim_,
            ranks=self._ranks(),
            weights=(self.eta, 1 - self.eta) if self.n_components == 2 else (1.0,),
            floor=self.covariance_floor,
        )
        decoder = decoder_for(self.latent_dim_, row_shape, self.hidden_dims, **style)
        critic = Critic(self.latent_dim_) if self.regulariser == "wasserstein" else None
        return VariationalNet(encoder, head, decoder, critic, draws=self.n_draws)

    def _build_objective(self):
        sampler = CodeSampler(self.component_per)
        if self.regulariser == "kl":
            r = KLRegulariser(self.regulariser_weight)
        else:
            r = WassersteinRegulariser(sampler, joint=self.mode == "joint", weight=self.regulariser_weight, critic_steps=self.critic_steps)
        return VariationalAutoencoding(self.reconstruction, r, sampler)

    def _errors(self, x: Tensor) -> Tensor:
        drawn = [SCORES[self.score](x, self.net_.decoder(z)) for z in self.net_.inlier_codes(x)]
        return torch.stack(drawn).mean(0)
