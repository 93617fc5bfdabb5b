"""Randomness that is handed in: derived seeds, generators of the members, no global state."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError

if TYPE_CHECKING:
    import torch

    Generators = Sequence[torch.Generator]


def seed_from(*parts: object) -> int:
    """Hash the parts to a seed in [0, 2**63).

    Parts are compared by their ``repr``, which for strings, numbers and tuples of them is
    the same in every process (unlike ``hash``).

    Examples
    --------
    >>> seed_from("digits", 3, 0.1) == seed_from("digits", 3, 0.1)
    True
    >>> seed_from("digits", 3, 0.1) == seed_from("digits", 3, 0.2)
    False
    """
    text = "\x1f".join(repr(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def base_seed(random_state: int | np.random.RandomState | np.random.Generator | None) -> int:
    """Turn scikit-learn's ``random_state`` into one integer seed.

    ``None`` takes fresh entropy rather than numpy's global generator, so that a fit leaves
    the caller's random numbers alone.

    Examples
    --------
    >>> base_seed(7)
    7
    """
    if random_state is None:
        return int(np.random.default_rng().integers(2**31))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    if not isinstance(random_state, Integral):
        raise UsageError(
            f"got random_state={random_state!r}, expected an integer, a RandomState or Generator of numpy, "
            "or None"
        )
    return int(random_state)


def some_rows(n_rows: int, most: int, seed: int) -> NDArray[np.intp]:
    """Draw the places of so many rows at most, in order: all of them where there are few.

    Examples
    --------
    >>> some_rows(3, 5, 0), len(some_rows(9, 5, 0))
    (array([0, 1, 2]), 5)
    """
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, most, replace=False))


def member_seeds(seed: int, purpose: str, n_members: int) -> list[int]:
    """Return a seed for each member and purpose: member k draws what it would draw alone.

    Examples
    --------
    >>> member_seeds(0, "draws", 3)[:2] == member_seeds(0, "draws", 2)
    True
    """
    return [seed_from(seed, purpose, k) for k in range(n_members)]


def member_generators(
    seed: int, purpose: str, n_members: int, device: torch.device | str = "cpu"
) -> list[torch.Generator]:
    """Return a generator on the device for each member and purpose."""
    import torch  # the package's other users of this file do without

    return [torch.Generator(device).manual_seed(one) for one in member_seeds(seed, purpose, n_members)]


def normal(generators: Generators, like: torch.Tensor, *shape: int) -> torch.Tensor:
    """Draw standard normals of shape (K, *shape), member k from its own generator; see :func:`uniform`."""
    drawn = _room(generators, like, *shape)
    for generator, member in zip(generators, drawn, strict=True):
        member.normal_(generator=generator)
    return drawn


def uniform(generators: Generators, like: torch.Tensor, *shape: int) -> torch.Tensor:
    """Draw uniforms on [0, 1) of shape (K, *shape), member k from its own generator.

    They come in single precision where ``like`` is in half precision, which has so few numbers that most
    of a large sample could never be drawn.
    """
    drawn = _room(generators, like, *shape)
    for generator, member in zip(generators, drawn, strict=True):
        member.uniform_(generator=generator)
    return drawn


def gumbel(generators: Generators, like: torch.Tensor, *shape: int) -> torch.Tensor:
    r"""Draw standard Gumbels :math:`-\log(-\log(1 - U))` of shape (K, *shape); see :func:`uniform`.

    A U that is rounded to 0 counts as half of a step: the index with the largest sum of Gumbel and log
    probability is drawn by its probability, and at 0 itself it would be any.
    """
    import torch

    u = uniform(generators, like, *shape)
    return -torch.log(-torch.log1p(-u.clamp_min(torch.finfo(u.dtype).eps / 4)))


def _room(generators: Generators, like: torch.Tensor, *shape: int) -> torch.Tensor:
    import torch

    dtype = torch.promote_types(like.dtype, torch.float32)
    return like.new_empty((len(generators), *shape), dtype=dtype)
