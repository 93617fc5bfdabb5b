"""Words, counts or TF-IDF, compared by their cosines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.directions import Directions, fit_directions, unit_rows
from robustgen.detectors.kinds.kind import Choice
from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.plain import plain_autoencoder
from robustgen.training.scaling import Scaling

REFERENCE_TEXTS = 4096


@storable
class Words:
    """Counts of words or TF-IDF, as directions: the length of a row says nothing.

    Two copies are a flood. The core are the rows that hang together by their cosines and have least in
    common with the others (:func:`robustgen.densities.coherence.coherent_core`), and a row is scored by its
    mean cosine to the 5 nearest of them, to the 20 nearest and to all
    (:class:`robustgen.densities.directions.Directions`). Autoencoders are linear. See
    :class:`robustgen.detectors.kinds.kind.Kind`.
    """

    usual = Choice(("coherence",), 0, ("directions",))
    flood = 2  # a copy hangs together with its like best of all
    scaling: str | None = None
    description = None

    def most_judged(self, row_shape: tuple[int, ...]) -> int:
        return REFERENCE_TEXTS

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> sparse.csr_matrix:
        return unit_rows(X[places])

    def compared(self, x: Tensor) -> Tensor:
        return x

    def model(self, rows: sparse.csr_matrix, kept: Tensor, models: Sequence[str], seed: int) -> Directions:
        return fit_directions(rows, kept)

    def seen(self, X: Any) -> Any:
        return X

    def net(
        self, row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
    ) -> AutoencoderNet:
        return plain_autoencoder(row_shape, (), latent_dim)  # linear: rows are few for so many columns
