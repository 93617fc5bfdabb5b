"""Centre and scale of the rows, learnt once and applied a block at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import StandardScaler
from sklearn.utils.sparsefuncs import csc_median_axis_0
from torch import Tensor, from_numpy

from robustgen._storable import storable
from robustgen._validation import canonical

CHUNK_ROWS = 65_536
SAMPLE_ROWS = 100_000
"""Rows that quantiles are taken from, drawn at random, where there are more."""
CHANNEL_PIXELS = 2**26
"""Pixels of a channel, of evenly spaced images, that scalings are learnt from where there are more."""
ROUNDING = 1e-9
"""The largest range that is none, over the standard deviation of the column."""


@storable
@dataclass(frozen=True)
class Scaling:
    r"""The map :math:`x \mapsto (x - c) / s`, entry by entry.

    Attributes
    ----------
    center, scale : ndarray of float64
        c and s > 0, broadcast against a row: (d,) for vectors, (C, 1, 1) for images.

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
    """Return mean and standard deviation of each column of (n, d), dense or CSR."""
    scaler = StandardScaler(with_mean=not sparse.issparse(X))
    for start in range(0, X.shape[0], CHUNK_ROWS):  # X may be a memory map
        scaler.partial_fit(X[start : start + CHUNK_ROWS])
    return scaler.mean_, scaler.scale_


def robust(X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return median and interquartile range of each column of (n, d), dense or CSR.

    A column that is constant in its middle half, but for rounding, as counts and indicators often are, has
    no such range: its standard deviation stands in.
    """
    rows = X[_sample(X.shape[0])] if X.shape[0] > SAMPLE_ROWS else X
    if sparse.issparse(rows):
        columns = sparse.csc_matrix(rows)
        median = csc_median_axis_0(columns)
        quartiles = [np.percentile(columns[:, [j]].toarray(), (25, 75)) for j in range(X.shape[1])]
        spread = np.ptp(quartiles, axis=1)
    else:
        lower, median, upper = np.percentile(rows, (25, 50, 75), axis=0)
        spread = upper - lower
    deviation = standard(X)[1]
    return np.asarray(median, dtype=float), np.where(spread > ROUNDING * deviation, spread, deviation)


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
    row_type : {"vectors", "images", "text"}
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
    """Learn a scaling: of each column of vectors, of each channel of images.

    Parameters
    ----------
    X : ndarray or CSR matrix, (n, d), or ndarray, (n, C, H, W)
        The training rows.
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
    images = max(2, CHANNEL_PIXELS // math.prod(X.shape[2:]))  # X may be a memory map, a channel is copied
    sample = X[:: math.ceil(len(X) / images)]
    channels = [SCALINGS[name](sample[:, channel].reshape(-1, 1)) for channel in range(X.shape[1])]
    center, scale = np.array(channels, dtype=float).reshape(-1, 2).T
    return Scaling(center.reshape(-1, 1, 1), scale.reshape(-1, 1, 1))
