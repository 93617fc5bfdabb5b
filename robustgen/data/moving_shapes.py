"""Clips of a moving shape with known truth: normal ones keep their course, odd ones do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robustgen._declared import Clips

FRAMES, SIDE = 10, 16
ODD = ("jump", "freeze", "turn", "faster")
"""What happens to a shape that does not keep its course."""
RADIUS = 2.5
SPEED = (0.8, 1.6)
"""Pixels a frame."""


def moving_shapes(
    n_normal: int, n_odd: int, random_state: int | np.random.Generator | None = 0
) -> tuple[Clips, NDArray[np.uint8]]:
    """Make clips of a disc, a square or a cross that moves straight on and bounces off the borders.

    In an odd clip the shape jumps to another place, stands still for four frames, turns by a right angle or
    doubles its speed, halfway or so. A single frame does not tell: where a shape is and which it is are the
    same in both. It is moving MNIST (Srivastava, Mansimov and Salakhutdinov, "Unsupervised Learning of Video
    Representations using LSTMs", ICML 2015) with drawn shapes.

    Parameters
    ----------
    n_normal, n_odd : int
        How many of either.
    random_state : int, numpy.random.Generator or None
        Seed.

    Returns
    -------
    Clips of float32, (n, 1, 10, 16, 16)
        Grey levels in [0, 1], normal clips first.
    ndarray of uint8, (n,)
        Of each clip 0, or 1 plus the place of what happens in it in ``ODD``.

    Examples
    --------
    >>> clips, kinds = moving_shapes(3, 4)
    >>> clips.shape, kinds.tolist()
    ((7, 1, 10, 16, 16), [0, 0, 0, 1, 2, 3, 4])
    """
    rng = np.random.default_rng(random_state)
    n = n_normal + n_odd
    kinds = np.r_[np.zeros(n_normal, dtype=np.uint8), 1 + np.arange(n_odd, dtype=np.uint8) % len(ODD)]
    centres = _paths(rng, kinds)
    offsets = np.arange(SIDE) - centres[..., None]  # (n, T, 2, side)
    shapes = drawn(offsets[:, :, 0, :, None], offsets[:, :, 1, None, :], rng.integers(0, 3, n))
    noise = 0.05 * rng.normal(size=shapes.shape)
    return Clips((shapes + noise).clip(0, 1).astype(np.float32)), kinds


def _paths(rng: np.random.Generator, kinds: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the centre (n, T, 2) of each shape in each frame."""
    n = len(kinds)
    angle, speed = rng.uniform(0, 2 * np.pi, n), rng.uniform(*SPEED, n)
    velocity = speed[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    steps = np.repeat(velocity[:, None], FRAMES - 1, axis=1)
    for i, at in zip(range(n), rng.integers(3, FRAMES - 4, n), strict=True):
        _divert(rng, steps[i], kinds[i], int(at))
    start = rng.uniform(RADIUS, SIDE - 1 - RADIUS, (n, 1, 2))
    return _bounced(np.concatenate([start, start + np.cumsum(steps, axis=1)], axis=1))


def _divert(rng: np.random.Generator, steps: NDArray[np.float64], kind: int, at: int) -> None:
    """Change the steps (T - 1, 2) of an odd clip."""
    if kind == 1:
        way = rng.uniform(0, 2 * np.pi)
        steps[at] += rng.uniform(3, 5) * np.array([np.sin(way), np.cos(way)])
    elif kind == 2:
        steps[at : at + 4] = 0
    elif kind == 3:
        steps[at:] = rng.choice([-1, 1]) * steps[at:, ::-1] * [1, -1]
    elif kind == 4:
        steps[at:] *= 2


def _bounced(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fold paths at the borders."""
    room = SIDE - 1 - 2 * RADIUS
    along = np.mod(centres - RADIUS, 2 * room)
    return RADIUS + np.minimum(along, 2 * room - along)


def drawn(y: NDArray[np.float64], x: NDArray[np.float64], shape: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how much of each pixel a shape covers, its edges a pixel wide."""
    disc = RADIUS - np.hypot(y, x)
    square = 0.9 * RADIUS - np.maximum(np.abs(y), np.abs(x))
    bar = np.minimum(RADIUS - np.maximum(np.abs(y), np.abs(x)), 1 - np.minimum(np.abs(y), np.abs(x)))
    inside = np.choose(shape[:, None, None, None], [disc, square, bar])
    return (inside + 0.5).clip(0, 1)
