"""Images and clips made smaller."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

AVERAGES: dict[int, Callable[..., Tensor]] = {
    4: functional.adaptive_avg_pool2d,
    5: functional.adaptive_avg_pool3d,
}
"""By the axes of a batch."""


def pooled(rows: Tensor, cells: int) -> Tensor:
    """Return rows of at most so many cells along each axis, means of what they cover.

    Parameters
    ----------
    rows : Tensor, (B, C, H, W) or (B, C, T, H, W)
        Images or clips; small ones stay as they are.
    cells : int
        Along each axis but the channels.

    Examples
    --------
    >>> import torch
    >>> pooled(torch.tensor([[[[1.0, 3.0, 5.0, 7.0]]]]), 2)
    tensor([[[[2., 6.]]]])
    """
    shape = pooled_shape(tuple(rows.shape[1:]), cells)
    return rows if shape == rows.shape[1:] else AVERAGES[rows.ndim](rows, shape[1:])


def pooled_shape(row_shape: tuple[int, ...], cells: int) -> tuple[int, ...]:
    """Return the shape of what :func:`pooled` makes of a row (C, ...).

    Examples
    --------
    >>> pooled_shape((3, 480, 24), 32), pooled_shape((3, 10, 64, 5), 8)
    ((3, 32, 24), (3, 8, 8, 5))
    """
    return (row_shape[0], *(min(cells, side) for side in row_shape[1:]))
