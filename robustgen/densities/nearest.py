"""The nearest rows, found by products of matrices and proven to be the nearest."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

N_GROUPS = 32
"""Of the rows, from whose least bounds the threshold is taken; twice as many as those where k is large."""
SPARE = 3
"""Groups beyond k whose least bound the threshold lets through."""
MOST_CANDIDATES = 24
"""Of a row, beyond k: more tie, or nearly so, and are left to a slower way."""
BLOCK_ENTRIES = 2**19
"""Bounds that stay in the processor's cache."""
LEAST_BLOCK = 128
"""Rows, under which a product is slow."""
TIED = 1e-11
"""How much nearer a row may be, as a share of the squared distance, that is left for one as near but for
rounding."""


Array = NDArray[Any]


class Nearest(NamedTuple):
    """The k nearest rows of each of B.

    Attributes
    ----------
    distances : Tensor of float64, (B, k)
        In ascending order.
    places : Tensor of int, (B, k)
        Where these rows stand.
    """

    distances: Tensor
    places: Tensor


@torch.no_grad()
def nearest_rows(x: Tensor, rows: Tensor, k: int) -> Nearest:
    r"""Return the k rows that are nearest to each row of x by the Euclidean distance.

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
    Nearest
        Of rows that are equally near, but for rounding, any are taken.

    References
    ----------
    Higham, "Accuracy and Stability of Numerical Algorithms" (2002), section 3.1, for what rounding can
    add to an inner product.

    Examples
    --------
    >>> rows = torch.tensor([[0.0], [1.0], [5.0]], dtype=torch.float64)
    >>> nearest_rows(rows, rows, 1).places
    tensor([[0],
            [1],
            [2]])
    """
    distances, places = x.new_empty(len(x), k), torch.empty(len(x), k, dtype=torch.int64)
    unproven = torch.arange(len(x))
    for precision in (torch.float32, torch.float64) if len(rows) > _n_groups(k) else ():
        if len(unproven):
            unproven = _search(_LowerBounds(rows, k, precision), x, unproven, distances, places)
    for some in unproven.split(_block_rows(len(rows))):
        distances[some], places[some] = _directly(x[some], rows, k)
    return Nearest(distances, places)


def _n_groups(k: int) -> int:
    return max(N_GROUPS, 2 * (k + SPARE))


def _block_rows(entries: int) -> int:
    return max(LEAST_BLOCK, BLOCK_ENTRIES // entries)


def _directly(x: Tensor, rows: Tensor, k: int) -> tuple[Tensor, Tensor]:
    found = torch.cdist(x, rows, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = found.topk(k, dim=1, largest=False)
    return nearest.values, nearest.indices


def _search(bounds: _LowerBounds, x: Tensor, asked: Tensor, distances: Tensor, places: Tensor) -> Tensor:
    """Fill in the nearest of the rows of x that are asked, and return those of which that is not proven."""
    unproven = []
    for some in asked.split(_block_rows(MOST_CANDIDATES * x.shape[1])):
        distances[some], places[some], proven = bounds.nearest(x[some])
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

    def nearest(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return distances and places (B, k) of the nearest rows, and of which rows (B,) that is proven."""
        squares = x.square().sum(1)
        augmented = torch.cat([x, squares.sqrt()[:, None]], dim=1).to(self._precision)
        blocks = [self._under_threshold(block) for block in augmented.split(len(self._memory))]
        threshold, counts, candidates = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        exact, places = self._measured(x, counts, candidates)
        nearest = exact.topk(self._k, dim=1, largest=False)
        farthest, others = nearest.values[:, -1], torch.from_numpy(threshold).to(x) + squares
        proven = (farthest * (1 - TIED) <= others) & others.isfinite()
        proven &= torch.from_numpy(counts <= exact.shape[1])
        return nearest.values.sqrt_(), places.gather(1, nearest.indices), proven | (farthest == 0)

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

    def _measured(self, x: Tensor, counts: Array, candidates: Array) -> tuple[Tensor, Tensor]:
        """Return the squared distances of the first candidates of each row, and their places (B, C)."""
        width = self._k + MOST_CANDIDATES
        asked = np.repeat(np.arange(len(counts)), counts)
        in_line = np.arange(len(asked)) - (counts.cumsum() - counts)[asked]
        parts = np.stack([asked, candidates, asked * width + in_line])[:, in_line < width]
        whose, found, slots = torch.from_numpy(parts)
        squares = x.index_select(0, whose).sub_(self._rows.index_select(0, found)).square_().sum(1)
        exact = x.new_full((len(x) * width,), torch.inf).scatter_(0, slots, squares)
        places = torch.zeros(len(exact), dtype=torch.int64).scatter_(0, slots, found)
        return exact.view(-1, width), places.view(-1, width)
