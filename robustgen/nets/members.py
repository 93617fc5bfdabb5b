"""Many nets of one shape in one module: the member axis."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

Net = TypeVar("Net", bound=nn.Module)


def initialise(build: Callable[[], Net], seeds: Sequence[int]) -> Net:
    """Build one net per seed and stack them: member k is the net that seed k alone would give.

    Parameters
    ----------
    build : callable
        Makes the net with one member; its random draws depend on its seed only.
    seeds : sequence of int
        One seed a member.

    Returns
    -------
    torch.nn.Module
        The net with ``len(seeds)`` members, on the CPU.

    Examples
    --------
    >>> from robustgen.nets.mlp import Linear
    >>> net = initialise(lambda: Linear(3, 2), seeds=[0, 1])
    >>> net.weight.shape
    torch.Size([2, 3, 2])
    """
    nets = [_seeded(build, seed) for seed in seeds]
    return _joined(nets[0], nets)


def _seeded(build: Callable[[], Net], seed: int) -> Net:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would seed every GPU too
        return build()


def stack(nets: Sequence[Net]) -> Net:
    """Join nets of one shape along the member axis.

    Parameters
    ----------
    nets : sequence of torch.nn.Module
        Nets of the same structure, each with its own number of members.

    Returns
    -------
    torch.nn.Module
        A new net; the given ones are left as they are.
    """
    return _joined(copy.deepcopy(nets[0]), nets)


def _joined(target: Net, nets: Sequence[Net]) -> Net:
    """Give the target what all nets hold."""
    for held, *parts in zip(tensors(target), *(tensors(net) for net in nets), strict=True):
        held.data = torch.cat([part.detach() for part in parts])
    return target


def member(net: Net, k: int) -> Net:
    """Cut member ``k`` out as a net of its own.

    Examples
    --------
    >>> from robustgen.nets.mlp import Linear
    >>> pair = initialise(lambda: Linear(3, 2), seeds=[0, 1])
    >>> bool((member(pair, 1).weight == pair.weight[1]).all())
    True
    """
    single = copy.deepcopy(net)
    for tensor in tensors(single):
        tensor.data = tensor.detach()[k : k + 1].clone()
    return single


def count(net: nn.Module) -> int:
    """Return K, the number of members."""
    return len(next(tensors(net)))


def tensors(net: nn.Module) -> Iterator[Tensor]:
    """Iterate over all that a net holds, parameters then buffers, each (K, ...)."""
    yield from net.parameters()
    yield from net.buffers()


def fill(net: nn.Module, values: Iterable[Tensor]) -> None:
    """Give a net, in place, the values of all that it holds, in the order of :func:`tensors`.

    Examples
    --------
    >>> from robustgen.nets.mlp import Linear
    >>> one, other = Linear(3, 2), Linear(3, 2)
    >>> fill(one, tensors(other))
    >>> bool((one.weight == other.weight).all())
    True
    """
    for target, value in zip(tensors(net), values, strict=True):
        target.data.copy_(value)
