"""What has to be known of a kind of rows to find a core of them and to score by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from robustgen._rows import holds_words
from robustgen._storable import storable
from robustgen.densities.cosine import CosineModel, fit_cosine_model, unit_rows
from robustgen.densities.duplicates import FLOOD
from robustgen.densities.ensemble import MODELS, Ensemble, fit_ensemble
from robustgen.descriptors.description import Description, described_width, fit_description
from robustgen.descriptors.thumbnail import thumbnail, thumbnails
from robustgen.nets.autoencoder import AutoencoderNet, plain_autoencoder, thumbnail_autoencoder
from robustgen.training.rows import RowBlocks, block_rows
from robustgen.training.scaling import Scaling

__all__ = ["Choice", "Images", "Kind", "Vectors", "Words", "kind_of"]


def kind_of(X: Any, *, words: bool) -> Kind:
    """Tell what rows are.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix, (n, d), or ndarray or memory map, (n, C, H, W)
        The training rows.
    words : bool
        Whether rows may be words; otherwise these are vectors like others.

    Returns
    -------
    Kind
        Of a class of its own, that has learnt nothing yet.

    Examples
    --------
    >>> import numpy as np
    >>> [type(kind_of(X, words=True)).__name__ for X in (np.eye(9), np.eye(600), np.zeros((9, 1, 8, 8)))]
    ['Vectors', 'Words', 'Images']
    """
    if X.ndim > 2:
        return Images()
    return Words() if words and holds_words(X) else Vectors()


REFERENCE_ROWS = 10_000
REFERENCE_ENTRIES = 2**23


@storable
@dataclass(frozen=True)
class Choice:
    """Who judges and who scores.

    Attributes
    ----------
    judges : tuple of str
        The judges.
    vouching : float
        The largest ratio of distances at which a row is kept; 0 keeps the core as it is.
    models : tuple of str
        The models.
    """

    judges: tuple[str, ...]
    vouching: float
    models: tuple[str, ...]


class Kind(Protocol):
    """A kind of rows: what its rows are compared by, and which parts of the detector suit it.

    Attributes
    ----------
    usual : Choice
        The parts that are taken where the user names none.
    flood : int
        The copies that make a flood.
    scaling : {"standard", "robust"} or None
        What the columns, or the channels of images, are measured in.
    description : Description or None
        What makes a vector of an image, once it is learnt; None for all that is no image.
    """

    usual: Choice
    flood: int
    scaling: str | None

    @property
    def description(self) -> Description | None: ...

    def most_judged(self, row_shape: tuple[int, ...]) -> int:
        """Return how many rows of a shape are judged at most."""

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> Any:
        """Learn what rows are compared by, and return those at some places of X as that."""

    def compared(self, x: Tensor) -> Tensor:
        """Return scaled rows (B, ...) as the vectors (B, D) by which they are compared."""

    def model(self, rows: Any, kept: Tensor, models: Sequence[str], seed: int) -> Ensemble | CosineModel:
        """Fit models to the rows that were kept (n,) of those that `learn` returned, and grade by all."""

    def seen(self, X: Any) -> Any:
        """Return rows of X as the autoencoders learn them."""

    def net(
        self, row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
    ) -> AutoencoderNet:
        """Return the autoencoder with one member."""


def most_of_width(width: int) -> int:
    """Return how many vectors of a width are judged at most: 1,000 and more, as memory is for them.

    Examples
    --------
    >>> most_of_width(30), most_of_width(2000), most_of_width(2**20)
    (10000, 4194, 1000)
    """
    return min(REFERENCE_ROWS, max(1000, REFERENCE_ENTRIES // width))


@storable
class Vectors:
    """Rows of tables, embeddings and the like, as they are in standard units.

    Three judges, vouching and three models are usual; :class:`robustgen.RobustDetector` says which. See
    :class:`robustgen.detectors.robust.modality.Kind`.
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

    def model(self, rows: Tensor, kept: Tensor, models: Sequence[str], seed: int) -> Ensemble:
        return fit_ensemble(rows, kept, models, seed)

    def seen(self, X: Any) -> Any:
        return X

    def net(
        self, row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
    ) -> AutoencoderNet:
        return plain_autoencoder(row_shape, hidden_dims, latent_dim)


@storable
class Images:
    """Images (C, H, W), each as one vector of pixels, edges and textures.

    The vectors are :class:`robustgen.descriptors.description.Description`. One judge finds the half of the
    images that lies together (:func:`robustgen.densities.concentration.concentrate`), and the five nearest
    of these score. Autoencoders see thumbnails of at most 32 x 32 pixels. See
    :class:`robustgen.detectors.robust.modality.Kind`.
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

    def model(self, rows: Tensor, kept: Tensor, models: Sequence[str], seed: int) -> Ensemble:
        # A description has its units already; the deviation of a pixel that is hardly ever lit is none.
        return fit_ensemble(rows, kept, models, seed, scale=torch.ones_like(rows[0]))

    def seen(self, X: Any) -> Any:
        return thumbnails(X)

    def net(
        self, row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
    ) -> AutoencoderNet:
        return thumbnail_autoencoder(row_shape, hidden_dims, latent_dim)


REFERENCE_TEXTS = 4096


@storable
class Words:
    """Counts of words or TF-IDF, as directions: the length of a row says nothing.

    Two copies are a flood. The core are the rows that hang together by their cosines and have least in
    common with the others (:func:`robustgen.densities.coherence.coherent_core`), and a row is scored by its
    mean cosine to the 5 nearest of them, to the 20 nearest and to all
    (:class:`robustgen.densities.cosine.CosineModel`). Autoencoders are linear. See
    :class:`robustgen.detectors.robust.modality.Kind`.
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

    def model(self, rows: sparse.csr_matrix, kept: Tensor, models: Sequence[str], seed: int) -> CosineModel:
        return fit_cosine_model(rows, kept)

    def seen(self, X: Any) -> Any:
        return X

    def net(
        self, row_shape: tuple[int, ...], hidden_dims: tuple[int, ...], latent_dim: int
    ) -> AutoencoderNet:
        return plain_autoencoder(row_shape, (), latent_dim)  # linear: rows are few for so many columns
