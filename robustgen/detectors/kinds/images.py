"""Images, compared by their pixels, edges and textures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.consensus import Consensus, fit_consensus
from robustgen.densities.repeats import FLOOD
from robustgen.descriptors.description import Description, described_width, fit_description
from robustgen.descriptors.thumbnail import thumbnail, thumbnails
from robustgen.detectors.kinds.kind import Choice, most_of_width
from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.plain import thumbnail_autoencoder
from robustgen.training.rows import RowBlocks, block_rows
from robustgen.training.scaling import Scaling


@storable
class Images:
    """Images (C, H, W), each as one vector of pixels, edges and textures.

    The vectors are :class:`robustgen.descriptors.description.Description`. One judge finds the half of the
    images that lies together (:func:`robustgen.densities.concentration.concentrate`), and the five nearest
    of these score. Autoencoders see thumbnails of at most 32 x 32 pixels. See
    :class:`robustgen.detectors.kinds.kind.Kind`.
    """

    usual = Choice(("concentration",), 0, ("neighbours",))
    flood = FLOOD
    scaling: str | None = "standard"
    description: Description

    def most_judged(self, row_shape: tuple[int, ...]) -> int:
        return most_of_width(described_width(row_shape))

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> Tensor:
        scaled = RowBlocks(X, scaling, torch.device("cpu"), torch.float64)
        step = block_rows(1, X.shape[1:])
        blocks = np.split(places, range(step, len(places), step))
        small = [thumbnail(scaled.take(block)) for block in blocks]
        self.description = fit_description(small)
        return torch.cat([self.description(images) for images in small])

    def compared(self, x: Tensor) -> Tensor:
        return self.description(x)

    def model(self, rows: Tensor, kept: Tensor, models: Sequence[str], seed: int) -> Consensus:
        # A description has its units already; the deviation of a pixel that is hardly ever lit is none.
        return fit_consensus(rows, kept, models, seed, scale=torch.ones_like(rows[0]))

    def seen(self, X: Any) -> Any:
        return thumbnails(X)

    def net(
        self, row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
    ) -> AutoencoderNet:
        return thumbnail_autoencoder(row_shape, hidden_dims, latent_dim)
