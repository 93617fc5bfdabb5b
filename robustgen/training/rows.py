"""The training rows, on the device where they fit, streamed where they do not, and how they are shuffled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from robustgen._sources import release, scattered, stays_outside
from robustgen.nets.draws import Generators
from robustgen.objectives.base import Rows
from robustgen.training.scaling import Scaling

BLOCK_ENTRIES = 2**22
BLOCK_ROWS = 1024
SHUFFLED_ROWS = 2**17
"""Rows among which those of shuffled groups are shuffled."""


class RowBlocks:
    """Rows of X as scaled tensors, cut out a block at a time.

    Parameters
    ----------
    X : ndarray, memory map, source or CSR matrix, (n, d), or one of these but the last, (n, C, ...)
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
        self.row_shape: tuple[int, ...] = X.shape[1:]
        self.group_sizes = getattr(X, "group_sizes", None)
        self.place = device, dtype
        self._X = X
        self._scaling = scaling
        self._device = device
        self._dtype = dtype

    def take(self, index: Any) -> Tensor:
        """Return the rows (B, ...) of a slice or an index array."""
        rows = self._X[index] if isinstance(index, slice) else scattered(self._X, index)
        dense = rows.toarray() if sparse.issparse(rows) else rows
        scaled = self._scaling.apply(torch.from_numpy(np.array(dense, dtype=np.float64))).to(self._dtype)
        if self._device.type == "cuda":
            return scaled.pin_memory().to(self._device, non_blocking=True)
        return scaled.to(self._device)

    def sequence(self, block_rows: int = BLOCK_ROWS) -> Iterator[Tensor]:
        """Yield all rows in order, a block at a time."""
        for start in range(0, self.n_rows, block_rows):
            yield self.take(slice(start, start + block_rows))
            release(self._X)


class ResidentRows:
    """Rows put on the device once, cut by index.

    Parameters
    ----------
    blocks : RowBlocks
        Where they come from.
    """

    def __init__(self, blocks: RowBlocks) -> None:
        self.n_rows = blocks.n_rows
        device, dtype = blocks.place
        self._data = torch.empty(blocks.n_rows, *blocks.row_shape, dtype=dtype, device=device)
        start = 0
        for block in blocks.sequence():
            self._data[start : start + len(block)] = block
            start += len(block)

    def shuffled(self, generators: Generators) -> Tensor:
        """Return an order (K, n) of each member."""
        return permutations(self.n_rows, generators)

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Tensor]:
        """Yield (K, B, ...) batches that follow ``order`` (K, n)."""
        for index in order.split(batch_size, dim=1):
            yield self._data.index_select(0, index.flatten()).unflatten(0, index.shape)


class StreamedRows:
    """Rows that stay where they are; a thread reads those of the next batches while these are learnt.

    Batches are those of :class:`ResidentRows`, to the last bit, but for sources that read rows in groups.

    Parameters
    ----------
    blocks : RowBlocks
        Where they come from.
    """

    def __init__(self, blocks: RowBlocks) -> None:
        self.n_rows = blocks.n_rows
        self._blocks = blocks

    def shuffled(self, generators: Generators) -> Tensor:
        """Return an order (K, n) of each member: groups that are read together stay near each other."""
        if self._blocks.group_sizes is None:
            return permutations(self.n_rows, generators)
        return torch.stack([grouped_permutation(self._blocks.group_sizes, g) for g in generators])

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Tensor]:
        """Yield (K, B, ...) batches that follow ``order`` (K, n)."""
        entries = len(order) * math.prod(self._blocks.row_shape)
        at_once = batch_size * max(1, BLOCK_ENTRIES // (batch_size * entries))
        for rows in _prefetched(self._gather(index) for index in order.cpu().split(at_once, dim=1)):
            yield from rows.split(batch_size, dim=1)

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

    Memory maps, sources and CSR matrices are streamed: they are what they are because a dense copy
    would not fit.

    Parameters
    ----------
    X, scaling, device, dtype
        See :class:`RowBlocks`.
    """
    blocks = RowBlocks(X, scaling, device, dtype)
    if sparse.issparse(X) or stays_outside(X) or not _fits(X, device, dtype):
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


def permutations(n_rows: int, generators: Generators) -> Tensor:
    """Draw an order (K, n) of all rows for each member."""
    order = torch.empty(len(generators), n_rows, dtype=torch.int64, device=generators[0].device)
    for generator, own in zip(generators, order, strict=True):
        torch.randperm(n_rows, generator=generator, out=own)
    return order


def grouped_permutation(sizes: NDArray[np.intp], generator: torch.Generator) -> Tensor:
    """Draw an order (n,) of groups of rows, then of the rows of so many groups as make 131,072 rows.

    Examples
    --------
    >>> order = grouped_permutation(np.array([2, 0, 3]), torch.Generator().manual_seed(0))
    >>> sorted(order.tolist())
    [0, 1, 2, 3, 4]
    """
    device = generator.device
    groups = torch.randperm(len(sizes), generator=generator, device=device).cpu().numpy()
    starts = np.cumsum(sizes) - sizes
    order = np.concatenate([np.arange(starts[group], starts[group] + sizes[group]) for group in groups])
    ends = np.cumsum(sizes[groups])
    start, window = 0, np.searchsorted(ends, np.arange(SHUFFLED_ROWS, len(order), SHUFFLED_ROWS))
    for end in [*np.unique(ends[window]).tolist(), len(order)]:
        drawn = torch.randperm(end - start, generator=generator, device=device).cpu().numpy()
        order[start:end] = order[start:end][drawn]
        start = end
    return torch.from_numpy(order).to(device)


def _fits(X: Any, device: torch.device, dtype: torch.dtype) -> bool:
    """Leave half of a GPU's free memory to the nets; a CPU holds X already."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    return X.size * dtype.itemsize < free // 2
