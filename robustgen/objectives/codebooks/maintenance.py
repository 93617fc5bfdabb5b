"""The hook that keeps codebooks in use, and tells how far they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from robustgen.nets.draws import Generators, uniform
from robustgen.nets.quantizers.base import perplexity
from robustgen.nets.quantizers.codebook import CodeTable
from robustgen.nets.replicas import present_part, summed
from robustgen.objectives.base import Rows, Stateful
from robustgen.objectives.codebooks.reservoir import Reservoir
from robustgen.objectives.codebooks.schedule import CodebookTraining
from robustgen.objectives.codebooks.seeding import kmeans_plus_plus


class CodebookMaintenance(Stateful):
    """Bypass, re-seeding and revival by a schedule; usage of each epoch for the history.

    Parameters
    ----------
    codebooks : sequence of CodeTable
        S codebooks of one size: the slices of a quantizer's, see
        :meth:`robustgen.nets.quantizers.codebook.Quantizer.slices`.
    strength : torch.Tensor
        The net's (K, 1) switch: 0 bypasses the quantizer.
    schedule : CodebookTraining
        When what is done.
    n_slices : int
        G, so that position p is of the codebooks s with p = s mod G.

    Attributes
    ----------
    counts : torch.Tensor
        (K, S, N), how often each code served in this epoch.
    latest : torch.Tensor
        The same of the epoch before, 0 for codes that were replaced since.
    """

    remembered = ("counts", "latest", "_epoch")

    def __init__(
        self,
        codebooks: Sequence[CodeTable],
        strength: Tensor,
        schedule: CodebookTraining,
        *,
        n_slices: int = 1,
    ) -> None:
        self._codebooks = codebooks
        self._n_slices = n_slices
        self._strength = strength
        self._schedule = schedule
        self._reservoirs = [Reservoir(schedule.reservoir_size) for _ in codebooks]
        self.counts = _no_counts(codebooks)
        self.latest = self.counts
        self._epoch = 0

    def begin_epoch(self, epoch: int, rows: Rows, generators: Generators) -> None:
        """Do what the schedule asks for, then start to count and to sample anew."""
        self._epoch = epoch
        self._strength.fill_(float(epoch >= self._schedule.bypass_epochs))
        for side, book in enumerate(self._codebooks):
            if self._reservoirs[side].is_empty:
                continue
            if self._schedule.reseeds(epoch):
                self._reseed(book, side, generators)
            elif self._schedule.revives(epoch):
                self._revive(book, side, generators)
            self._reservoirs[side].empty()
        self.latest, self.counts = self.counts, _no_counts(self._codebooks)

    @property
    def settled(self) -> bool:
        """Whether the codes are in use, and no longer replaced all at once."""
        return self._schedule.settled(self._epoch)

    def begin_batch(self, index: Tensor) -> None:
        """Ignore which rows come."""

    @torch.no_grad()
    def observe(self, z: Tensor, indices: Tensor, generators: Generators) -> None:
        """Take latents (K, B, P, D) and their indices (K, B, P) into all codebooks' codes in."""
        n_codes = self.counts.shape[-1]
        flat = indices.flatten(1)
        once = torch.full_like(flat, 1 / present_part(z.shape[1]).copies, dtype=self.counts.dtype)
        self.counts.flatten(1).scatter_add_(1, flat, once)
        if not self._schedule.samples(self._epoch):
            return
        points = z.detach().to(self.counts)
        rows = z.shape[1]
        for place, reservoir in enumerate(self._reservoirs):
            of_slice = slice(place % self._n_slices, None, self._n_slices)
            taken = (indices[:, :, of_slice] // n_codes == place).flatten(1)
            alone = len(self._reservoirs) == self._n_slices
            reservoir.add(points[:, :, of_slice].flatten(1, 2), generators, None if alone else taken, rows)

    def end_epoch(self) -> Mapping[str, Tensor]:
        """Return the epoch's usage (K,): the perplexity over all positions of a slice, their mean, and the
        codes used."""
        self.counts = summed(self.counts)
        counts = self.counts.unflatten(1, (-1, self._n_slices)).movedim(2, 1).flatten(2)
        return {
            "perplexity": perplexity(counts).mean(-1),
            "codes_used": (counts > 0).sum((1, 2)).to(counts),
        }

    def state(self) -> dict[str, Any]:
        """Return usage, epoch and the sampled latents."""
        return super().state() | {"reservoirs": [reservoir.state() for reservoir in self._reservoirs]}

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        super().resume({name: state[name] for name in self.remembered})
        for reservoir, held in zip(self._reservoirs, state["reservoirs"], strict=True):
            reservoir.resume(held)

    def _reseed(self, book: CodeTable, side: int, generators: Generators) -> None:
        points, held = self._reservoirs[side].sample()
        seeds = kmeans_plus_plus(points, book.codes.shape[1], generators, held)
        self._replace(book, side, held.any(1, keepdim=True).expand(seeds.shape[:2]), seeds)

    def _revive(self, book: CodeTable, side: int, generators: Generators) -> None:
        counts = self.counts[:, side]
        dead = counts < self._schedule.revive_below * counts.mean(-1, keepdim=True)
        points, held = self._reservoirs[side].sample()
        picked = pick(points, held, counts.shape[-1], generators)
        self._replace(book, side, dead & held.any(1, keepdim=True), picked)

    def _replace(self, book: CodeTable, side: int, mask: Tensor, codes: Tensor) -> None:
        book.replace(mask, codes)
        self.counts[:, side].masked_fill_(mask, 0)


def pick(points: Tensor, held: Tensor, n_points: int, generators: Generators) -> Tensor:
    """Pick points (K, n_points, D) uniformly, with replacement, among those (K, m) that are held."""
    cumulated = torch.where(held.any(1, keepdim=True), held, True).double().cumsum(1)
    draws = uniform(generators, points, n_points).double() * cumulated[:, -1:]
    places = torch.searchsorted(cumulated, draws, right=True).clamp_max(held.shape[1] - 1)
    return points.gather(1, places[..., None].expand(-1, -1, points.shape[-1]))


def _no_counts(codebooks: Sequence[CodeTable]) -> Tensor:
    codes = codebooks[0].codes
    return codes.new_zeros(len(codes), len(codebooks), codes.shape[1])
