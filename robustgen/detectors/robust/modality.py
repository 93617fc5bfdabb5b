"""What has to be known of a type of rows to find a clean subset of them and to score by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from robustgen._seeds import subsample
from robustgen._storable import storable
from robustgen.densities.clumping import loneliness
from robustgen.densities.cosine import CosineModel, fit_cosine_model, unit_rows
from robustgen.densities.ensemble import Ensemble, fit_ensemble, standardisation
from robustgen.densities.gaussian import Gaussian, fit_gaussian
from robustgen.densities.joint import JointEnsemble, join
from robustgen.descriptors.clip_views import clip_views
from robustgen.descriptors.description import Description, described_width, fit_description
from robustgen.descriptors.pooling import pooled, pooled_shape
from robustgen.descriptors.signal_views import signal_views
from robustgen.descriptors.thumbnail import SIDE, thumbnail
from robustgen.detectors.autoencoder import Autoencoder
from robustgen.detectors.robust.contributions import conditional_means, error_drops
from robustgen.training.rows import RowBlocks, block_rows
from robustgen.training.scaling import Scaling

REFERENCE_ROWS = 10_000
REFERENCE_VECTORS = 5_000
"""Of tables: twice as many cost twice and found no more on four large sets of five (``speed-default``)."""
MOST_NEIGHBOURS = 500
"""Of tables: as many as are learnt, 2,500 and 5,000, score four times as slowly and no better
(``speed-default``)."""
WIDE = 100
"""Columns from which on a table is wide (``benchmarks/choosing/looks.md``)."""
MEASURED = 0.2
"""The share of them that has to be measured."""
ASKED_ROWS = 1000
"""By which it is decided whether columns are measured."""
REFERENCE_ENTRIES = 2**23
REFERENCE_TEXTS = 4096
CLIP_CELLS = 16
ENLARGED = {3: "bilinear", 4: "trilinear"}
"""By the axes of a row."""
OF_ALL = ("all_gaussian", "all_neighbours")
"""Models of all rows that outliers mislead where they clump: they count as far as suspects are alone."""
OF_LONELY = 4.0
"""The weight of the Gaussian of rows that do not clump (``benchmarks/choosing/looks.md``)."""
LEAST_WEIGHT = 1e-6
"""Of them, so that they score where nothing else was chosen."""
CPU = torch.device("cpu")

RowErrors = Callable[[Tensor], Tensor]
"""The error (B,) of scaled rows (B, ...)."""


@storable
@dataclass(frozen=True)
class Choice:
    """Which screeners find the clean subset, and which models score.

    Attributes
    ----------
    screeners : tuple of str
        The screeners.
    models : tuple of str
        The models.
    """

    screeners: tuple[str, ...]
    models: tuple[str, ...]


class Modality(Protocol):
    """What rows of a type are compared by, and which parts of the detector suit them.

    Attributes
    ----------
    usual : Choice
        The parts that are taken where the user names none.
    copies : int or None
        How many equal rows count once; None where all count.
    scaling : {"standard", "robust"} or None
        What the columns, or the channels of images, are measured in.
    description : Description or None
        What makes a vector of an image, once it is learnt; None for all that is no image.
    """

    usual: Choice
    copies: int | None
    scaling: str | None

    @property
    def description(self) -> Description | None: ...

    def most_screened(self, row_shape: tuple[int, ...]) -> int:
        """Return how many rows of a shape are screened at most."""

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> Any:
        """Learn what rows are compared by, and return those at some places of X as that."""

    def screened(self, rows: Any) -> Sequence[Any]:
        """Return the rows that `learn` returned as they are screened: once, or by each description."""

    def compared(self, x: Tensor) -> Tensor:
        """Return scaled rows (B, ...) as the vectors (B, D) by which they are compared."""

    def fit_models(
        self, rows: Any, clean: Tensor, models: Sequence[str], seed: int
    ) -> Ensemble | JointEnsemble | CosineModel:
        """Fit models to the rows that `learn` returned, of which some are the clean subset, (n,)."""

    def autoencoder(self, **options: Any) -> Autoencoder:
        """Return the autoencoder of such rows."""

    def encoded(self, X: Any, scaling: Scaling) -> Any:
        """Return rows of X as the autoencoder takes them."""

    def encoded_rows(self, x: Tensor, scaling: Scaling) -> Tensor:
        """Return scaled float64 rows (B, ...) as `encoded` gives them."""

    def decoded(self, vectors: NDArray[np.float64], shape: tuple[int, ...], scaling: Scaling) -> Any:
        """Return what the autoencoder makes of rows of a shape, in the units of X."""

    def parts(self, errors: RowErrors, x: Tensor) -> Tensor:
        """Return what the part of each entry in the error of scaled rows is proportional to, (B, ...)."""


def modality_for(row_type: str, X: Any) -> Modality:
    """Return the modality of rows, which has learnt nothing yet.

    Parameters
    ----------
    row_type : {"vectors", "images", "signals", "clips", "text"}
        What rows are; see :func:`robustgen._rows.row_type`.
    X : array, CSR matrix, memory map or RowSource
        The rows.

    Examples
    --------
    >>> measured = np.random.default_rng(0).normal(size=(20, 100))
    >>> [type(modality_for("vectors", X)).__name__ for X in (measured, measured > 1)]
    ['WideVectors', 'Vectors']
    """
    return WideVectors() if row_type == "vectors" and _is_wide(X) else MODALITIES[row_type]()


def _is_wide(X: Any) -> bool:
    """Return whether columns are many, and a fifth of them have no value that half of the rows hold."""
    if X.shape[1] < WIDE:
        return False
    some = X[subsample(X.shape[0], ASKED_ROWS, 0)]
    rows = torch.as_tensor(some.toarray() if sparse.issparse(some) else np.asarray(some))
    held = (rows == rows.mode(0).values).double().mean(0)
    return float((held < 0.5).double().mean()) >= MEASURED


def most_of_width(width: int) -> int:
    """Return how many vectors of a width are screened at most: 1,000 and more, as memory is for them.

    Examples
    --------
    >>> most_of_width(30), most_of_width(2000), most_of_width(2**20)
    (10000, 4194, 1000)
    """
    return min(REFERENCE_ROWS, max(1000, REFERENCE_ENTRIES // width))


def first_order_parts(errors: RowErrors, x: Tensor) -> Tensor:
    """Return the squared gradient of the error at each entry, times the entry's squared value.

    It is the first-order change of the error when the entry goes to the mean of its channel (Simonyan,
    Vedaldi and Zisserman, "Deep Inside Convolutional Networks", ICLR workshop 2014, for the gradient).
    """
    with torch.enable_grad():
        rows = x.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(errors(rows).sum(), rows)
    return (gradient * x).square()


@storable
class Vectors:
    """Rows of tables, embeddings and the like, as they are in standard units.

    Two screeners and six models are usual; :class:`robustgen.RobustDetector` says which. See
    :class:`robustgen.detectors.robust.modality.Modality`.
    """

    usual = Choice(
        ("autoencoder", "tails"),
        ("gaussian", "neighbours", "histograms", "autoencoder", "all_gaussian", "all_neighbours"),
    )
    copies: int | None = None
    scaling: str | None = "standard"
    description = None
    expected: Gaussian

    def most_screened(self, row_shape: tuple[int, ...]) -> int:
        return min(REFERENCE_VECTORS, most_of_width(row_shape[0]))

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> Tensor:
        return RowBlocks(X, scaling, CPU, torch.float64).take(places)

    def screened(self, rows: Any) -> Sequence[Any]:
        return (rows,)

    def compared(self, x: Tensor) -> Tensor:
        return x

    def fit_models(self, rows: Tensor, clean: Tensor, models: Sequence[str], seed: int) -> Ensemble:
        self.expected = fit_gaussian(rows[clean], seed)
        weights = dict.fromkeys(OF_ALL, max(loneliness(rows, clean), LEAST_WEIGHT))
        weights["lonely_gaussian"] = OF_LONELY
        return fit_ensemble(rows, clean, models, seed, weights=weights, most_neighbours=MOST_NEIGHBOURS)

    def autoencoder(self, **options: Any) -> Autoencoder:
        return Autoencoder(scaling="robust", **options)

    def encoded(self, X: Any, scaling: Scaling) -> Any:
        return X

    def encoded_rows(self, x: Tensor, scaling: Scaling) -> Tensor:
        return scaling.invert(x)

    def decoded(self, vectors: NDArray[np.float64], shape: tuple[int, ...], scaling: Scaling) -> Any:
        return vectors

    def parts(self, errors: RowErrors, x: Tensor) -> Tensor:
        return error_drops(errors, x, conditional_means(self.expected, x))


@storable
class WideVectors(Vectors):
    """Rows of 100 columns or more, a fifth of them measured: embeddings, spectra, pixels.

    A column is measured where no value is held by half of the rows: indicators and counts, most of them 0, do
    not make a table wide. Half of the rows are few for so many columns, and outliers that do not clump hardly
    move a covariance of so many: a shrunk Gaussian of the clean subset and of all suspects that stand alone
    (:func:`robustgen.densities.clumping.with_lonely`) counts as much as four other models. See
    :class:`robustgen.detectors.robust.modality.Modality`.
    """

    usual = Choice(Vectors.usual.screeners, (*Vectors.usual.models, "lonely_gaussian"))


class Pooled:
    """Images or clips, of which the autoencoder sees means of what at most so many cells an axis cover."""

    cells: int

    def autoencoder(self, **options: Any) -> Autoencoder:
        return Autoencoder(scaling=None, **options)

    def encoded(self, X: Any, scaling: Scaling) -> NDArray[np.float32]:
        blocks = RowBlocks(X, scaling, CPU, torch.float32).sequence(block_rows(1, X.shape[1:]))
        return torch.cat([self.encoded_rows(block, scaling) for block in blocks]).numpy()

    def encoded_rows(self, x: Tensor, scaling: Scaling) -> Tensor:
        return pooled(x.float(), self.cells).flatten(1)

    def decoded(self, vectors: NDArray[np.float64], shape: tuple[int, ...], scaling: Scaling) -> Any:
        small = torch.from_numpy(vectors).unflatten(1, pooled_shape(shape, self.cells))
        large = functional.interpolate(small, shape[1:], mode=ENLARGED[len(shape)], align_corners=False)
        return scaling.invert(large).numpy()


@storable
class Images(Pooled):
    """Images (C, H, W), each as one vector of pixels, edges and textures.

    The vectors are :class:`robustgen.descriptors.description.Description`. One screener finds the half of the
    images that lies together (:func:`robustgen.densities.iterative_trimming.trim_iteratively`), and the five
    nearest of these score. Autoencoders see thumbnails of at most 32 x 32 pixels. See
    :class:`robustgen.detectors.robust.modality.Modality`.
    """

    usual = Choice(("trimming",), ("neighbours",))
    copies: int | None = 20  # a clump of equal images would be a clean subset of its own
    scaling: str | None = "standard"
    description: Description
    cells = SIDE

    def most_screened(self, row_shape: tuple[int, ...]) -> int:
        return most_of_width(described_width(row_shape))

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> Tensor:
        scaled = RowBlocks(X, scaling, CPU, torch.float64)
        step = block_rows(1, X.shape[1:])
        blocks = np.split(places, range(step, len(places), step))
        small = [thumbnail(scaled.take(block)) for block in blocks]
        self.description = fit_description(small)
        return torch.cat([self.description(images) for images in small])

    def screened(self, rows: Any) -> Sequence[Any]:
        return (rows,)

    def compared(self, x: Tensor) -> Tensor:
        return self.description(x)

    def fit_models(self, rows: Tensor, clean: Tensor, models: Sequence[str], seed: int) -> Ensemble:
        # A description has its units already; the deviation of a pixel that is hardly ever lit is none.
        return fit_ensemble(rows, clean, models, seed, scale=torch.ones_like(rows[0]))

    def parts(self, errors: RowErrors, x: Tensor) -> Tensor:
        return first_order_parts(errors, x)


class Views:
    """Rows that are described in several ways, none of which is best for all: all of them are asked.

    One screener finds the half of the rows that lies together in each description
    (:func:`robustgen.densities.iterative_trimming.trim_iteratively`), and the mean rank decides. A shrunk
    Gaussian and the five nearest neighbours of that half score each description, and the errors are joined
    (:class:`robustgen.densities.joint.JointEnsemble`). See
    :class:`robustgen.detectors.robust.modality.Modality`.
    """

    usual = Choice(("trimming",), ("gaussian", "neighbours"))
    copies: int | None = 20  # a sensor that was off has many equal rows
    scaling: str | None = "standard"
    description = None
    views: Callable[[Tensor], tuple[Tensor, ...]]
    """Returns each description of scaled rows (B, ...) as vectors (B, D)."""
    widths: tuple[int, ...]

    def most_screened(self, row_shape: tuple[int, ...]) -> int:
        return most_of_width(sum(self._widths(row_shape)))

    def _widths(self, row_shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(view.shape[1] for view in self.views(torch.zeros(1, *row_shape)))

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> Tensor:
        self.widths = self._widths(X.shape[1:])
        scaled = RowBlocks(X, scaling, CPU, torch.float64)
        step = block_rows(1, X.shape[1:])
        blocks = np.split(places, range(step, len(places), step))
        return torch.cat([self.compared(scaled.take(block)) for block in blocks])

    def screened(self, rows: Tensor) -> Sequence[Tensor]:
        units = (standardisation(part) for part in rows.split(self.widths, dim=1))
        parts = zip(rows.split(self.widths, dim=1), units, strict=True)
        return [(part - center) / scale for part, (center, scale) in parts]

    def compared(self, x: Tensor) -> Tensor:
        return torch.cat(self.views(x), dim=1)

    def fit_models(self, rows: Tensor, clean: Tensor, models: Sequence[str], seed: int) -> JointEnsemble:
        alone = np.mean([loneliness(part, clean) for part in self.screened(rows)])
        weights = dict.fromkeys(OF_ALL, max(float(alone), LEAST_WEIGHT))
        parts = rows.split(self.widths, dim=1)
        return join([fit_ensemble(part, clean, models, seed, weights=weights) for part in parts], parts)

    def parts(self, errors: RowErrors, x: Tensor) -> Tensor:
        return first_order_parts(errors, x)


@storable
class Signals(Views):
    """Signals (C, T), each described by its values, its log spectrum and its statistics.

    See :mod:`robustgen.descriptors.signal_views`. Autoencoders see the values. See
    :class:`robustgen.detectors.robust.modality.Views`.
    """

    views = staticmethod(signal_views)

    def autoencoder(self, **options: Any) -> Autoencoder:
        return Autoencoder(scaling="standard", **options)

    def encoded(self, X: Any, scaling: Scaling) -> Any:
        return X.reshape(len(X), -1)

    def encoded_rows(self, x: Tensor, scaling: Scaling) -> Tensor:
        return scaling.invert(x).flatten(1)

    def decoded(self, vectors: NDArray[np.float64], shape: tuple[int, ...], scaling: Scaling) -> Any:
        return vectors


@storable
class Clips(Pooled, Views):
    """Clips (C, T, H, W), each described by its spectrum in time and space and by its motion.

    See :mod:`robustgen.descriptors.clip_views`. Autoencoders see at most 16 cells along each axis. See
    :class:`robustgen.detectors.robust.modality.Views`.
    """

    views = staticmethod(clip_views)
    cells = CLIP_CELLS


@storable
class Text:
    """Bags of words (counts or TF-IDF), as directions: the length of a row says nothing.

    Two copies count once. The clean rows are those that hang together by their cosines and have least in
    common with the others (:func:`robustgen.densities.coherence.coherent_subset`), and a row is scored by its
    mean cosine to the 5 nearest of them, to the 20 nearest and to all
    (:class:`robustgen.densities.cosine.CosineModel`). Autoencoders are linear. See
    :class:`robustgen.detectors.robust.modality.Modality`.
    """

    usual = Choice(("coherence",), ("cosine",))
    copies: int | None = 2  # a copy hangs together with its like best of all
    scaling: str | None = None
    description = None
    expected: Tensor

    def most_screened(self, row_shape: tuple[int, ...]) -> int:
        return REFERENCE_TEXTS

    def learn(self, X: Any, places: NDArray[Any], scaling: Scaling) -> sparse.csr_matrix:
        return unit_rows(X[places])

    def screened(self, rows: Any) -> Sequence[Any]:
        return (rows,)

    def compared(self, x: Tensor) -> Tensor:
        return x

    def fit_models(
        self,
        rows: sparse.csr_matrix,
        clean: Tensor,
        models: Sequence[str],
        seed: int,
    ) -> CosineModel:
        self.expected = torch.from_numpy(np.asarray(rows[clean.numpy()].mean(0)).ravel())
        return fit_cosine_model(rows, clean)

    def autoencoder(self, **options: Any) -> Autoencoder:
        return Autoencoder(scaling=None, **options | {"hidden_dims": ()})  # rows are few for so many columns

    def encoded(self, X: Any, scaling: Scaling) -> Any:
        return X

    def encoded_rows(self, x: Tensor, scaling: Scaling) -> Tensor:
        return scaling.invert(x)

    def decoded(self, vectors: NDArray[np.float64], shape: tuple[int, ...], scaling: Scaling) -> Any:
        return vectors

    def parts(self, errors: RowErrors, x: Tensor) -> Tensor:
        """Return the term of each word in 1 minus the cosine to the clean mean direction, at least 0."""
        unit = functional.normalize(x, dim=1)
        return (unit * (unit - functional.normalize(self.expected.to(x), dim=0))).clamp_min(0)


MODALITIES: dict[str, Callable[[], Modality]] = {
    "vectors": Vectors,
    "images": Images,
    "signals": Signals,
    "clips": Clips,
    "text": Text,
}
"""How rows of each type are compared."""
