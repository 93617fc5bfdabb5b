"""The distances to the nearest rows, found by products of matrices and proven to be the nearest."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

N_GROUPS = 32
"""Of the rows, from whose least bounds the threshold is taken; twice as many as those where k is large."""
SPARE = 3
"""Groups beyond k whose least bound the threshold lets through."""
MOST_CANDIDATES = 12
"""Of a row, beyond k: more tie, or nearly so, and are left to a slower way."""
BLOCK_ENTRIES = 2**19
"""Bounds that stay in the processor's cache."""
LEAST_BLOCK = 128
"""Rows, under which a product is slow."""
TIED = 1e-11
"""How much nearer a row may be, as a share of the squared distance, that is left for one as near but for
rounding."""


Array = NDArray[Any]


@torch.no_grad()
def least_distances(x: Tensor, rows: Tensor, k: int) -> Tensor:
    r"""Return the Euclidean distances of each row of x to the k rows that are nearest to it.

    All squared distances but for :math:`\lVert x \rVert^2` are one product in single precision, from which
    more than its rounding can add is subtracted: lower bounds. Of the least bounds of 32 groups of rows the
    (k + 3)-rd least is a threshold; the rows whose bounds are under it, a few more than k, are measured
    exactly, and where the k-th of them is within the threshold, no other can be nearer. The rows of x of
    which this cannot be said are asked in double precision, and at last entry by entry.

    Parameters
    ----------
    x : Tensor of float64, (B, d)
        Whose neighbours, on the CPU.
    rows : Tensor of float64, (R, d)
        Among which.
    k : int
        At most R.

    Returns
    -------
    Tensor of float64, (B, k)
        In ascending order. Of rows that are equally near, but for rounding, any are taken.

    References
    ----------
    Higham, "Accuracy and Stability of Numerical Algorithms" (2002), section 3.1, for what rounding can
    add to an inner product.

    Examples
    --------
    >>> rows = torch.tensor([[0.0], [1.0], [5.0]], dtype=torch.float64)
    >>> least_distances(rows, rows, 2)
    tensor([[0., 1.],
            [0., 1.],
            [0., 4.]], dtype=torch.float64)
    """
    distances = x.new_empty(len(x), k)
    unproven = torch.arange(len(x))
    for precision in (torch.float32, torch.float64) if len(rows) > _n_groups(k) else ():
        if len(unproven):
            unproven = _search(_LowerBounds(rows, k, precision), x, unproven, distances)
    for some in unproven.split(_block_rows(len(rows))):
        direct = torch.cdist(x[some], rows, compute_mode="donot_use_mm_for_euclid_dist")
        distances[some] = direct.topk(k, dim=1, largest=False).values
    return distances


def _n_groups(k: int) -> int:
    return max(N_GROUPS, 2 * (k + SPARE))


def _block_rows(entries: int) -> int:
    return max(LEAST_BLOCK, BLOCK_ENTRIES // entries)


def _search(bounds: _LowerBounds, x: Tensor, asked: Tensor, distances: Tensor) -> Tensor:
    """Fill in the distances of the rows of x that are asked, and return those rows that are not proven."""
    unproven = []
    for some in asked.split(_block_rows(MOST_CANDIDATES * x.shape[1])):
        distances[some], proven = bounds.nearest(x[some])
        unproven.append(some[~proven])
    return torch.cat(unproven)


class _LowerBounds:
    r"""Lower bounds of squared distances, but for :math:`\lVert x \rVert^2`.

    .. math:: \lVert r \rVert^2 - 2 x^T r - c (\lVert r \rVert^2 + 2 \lVert x \rVert \lVert r \rVert)

    They are one product of :math:`(x, \lVert x \rVert)` and :math:`(-2 r, -2 c \lVert r \rVert)`. The rows
    are padded to groups of equal size, whose members stand apart.
    """

    def __init__(self, rows: Tensor, k: int, precision: torch.dtype) -> None:
        self._rows, self._k, self._n_groups = rows, k, _n_groups(k)
        self._precision = precision
        slack = (rows.shape[1] + 8) * torch.finfo(precision).eps
        squares = rows.square().sum(1, keepdim=True)
        factors = torch.cat([-2 * rows, -2 * slack * squares.sqrt()], dim=1)
        missing = -len(rows) % self._n_groups
        offsets = torch.cat([(1 - slack) * squares[:, 0], rows.new_full((missing,), torch.inf)])
        factors = torch.cat([factors, factors.new_zeros(missing, factors.shape[1])]).T
        self._offsets, self._factors = offsets.to(precision), factors.to(precision).contiguous()
        self._memory = self._offsets.new_empty(_block_rows(len(offsets)), len(offsets))  # new costs more

    def nearest(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the distances (B, k) to the nearest rows, and of which rows (B,) that is proven."""
        squares = x.square().sum(1)
        augmented = torch.cat([x, squares.sqrt()[:, None]], dim=1).to(self._precision)
        blocks = [self._under_threshold(block) for block in augmented.split(len(self._memory))]
        threshold, counts, candidates = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        exact = self._measured(x, counts, candidates)
        farthest, others = exact[:, self._k - 1], threshold + squares.numpy()
        proven = (farthest * (1 - TIED) <= others) & np.isfinite(others) & (counts <= exact.shape[1])
        distances = np.sqrt(exact[:, : self._k])
        return torch.from_numpy(distances), torch.from_numpy(proven | (farthest == 0))

    def _under_threshold(self, augmented: Tensor) -> tuple[Array, Array, Array]:
        """Return the threshold of each row, and how many rows and which ones have bounds up to it."""
        memory = self._memory[: len(augmented)]
        bounds = torch.addmm(self._offsets, augmented, self._factors, out=memory)
        least = bounds.view(len(bounds), -1, self._n_groups).amin(1).numpy()
        last = self._k + SPARE - 1
        threshold = np.partition(least, last, axis=1)[:, last]
        under = np.flatnonzero(bounds.numpy() <= threshold[:, None])
        asked, candidates = np.divmod(under, bounds.shape[1])
        return threshold, np.bincount(asked, minlength=len(bounds)), candidates

    def _measured(self, x: Tensor, counts: Array, candidates: Array) -> Array:
        """Return the squared distances (B, C) of the first candidates of each row, in ascending order."""
        width = self._k + MOST_CANDIDATES
        asked = np.repeat(np.arange(len(counts)), counts)
        in_line = np.arange(len(asked)) - (counts.cumsum() - counts)[asked]
        parts = np.stack([asked, candidates, asked * width + in_line])[:, in_line < width]
        whose, found = torch.from_numpy(parts[:2])
        differences = x.index_select(0, whose).sub_(self._rows.index_select(0, found))
        exact = np.full((len(counts), width), np.inf)
        exact.put(parts[2], differences.square_().sum(1).numpy())
        exact.sort(axis=1)
        return exact
