"""Centre and scale of the rows, learnt once and applied a block at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.sparsefuncs import csc_median_axis_0, mean_variance_axis
from torch import Tensor, from_numpy

from robustgen._sources import blocks, scattered
from robustgen._storable import storable
from robustgen._validation import canonical

SAMPLE_ROWS = 100_000
"""Rows that quantiles are taken from, drawn at random, where there are more."""
CHANNEL_PIXELS = 2**26
"""Pixels of a channel, of evenly spaced images, that scalings are learnt from where there are more."""
ROUNDING = 1e-9
"""The largest range of the middle half that is none, over how far nearly all cells of the column reach."""
USUAL = 0.95
"""The share of the cells that differ from the median which tell how far they reach: no single one does."""
LAST_DIGITS = 8 * np.finfo(np.float64).eps
"""The largest distance that is rounding, over the size of the numbers."""


@storable
@dataclass(frozen=True)
class Scaling:
    r"""The map :math:`x \mapsto (x - c) / s`, entry by entry.

    Attributes
    ----------
    center, scale : ndarray of float64
        c and s > 0, broadcast against a row: (d,) for vectors, (C, 1, 1) for images,
        (C, 1) for signals.

    Examples
    --------
    >>> import torch
    >>> scaling = Scaling(center=np.array([1.0]), scale=np.array([2.0]))
    >>> scaling.apply(torch.tensor([[5.0]], dtype=torch.float64))
    tensor([[2.]], dtype=torch.float64)
    """

    center: NDArray[np.float64]
    scale: NDArray[np.float64]

    def apply(self, rows: Tensor) -> Tensor:
        """Scale float64 rows (B, ...) on the CPU."""
        return (rows - from_numpy(self.center)) / from_numpy(self.scale)

    def invert(self, rows: Tensor) -> Tensor:
        """Bring scaled float64 rows (B, ...) on the CPU back to the units of X."""
        return rows * from_numpy(self.scale) + from_numpy(self.center)


def standard(X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of each column of (n, d), dense or CSR; 1 for a constant one.

    A column is taken in a unit of its own and from its first cell on, so that neither a far origin nor a
    tiny unit costs digits, and it is constant where its cells are equal but for rounding, however many.
    """
    if sparse.issparse(X):
        return _standard_of_sparse(X)
    first = np.asarray(X[0], dtype=np.float64)
    reach = np.max([np.abs(rows - first).max(0) for rows in _chunks(X)], axis=0)
    unit = np.where(reach > 0, reach, 1.0)
    mean = np.sum([((rows - first) / unit).sum(0) for rows in _chunks(X)], axis=0) / X.shape[0]
    squares = np.sum([(((rows - first) / unit - mean) ** 2).sum(0) for rows in _chunks(X)], axis=0)
    deviation = unit * np.sqrt(squares / X.shape[0])
    return first + unit * mean, np.where(reach > LAST_DIGITS * np.abs(first), deviation, 1.0)


def _chunks(X: Any) -> Iterator[NDArray[np.float64]]:
    for block in blocks(X):  # X may be larger than memory
        yield np.asarray(block, dtype=np.float64)


def _standard_of_sparse(X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take columns from 0 on, where most of their cells are."""
    lowest, highest = (np.asarray(end.todense(), dtype=np.float64).ravel() for end in (X.min(0), X.max(0)))
    reach = np.maximum(np.abs(lowest), np.abs(highest))
    unit = np.where(reach > 0, reach, 1.0)
    scaled = sparse.csr_matrix(X, dtype=np.float64, copy=True)
    scaled.data /= unit[scaled.indices]
    mean, variance = mean_variance_axis(scaled, axis=0)
    return unit * mean, np.where(highest - lowest > LAST_DIGITS * reach, unit * np.sqrt(variance), 1.0)


def robust(X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return median and interquartile range of each column of (n, d), dense or CSR.

    A column that is constant in its middle half, but for rounding, as counts and indicators often are, has
    no such range: the standard deviation of its cells stands in, those clipped that are farther from the
    median than 95 % of all that differ from it.
    """
    rows = scattered(X, _sample(X.shape[0])) if X.shape[0] > SAMPLE_ROWS else X
    if sparse.issparse(rows):
        columns = sparse.csc_matrix(rows)
        median = csc_median_axis_0(columns)
        quartiles = [np.percentile(columns[:, [j]].toarray(), (25, 75)) for j in range(X.shape[1])]
        spread = np.ptp(quartiles, axis=1)
    else:
        columns = rows[:]
        lower, median, upper = np.percentile(columns, (25, 50, 75), axis=0)
        spread = upper - lower
    center, spread = np.asarray(median, dtype=float), np.asarray(spread, dtype=float)
    for j in np.flatnonzero(spread <= ROUNDING * standard(X)[1]):  # few, and not all of them without a range
        column = columns[:, [j]].toarray() if sparse.issparse(columns) else columns[:, j]
        spread[j] = _clipped_spread(np.asarray(column, dtype=float).ravel() - center[j], spread[j])
    return center, spread


def _clipped_spread(column: NDArray[np.float64], spread: float) -> float:
    """Return the range of the middle half of a column (n,) around 0, its deviation where that is rounding."""
    distances = np.abs(column[column != 0])
    if not distances.size:
        return 1.0
    reach = np.quantile(distances, USUAL, method="lower")
    if spread > ROUNDING * reach:
        return spread
    return float(reach * np.std((column / reach).clip(-1, 1)))


def _sample(n_rows: int) -> NDArray[np.intp]:
    """Draw rows, always the same; evenly spaced pixels would be the same few places of every image."""
    return np.sort(np.random.default_rng(0).integers(n_rows, size=SAMPLE_ROWS))


def none(X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return 0 and 1 for each column of (n, d): the data as it is."""
    return np.zeros(X.shape[1]), np.ones(X.shape[1])


SCALINGS: dict[str | None, Callable[[Any], tuple[NDArray[np.float64], NDArray[np.float64]]]] = {
    "standard": standard,
    "robust": robust,
    None: none,
}
"""What each scaling learns of columns."""


def chosen_scaling(name: str | None, row_type: str) -> str | None:
    """Return the name of a scaling, and where it is "auto" the one that suits the rows.

    Text stays as it is, whose rarest words would count most in standard units.

    Parameters
    ----------
    name : {"auto", "standard", "robust"} or None
        What was asked for.
    row_type : {"vectors", "images", "signals", "clips", "text"}
        What rows are; see :func:`robustgen._rows.row_type`.

    Examples
    --------
    >>> [chosen_scaling("auto", rows) for rows in ("vectors", "text")], chosen_scaling("robust", "text")
    (['standard', None], 'robust')
    """
    if name != "auto":
        return name
    return None if row_type == "text" else "standard"


def fit_scaling(X: Any, name: str | None) -> Scaling:
    """Learn a scaling: of each column of vectors, of each channel of images and signals.

    Parameters
    ----------
    X : ndarray, memory map, source or CSR matrix, (n, d), or one of these but the last, (n, C, ...)
        The training rows. "standard" is of all of them, read a block at a time; "robust" is of 100,000
        rows where there are more. Of images and signals so many, evenly spaced, are read as make 67 million
        pixels of a channel.
    name : {"standard", "robust"} or None
        What centre and scale are.

    Returns
    -------
    Scaling
        With scale 1 for what is constant.

    Examples
    --------
    >>> fit_scaling(np.array([[0.0], [1.0], [2.0], [3.0], [100.0]]), "robust").center
    array([2.])
    """
    if X.ndim == 2:
        center, scale = SCALINGS[name](canonical(X) if sparse.issparse(X) else X)
        return Scaling(np.asarray(center, dtype=float), np.asarray(scale, dtype=float))
    enough = max(
        2, CHANNEL_PIXELS // math.prod(X.shape[2:])
    )  # X may be larger than memory, and a channel is copied
    sample = X[:: math.ceil(len(X) / enough)]
    channels = [SCALINGS[name](sample[:, channel].reshape(-1, 1)) for channel in range(X.shape[1])]
    center, scale = np.array(channels, dtype=float).reshape(-1, 2).T
    of_a_row = (-1, *[1] * (X.ndim - 2))
    return Scaling(center.reshape(of_a_row), scale.reshape(of_a_row))


def scaled_limits(X: Any, scaling: Scaling) -> tuple[float, float]:
    """Return the smallest and the largest value that rows (n, ...) of X have when they are scaled.

    Examples
    --------
    >>> scaled_limits(np.array([[0.0], [4.0]]), Scaling(center=np.array([1.0]), scale=np.array([2.0])))
    (-0.5, 1.5)
    """
    if sparse.issparse(X):
        lowest, highest = X.min(axis=0).toarray()[0], X.max(axis=0).toarray()[0]
    else:
        ends = [(block.min(axis=0), block.max(axis=0)) for block in blocks(X)]
        lowest = np.min([low for low, _ in ends], axis=0)
        highest = np.max([high for _, high in ends], axis=0)
    return (
        float(((lowest - scaling.center) / scaling.scale).min()),
        float(((highest - scaling.center) / scaling.scale).max()),
    )
