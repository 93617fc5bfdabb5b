"""Draws of the members: each from a generator of its own, as it would draw alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from robustgen._seeds import member_seeds

Generators = Sequence[torch.Generator]


def member_generators(
    seed: int, purpose: str, n_members: int, device: torch.device | str = "cpu"
) -> list[torch.Generator]:
    """Return a generator on the device for each member and purpose."""
    return [torch.Generator(device).manual_seed(one) for one in member_seeds(seed, purpose, n_members)]


def normal(generators: Generators, like: Tensor, *shape: int) -> Tensor:
    """Draw standard normals of shape (K, *shape), member k from its own generator; see :func:`uniform`."""
    drawn = _room(generators, like, *shape)
    for generator, member in zip(generators, drawn, strict=True):
        member.normal_(generator=generator)
    return drawn


def uniform(generators: Generators, like: Tensor, *shape: int) -> Tensor:
    """Draw uniforms on [0, 1) of shape (K, *shape), member k from its own generator.

    They come in single precision where ``like`` is in half precision, which has so few numbers that most
    of a large sample could never be drawn.
    """
    drawn = _room(generators, like, *shape)
    for generator, member in zip(generators, drawn, strict=True):
        member.uniform_(generator=generator)
    return drawn


def gumbel(generators: Generators, like: Tensor, *shape: int) -> Tensor:
    r"""Draw standard Gumbels :math:`-\log(-\log(1 - U))` of shape (K, *shape); see :func:`uniform`.

    A U that is rounded to 0 counts as half of a step: the index with the largest sum of Gumbel and log
    probability is drawn by its probability, and at 0 itself it would be any.
    """
    u = uniform(generators, like, *shape)
    return -torch.log(-torch.log1p(-u.clamp_min(torch.finfo(u.dtype).eps / 4)))


def _room(generators: Generators, like: Tensor, *shape: int) -> Tensor:
    dtype = torch.promote_types(like.dtype, torch.float32)
    return like.new_empty((len(generators), *shape), dtype=dtype)
