"""Rows of numbers, compared as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.consensus import MODELS, Consensus, fit_consensus
from robustgen.densities.repeats import FLOOD
from robustgen.detectors.kinds.kind import Choice, most_of_width
from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.plain import plain_autoencoder
from robustgen.training.rows import RowBlocks
from robustgen.training.scaling import Scaling


@storable
class Vectors:
    """Rows of tables, embeddings and the like, as they are in standard units.

    Three judges, vouching and three models are usual; :class:`robustgen.RobustDetector` says which. See
    :class:`robustgen.detectors.kinds.kind.Kind`.
    """

    usual = Choice(("standard", "robust", "forest"), 1.3, tuple(MODELS))
    flood = FLOOD
    scaling: str | None = "standard"
    description = None

    def most_judged(self, row_shape: tuple[int, ...]) -> int:
        return most_of_width(row_shape[0])

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> Tensor:
        return RowBlocks(X, scaling, torch.device("cpu"), torch.float64).take(places)

    def compared(self, x: Tensor) -> Tensor:
        return x

    def model(self, rows: Tensor, kept: Tensor, models: Sequence[str], seed: int) -> Consensus:
        return fit_consensus(rows, kept, models, seed)

    def seen(self, X: Any) -> Any:
        return X

    def net(
        self, row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
    ) -> AutoencoderNet:
        return plain_autoencoder(row_shape, hidden_dims, latent_dim)
