"""The nearest rows, found by products of matrices and proven to be the nearest."""

from __future__ import annotations

import torch
from torch import Tensor

SPARE = 6
"""Candidates beyond the rows that are asked for."""
GROUP = 8
"""Entries of which the least is found at once, and as many groups of groups."""
BLOCK_ENTRIES = 2**20
TIED = 1e-11
"""How much nearer a row may be, as a share of the squared distance, that is left for one as near but for
rounding."""


@torch.no_grad()
def nearest_places(x: Tensor, rows: Tensor, k: int) -> Tensor:
    r"""Return the places of the k rows that are nearest to each row of x by the Euclidean distance.

    All squared distances but for :math:`\lVert x \rVert^2` are one product in single precision, from which
    more than its rounding can add is subtracted: lower bounds. The k + 6 rows of least bounds are measured
    exactly, and where the k-th of them is within the bounds of all others, no other can be nearer. The rows
    of x of which this cannot be said are asked in double precision, and at last entry by entry.

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
    Tensor of int, (B, k)
        In no order. Of rows that are equally near, but for rounding, any are taken.

    References
    ----------
    Higham, "Accuracy and Stability of Numerical Algorithms" (2002), section 3.1, for what rounding can
    add to an inner product.

    Examples
    --------
    >>> rows = torch.tensor([[0.0], [1.0], [5.0]], dtype=torch.float64)
    >>> nearest_places(rows, rows, 1)
    tensor([[0],
            [1],
            [2]])
    """
    places = torch.empty(len(x), k, dtype=torch.int64)
    open_ = torch.arange(len(x))
    for precision in (torch.float32, torch.float64):
        bounds = _LowerBounds(rows, precision)
        parts = [bounds.nearest(x[some], k) for some in open_.split(_block_rows(rows))]
        places[open_] = torch.cat([found for found, _ in parts])
        open_ = open_[~torch.cat([proven for _, proven in parts])]
        if not len(open_):
            return places
    direct = [_directly(x[some], rows, k) for some in open_.split(_block_rows(rows))]
    places[open_] = torch.cat(direct)
    return places


def _block_rows(rows: Tensor) -> int:
    return max(1, BLOCK_ENTRIES // len(rows))


def _directly(x: Tensor, rows: Tensor, k: int) -> Tensor:
    distances = torch.cdist(x, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.topk(k, dim=1, largest=False).indices


class _LowerBounds:
    r"""Lower bounds of squared distances, but for :math:`\lVert x \rVert^2`.

    .. math:: \lVert r \rVert^2 - 2 x^T r - c (\lVert r \rVert^2 + 2 \lVert x \rVert \lVert r \rVert)

    They are one product of :math:`(x, \lVert x \rVert)` and :math:`(-2 r, -2 c \lVert r \rVert)`. The rows
    are padded to whole groups of groups.
    """

    def __init__(self, rows: Tensor, precision: torch.dtype) -> None:
        self._rows = rows
        self._precision = precision
        slack = (rows.shape[1] + 8) * torch.finfo(precision).eps
        squares = rows.square().sum(1, keepdim=True)
        factors = torch.cat([-2 * rows, -2 * slack * squares.sqrt()], dim=1)
        missing = -len(rows) % GROUP**2
        self._offsets = torch.cat([(1 - slack) * squares[:, 0], rows.new_full((missing,), torch.inf)])
        self._factors = torch.cat([factors, factors.new_zeros(missing, factors.shape[1])]).T
        self._offsets, self._factors = self._offsets.to(precision), self._factors.to(precision).contiguous()

    def nearest(self, x: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Return the places (B, k) of the nearest rows, and for which rows (B,) of x that is proven."""
        squares = x.square().sum(1, keepdim=True)
        augmented = torch.cat([x, squares.sqrt()], dim=1).to(self._precision)
        n_candidates = min(k + SPARE, len(self._rows))
        least, candidates = _least(torch.addmm(self._offsets, augmented, self._factors), n_candidates)
        candidates = candidates.clamp_max(len(self._rows) - 1)  # what overflows may name a row that pads
        exact = (x[:, None] - self._rows[candidates]).square().sum(2)
        nearest = exact.topk(k, dim=1, largest=False)
        farthest = nearest.values[:, -1]
        others = least[:, -1].to(x) + squares[:, 0]
        proven = (farthest * (1 - TIED) <= others) & others.isfinite() | (farthest == 0)
        return candidates.gather(1, nearest.indices), proven | (n_candidates == len(self._rows))


def _least(bounds: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k least of bounds (B, R) in ascending order, and their places: in k groups at most."""
    n_groups, rest = divmod(bounds.shape[1], GROUP)
    if rest or n_groups <= k:
        return bounds.topk(k, dim=1, largest=False)
    _, groups = _least(bounds.view(len(bounds), GROUP, n_groups).amin(1), k)
    places = (torch.arange(GROUP)[:, None] * n_groups + groups[:, None]).flatten(1)
    least = bounds.gather(1, places).topk(k, dim=1, largest=False)
    return least.values, places.gather(1, least.indices)
