"""The training rows, on the device where they fit, streamed where they do not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from robustgen.objectives.base import Rows
from robustgen.training.scaling import Scaling

BLOCK_ENTRIES = 2**22
BLOCK_ROWS = 1024


class RowBlocks:
    """Rows of X as scaled tensors, cut out a block at a time.

    Parameters
    ----------
    X : ndarray, memory map or CSR matrix, (n, d), or ndarray or memory map, (n, C, H, W)
        Rows in the user's units.
    scaling : Scaling
        Applied in float64, so that a large offset does not cost a small spread its digits.
    device : torch.device
        Where the blocks go.
    dtype : torch.dtype
        What they become.
    """

    def __init__(self, X: Any, scaling: Scaling, device: torch.device, dtype: torch.dtype) -> None:
        self.n_rows = X.shape[0]
        self._X = X
        self._scaling = scaling
        self._device = device
        self._dtype = dtype

    def take(self, index: Any) -> Tensor:
        """Return the rows (B, ...) of a slice or an index array."""
        rows = self._X[index]
        dense = rows.toarray() if sparse.issparse(rows) else rows
        scaled = self._scaling.apply(torch.from_numpy(np.array(dense, dtype=np.float64))).to(self._dtype)
        if self._device.type == "cuda":
            return scaled.pin_memory().to(self._device, non_blocking=True)
        return scaled.to(self._device)

    def sequence(self, block_rows: int = BLOCK_ROWS) -> Iterator[Tensor]:
        """Yield all rows in order, a block at a time."""
        for start in range(0, self.n_rows, block_rows):
            yield self.take(slice(start, start + block_rows))


class ResidentRows:
    """Rows put on the device once, cut by index.

    Parameters
    ----------
    blocks : RowBlocks
        Where they come from.
    """

    def __init__(self, blocks: RowBlocks) -> None:
        self.n_rows = blocks.n_rows
        self._data = torch.cat(list(blocks.sequence()))

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Tensor]:
        """Yield (K, B, ...) batches that follow ``order`` (K, n)."""
        for index in order.split(batch_size, dim=1):
            yield self._data[index]


class StreamedRows:
    """Rows that stay where they are; a thread prepares the next batch while this one is learnt.

    Parameters
    ----------
    blocks : RowBlocks
        Where they come from.
    """

    def __init__(self, blocks: RowBlocks) -> None:
        self.n_rows = blocks.n_rows
        self._blocks = blocks

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Tensor]:
        """Yield (K, B, ...) batches that follow ``order`` (K, n)."""
        yield from _prefetched(self._gather(index) for index in order.cpu().split(batch_size, dim=1))

    def _gather(self, index: Tensor) -> Tensor:
        wanted, place = np.unique(index.numpy(), return_inverse=True)  # sorted: a disk is read forwards
        rows = self._blocks.take(wanted)
        return rows[torch.from_numpy(place.reshape(index.shape)).to(rows.device)]


def _prefetched(batches: Iterable[Tensor]) -> Iterator[Tensor]:
    upcoming = iter(batches)
    with ThreadPoolExecutor(max_workers=1) as thread:
        ready = thread.submit(next, upcoming, None)
        while (batch := ready.result()) is not None:
            ready = thread.submit(next, upcoming, None)
            yield batch


def place_rows(X: Any, scaling: Scaling, device: torch.device, dtype: torch.dtype) -> Rows:
    """Put the rows on the device where they fit, else stream them.

    Memory maps and CSR matrices are streamed: they are what they are because a dense copy
    would not fit.

    Parameters
    ----------
    X, scaling, device, dtype
        See :class:`RowBlocks`.
    """
    blocks = RowBlocks(X, scaling, device, dtype)
    if sparse.issparse(X) or is_memory_mapped(X) or not _fits(X, device, dtype):
        return StreamedRows(blocks)
    return ResidentRows(blocks)


def block_rows(members: int, row_shape: tuple[int, ...]) -> int:
    """Return how many rows of a shape K members take at once, so that a block stays small in memory.

    Examples
    --------
    >>> block_rows(1, (30,)), block_rows(8, (1, 28, 28))
    (1024, 668)
    """
    return max(1, min(BLOCK_ROWS, BLOCK_ENTRIES // (members * math.prod(row_shape))))


def is_memory_mapped(X: Any) -> bool:
    """Tell whether an array is a memory map or a view of one."""
    while X is not None:
        if isinstance(X, np.memmap):
            return True
        X = getattr(X, "base", None)
    return False


def _fits(X: Any, device: torch.device, dtype: torch.dtype) -> bool:
    """Leave half of a GPU's free memory to the nets; a CPU holds X already."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return X.size * dtype.itemsize < free // 2
