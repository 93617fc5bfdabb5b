"""A uniform sample of a stream, without knowing its length."""

from __future__ import annotations

import torch
from torch import Tensor

from robustgen.nets.draws import Generators, uniform
from robustgen.nets.replicas import drawn_for_rows, joined
from robustgen.objectives.base import Stateful


class Reservoir(Stateful):
    """Keep a uniform sample without replacement of all latents seen since it was emptied.

    Every latent draws a key, and the largest keys stay. The sample has the law of Vitter's
    Algorithm R, but takes a whole batch in at once.

    Parameters
    ----------
    capacity : int
        The most latents that are kept.

    References
    ----------
    Efraimidis and Spirakis, "Weighted random sampling with a reservoir", Information Processing
    Letters 97 (2006), with equal weights.

    Examples
    --------
    >>> reservoir = Reservoir(capacity=3)
    >>> generators = [torch.Generator().manual_seed(0)]
    >>> for _ in range(5):
    ...     reservoir.add(torch.randn(1, 2, 4), generators)
    >>> points, held = reservoir.sample()
    >>> points.shape, held.all().item()
    (torch.Size([1, 3, 4]), True)
    """

    remembered = ("_points", "_keys")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._points: Tensor | None = None
        self._keys: Tensor | None = None

    def empty(self) -> None:
        """Forget all."""
        self._points = self._keys = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was seen yet."""
        return self._points is None

    @torch.no_grad()
    def add(
        self, points: Tensor, generators: Generators, taken: Tensor | None = None, rows: int | None = None
    ) -> None:
        """Show latents (K, m, D) of some rows, m of them by default.

        Where ``taken`` (K, m) is given, only those that it marks.
        """
        n_rows = rows or points.shape[1]
        keys = drawn_for_rows(uniform, generators, points, n_rows, points.shape[1] // n_rows).flatten(1)
        if taken is not None:
            keys = torch.where(taken, keys, -1.0)
        if self._points is not None and self._keys is not None:
            points, keys = torch.cat([self._points, points], 1), torch.cat([self._keys, keys], 1)
        if points.shape[1] > self._capacity:
            keys, places = keys.topk(self._capacity, dim=1, sorted=False)
            points = points.gather(1, places[..., None].expand(-1, -1, points.shape[-1]))
        self._points, self._keys = points, keys

    def sample(self) -> tuple[Tensor, Tensor]:
        """Return the kept latents (K, m, D), those of all replicas, and which of them (K, m) count."""
        if self._points is None or self._keys is None:
            raise LookupError("an empty reservoir was asked for its sample: show it latents first")
        points, keys = joined(self._points), joined(self._keys)
        return points, keys >= 0
