"""What rows are compared by with those that a person judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd
from torch import Tensor
from torch.nn import functional

from robustgen._rows import row_type
from robustgen._seeds import subsample
from robustgen._storable import storable
from robustgen.densities.cosine import unit_rows
from robustgen.descriptors.description import Description, fit_description
from robustgen.descriptors.thumbnail import thumbnail
from robustgen.training.rows import RowBlocks, block_rows
from robustgen.training.scaling import Scaling, fit_scaling

AXES = 50
"""Rows are compared along so many principal axes at most."""
SAMPLE_ROWS = 4096
"""Of so many rows at most are the axes learnt."""


@storable
@dataclass(frozen=True)
class Comparison:
    """The map from rows to what they are compared by: at most 50 principal axes.

    Vectors, signals and clips are in standard units, and images are what they look like
    (:class:`robustgen.descriptors.description.Description`). Texts have length 1 along the axes, so that
    their angles count, as in latent semantic analysis: those of few common words would lie near the origin.

    Attributes
    ----------
    row_type : {"vectors", "images", "signals", "clips", "text"}
        What rows are.
    scaling : Scaling
        Standard units; none for texts.
    description : Description or None
        What makes a vector of an image.
    axes : Tensor, (q, D), or None
        The principal axes; ``None`` where there are 50 columns or fewer.
    """

    row_type: str
    scaling: Scaling
    description: Description | None
    axes: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        """Return float64 rows (B, ...) on the CPU, in the units of X, as they are compared, (B, q)."""
        vectors = self.vectors(self.scaling.apply(x))
        rows = vectors if self.axes is None else vectors @ self.axes.T
        return functional.normalize(rows, dim=1) if self.row_type == "text" else rows

    def vectors(self, scaled: Tensor) -> Tensor:
        """Return scaled rows (B, ...) as vectors (B, D)."""
        if self.description is not None:
            return self.description(thumbnail(scaled))
        return functional.normalize(scaled, dim=1) if self.row_type == "text" else scaled.flatten(1)

    def rows(self, X: Any) -> NDArray[np.float64]:
        """Return checked rows of X, which are read a block at a time, as they are compared, (n, q)."""
        return np.concatenate(list(self.parts(X)))

    def parts(self, X: Any) -> Iterator[NDArray[np.float64]]:
        """Yield them as they are compared, a block at a time."""
        return (self(block).numpy() for block in _blocks(X))


def _blocks(X: Any) -> Iterator[Tensor]:
    as_they_are = fit_scaling(X, None)
    blocks = RowBlocks(X, as_they_are, torch.device("cpu"), torch.float64)
    return blocks.sequence(block_rows(1, X.shape[1:]))


def fit_comparison(X: Any) -> Comparison:
    """Learn the axes from 4,096 of the rows at most.

    Parameters
    ----------
    X : ndarray, memory map, source or CSR matrix, (n, d), or one of these but the last, (n, C, ...)
        Checked rows.

    Examples
    --------
    >>> rows = np.array([[0.0, 5.0], [2.0, 5.0]])
    >>> fit_comparison(rows).rows(rows)
    array([[-1.,  0.],
           [ 1.,  0.]])
    """
    kind = row_type(X)
    scaling = fit_scaling(X, None if kind == "text" else "standard")
    sample = X[subsample(X.shape[0], SAMPLE_ROWS, 0)]
    if kind == "text":
        return Comparison(kind, scaling, None, _axes(unit_rows(sparse.csr_matrix(sample))))
    small = [_small(scaling.apply(block), kind) for block in _blocks(sample)]
    description = fit_description(small) if kind == "images" else None
    plain = Comparison(kind, scaling, description, None)
    return Comparison(kind, scaling, description, _axes(torch.cat([plain.vectors(x) for x in small]).numpy()))


def _small(scaled: Tensor, kind: str) -> Tensor:
    return thumbnail(scaled) if kind == "images" else scaled


def _axes(vectors: Any) -> Tensor | None:
    if vectors.shape[1] <= AXES:
        return None
    axes = randomized_svd(vectors, min(AXES, *vectors.shape), random_state=0)[2]
    return torch.from_numpy(np.ascontiguousarray(axes))


def compared_rows(X: Any) -> NDArray[np.float64]:
    """Return checked rows of X as they are compared, (n, q); see :class:`Comparison`."""
    return fit_comparison(X).rows(X)
