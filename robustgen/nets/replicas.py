"""Replicas of a net in several processes: each learns a part of every batch, and all take the same step.

Sums over the rows of a batch are summed over the processes (``torch.distributed``), so that all that is
computed from them is what one process would compute from the whole batch. Draws are made for the whole
batch by generators of the same state, and each process takes those of its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist


@dataclass(frozen=True)
class Part:
    """The rows of a batch that a process learns.

    Attributes
    ----------
    rows : slice
        Where they stand in the batch.
    n_rows : int
        B, the rows of the batch.
    copies : int
        How many processes learn these rows: more than one where there are more processes than rows.
    """

    rows: slice
    n_rows: int
    copies: int = 1

    @property
    def share(self) -> float:
        """The part's rows over the batch's, shared out among the copies: these add up to 1."""
        return (self.rows.stop - self.rows.start) / self.n_rows / self.copies

    @classmethod
    def of(cls, n_rows: int, rank: int, processes: int) -> Part:
        """Return the part of one of several processes.

        Examples
        --------
        >>> [Part.of(5, rank, 2).rows for rank in range(2)]
        [slice(0, 2, None), slice(2, 5, None)]
        >>> [(part.rows.start, part.copies) for part in (Part.of(2, rank, 4) for rank in range(4))]
        [(0, 1), (1, 3), (1, 3), (1, 3)]
        """
        if n_rows >= processes:
            return cls(slice(rank * n_rows // processes, (rank + 1) * n_rows // processes), n_rows)
        row = min(rank, n_rows - 1)
        return cls(slice(row, row + 1), n_rows, processes - n_rows + 1 if row == n_rows - 1 else 1)


@dataclass
class Replicas:
    """The processes that train together.

    Attributes
    ----------
    rank : int
        Which of them this is.
    size : int
        How many there are.
    part : Part or None
        Of the batch that is learnt; None between batches.
    """

    rank: int
    size: int
    part: Part | None = None


_present: ContextVar[Replicas | None] = ContextVar("robustgen_replicas", default=None)


@contextmanager
def replicated(replicas: Replicas) -> Iterator[None]:
    """Let the trainings in the block be those of some replicas."""
    token = _present.set(replicas)
    try:
        yield
    finally:
        _present.reset(token)


def processes() -> int:
    """Return how many processes train together."""
    replicas = _present.get()
    return 1 if replicas is None else replicas.size


def part_of(n_rows: int) -> Part:
    """Return the rows of a batch that this process learns: all of them where it is alone."""
    replicas = _present.get()
    return (
        Part(slice(0, n_rows), n_rows) if replicas is None else Part.of(n_rows, replicas.rank, replicas.size)
    )


def own_rows(order: Tensor, batch_size: int) -> Tensor:
    """Return, of an order (K, n) that is cut into batches, what this process learns of each: (K, m)."""
    batches = order.split(batch_size, dim=1)
    return torch.cat([batch[:, part_of(batch.shape[1]).rows] for batch in batches], dim=1)


@contextmanager
def learning(part: Part) -> Iterator[None]:
    """Let sums and draws in the block be those of a batch of which this process learns a part."""
    replicas = _present.get()
    if replicas is None:
        yield
        return
    replicas.part = part
    try:
        yield
    finally:
        replicas.part = None


def present_part(n_rows: int) -> Part:
    """Return the part that is learnt, of whose rows there are so many here: of no other process's batch."""
    replicas = _present.get()
    if replicas is None or replicas.part is None:
        return Part(slice(0, n_rows), n_rows)
    return replicas.part


def summed(values: Tensor) -> Tensor:
    """Return the sum over the processes."""
    if _present.get() is None:
        return values
    total = values.detach().clone()
    dist.all_reduce(total)
    return total


def batch_sum(values: Tensor) -> Tensor:
    """Return the sum over the whole batch of what is summed here over the part's rows; gradients pass."""
    replicas = _present.get()
    if replicas is None or replicas.part is None:
        return values
    return _Sum.apply(values / replicas.part.copies)


def batch_mean(values: Tensor) -> Tensor:
    """Return the mean (K, 1, ...) over the rows of the whole batch of values (K, b, ...) of the part's."""
    part = present_part(values.shape[1])
    return batch_sum(values.sum(1, keepdim=True)) / part.n_rows


class _Sum(torch.autograd.Function):
    """Sum over the processes; each one's values have a part in the losses of all."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total


def whole_batch(values: Tensor) -> Tensor:
    """Return the values (K, B) of all rows of the batch, of which those of the part (K, b) are here."""
    replicas = _present.get()
    if replicas is None or replicas.part is None:
        return values
    whole = values.new_zeros(len(values), replicas.part.n_rows, *values.shape[2:])
    whole[:, replicas.part.rows] = values.detach()
    return batch_sum(whole)


def gradients_summed(gradients: Sequence[Tensor]) -> Sequence[Tensor]:
    """Return the sums of gradients over the processes: one exchange for all of them."""
    if _present.get() is None:
        return gradients
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    parts = flat.split([gradient.numel() for gradient in gradients])
    return [part.view_as(gradient) for part, gradient in zip(parts, gradients, strict=True)]


def joined(values: Tensor) -> Tensor:
    """Return values (K, m, ...) of all processes side by side, m of each its own, the same in all of them."""
    replicas = _present.get()
    if replicas is None:
        return values
    sizes = torch.zeros(replicas.size, dtype=torch.int64, device=values.device)
    sizes[replicas.rank] = values.shape[1]
    ends = summed(sizes).cumsum(0).tolist()
    whole = values.new_zeros(len(values), ends[-1], *values.shape[2:])
    whole[:, ends[replicas.rank] - values.shape[1] : ends[replicas.rank]] = values
    return summed(whole)


def agreed(values: Tensor) -> Tensor:
    """Return what the first process has."""
    if _present.get() is None:
        return values
    sent = values.detach().to(torch.uint8) if values.dtype == torch.bool else values.detach().clone()
    dist.broadcast(sent, 0)
    return sent.to(values.dtype)


def are_alike(number: int) -> bool:
    """Tell whether all processes have the same number, below 2^62."""
    if _present.get() is None:
        return True
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    ends = torch.tensor([number, -number], dtype=torch.int64, device=device)
    dist.all_reduce(ends, dist.ReduceOp.MAX)
    return int(ends[0]) == -int(ends[1])


def drawn_for_rows(
    draw: Callable[..., Tensor], generators: Sequence[torch.Generator], like: Tensor, *shape: int
) -> Tensor:
    """Draw (K, b, ...) for the rows of the part as they would be drawn in the whole batch.

    Parameters
    ----------
    draw : callable
        One of :mod:`robustgen.nets.draws`.
    generators : sequence of torch.Generator
        One a member, of the same state in all processes.
    like : torch.Tensor
        Whose type and device the draws have.
    *shape : int
        b, then the shape of a row's draw.
    """
    part = present_part(shape[0])
    return draw(generators, like, part.n_rows, *shape[1:])[:, part.rows]
