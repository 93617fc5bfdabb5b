"""Seeds that are derived from one another, so that no global generator is drawn from."""

from __future__ import annotations

import hashlib
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError


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


def subsample(n_rows: int, most: int, seed: int) -> NDArray[np.intp]:
    """Draw the places of so many rows at most, in order: all of them where there are few.

    Examples
    --------
    >>> subsample(3, 5, 0), len(subsample(9, 5, 0))
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
