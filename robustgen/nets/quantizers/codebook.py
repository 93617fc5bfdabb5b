"""The table of codes: moved by gradients, or by moving averages of what it quantises."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from robustgen.nets.quantizers.base import usage_counts
from robustgen.nets.replicas import batch_sum


class CodeTable(Protocol):
    """Codes (K, N, D) that maintenance may replace, and that may learn from what they quantise."""

    @property
    def codes(self) -> Tensor:
        """Return the codes."""

    def replace(self, mask: Tensor, codes: Tensor) -> None:
        """Put new codes (K, N, D) where the mask (K, N) says."""

    def observe(self, z: Tensor, indices: Tensor, rows: Tensor | None = None) -> None:
        """Learn from latents (K, B, P, D) at their indices (K, B, P), of the rows (K, B) that count."""


class Unmoved:
    """What a table does whose codes follow from something else: a grid, a map, other tables."""

    def replace(self, mask: Tensor, codes: Tensor) -> None:
        """Leave the codes as they are."""

    def observe(self, z: Tensor, indices: Tensor, rows: Tensor | None = None) -> None:
        """Take no notice."""


class Slice(Unmoved):
    """The codes of one slice among those of a table, see :mod:`robustgen.nets.quantizers.slices`.

    Parameters
    ----------
    table : CodeTable
        The codes of all slices.
    place, n_codes : int
        Which slice, and N, the codes of each.
    """

    def __init__(self, table: CodeTable, place: int, n_codes: int) -> None:
        self._table = table
        self._start, self._stop = place * n_codes, (place + 1) * n_codes

    @property
    def codes(self) -> Tensor:
        """The slice's codes (K, N, D)."""
        return self._table.codes[:, self._start : self._stop]

    def replace(self, mask: Tensor, codes: Tensor) -> None:
        """Put new codes (K, N, D) where the mask (K, N) says, and leave the other slices."""
        before, behind = self._start, self._table.codes.shape[1] - self._stop
        self._table.replace(
            functional.pad(mask, (before, behind)), functional.pad(codes, (0, 0, before, behind))
        )


class FixedCodebook(Unmoved, nn.Module):
    """Codes that never move.

    Parameters
    ----------
    codes : torch.Tensor
        (N, D).
    """

    codes: Tensor

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.register_buffer("codes", codes[None])


class Codebook(nn.Module):
    r"""Codes :math:`e_1, \dots, e_N` that a gradient moves.

    Parameters
    ----------
    n_codes, code_dim : int
        N and D.
    spread : float or None
        Standard deviation of normal starting codes; ``None`` starts uniform on
        :math:`\pm\sqrt{3/D}`, as the code of VQ-VAE's authors does.

    Attributes
    ----------
    codes : torch.nn.Parameter
        (K, N, D).
    """

    codes: Tensor

    def __init__(self, n_codes: int, code_dim: int, *, spread: float | None = None) -> None:
        super().__init__()
        self.codes = nn.Parameter(starting_codes(n_codes, code_dim, spread))

    @torch.no_grad()
    def replace(self, mask: Tensor, codes: Tensor) -> None:
        """Put new codes (K, N, D) where the mask (K, N) says."""
        self.codes.copy_(torch.where(mask[..., None], codes, self.codes))

    def observe(self, z: Tensor, indices: Tensor, rows: Tensor | None = None) -> None:
        """Take no notice of what was quantised: the gradient will tell."""


class AveragedCodebook(nn.Module):
    r"""Codes that are moving averages of the latents which they quantise.

    .. math::
        N_n \leftarrow \gamma N_n + (1 - \gamma) |Z_n|, \quad
        m_n \leftarrow \gamma m_n + (1 - \gamma) \sum_{z \in Z_n} z, \quad
        e_n = m_n / N_n

    N starts at 1 and m at e, so a code that is never selected stays where it is (both sides
    decay alike); no smoothing enters the stored state, and a replaced code gets e, m and N anew.

    Parameters
    ----------
    n_codes, code_dim : int
        N and D.
    decay : float in [0, 1)
        :math:`\gamma`.
    spread : float or None
        As in :class:`Codebook`.

    Attributes
    ----------
    codes, sums : torch.Tensor
        e and m, (K, N, D).
    counts : torch.Tensor
        N, (K, N).

    References
    ----------
    van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", NIPS 2017,
    appendix A.1.
    """

    codes: Tensor
    sums: Tensor
    counts: Tensor

    def __init__(
        self, n_codes: int, code_dim: int, *, decay: float = 0.99, spread: float | None = None
    ) -> None:
        super().__init__()
        start = starting_codes(n_codes, code_dim, spread)
        self.decay = decay
        self.register_buffer("codes", start)
        self.register_buffer("sums", start.clone())
        self.register_buffer("counts", torch.ones(1, n_codes))

    @torch.no_grad()
    def replace(self, mask: Tensor, codes: Tensor) -> None:
        """Put new codes (K, N, D) where the mask (K, N) says, their averages with them."""
        self.codes.copy_(torch.where(mask[..., None], codes, self.codes))
        self.sums.copy_(torch.where(mask[..., None], codes, self.sums))
        self.counts.copy_(torch.where(mask, 1.0, self.counts))

    @torch.no_grad()
    def observe(self, z: Tensor, indices: Tensor, rows: Tensor | None = None) -> None:
        """Move towards latents (K, B, P, D) at their indices (K, B, P), of the rows (K, B) that count."""
        weight = torch.ones_like(indices, dtype=z.dtype)
        if rows is not None:
            weight = weight * rows[..., None]
        selected = batch_sum(usage_counts(indices, self.counts.shape[1], rows).to(self.counts))
        places = indices.flatten(1)[..., None].expand(-1, -1, z.shape[-1])
        weighted = (z * weight[..., None]).flatten(1, 2).to(self.sums)
        sums = batch_sum(torch.zeros_like(self.sums).scatter_add_(1, places, weighted))
        self.counts.lerp_(selected, 1 - self.decay)
        self.sums.lerp_(sums, 1 - self.decay)
        # For a code that nothing selected m and N decayed alike: it stays, even when both end as 0.
        means = self.sums / self.counts.clamp_min(torch.finfo(self.counts.dtype).tiny)[..., None]
        self.codes.copy_(torch.where(selected[..., None] > 0, means, self.codes))


class Quantizer(nn.Module, ABC):
    """A map from latents (K, B, P, D) to codes of one codebook or several.

    Attributes
    ----------
    n_slices : int
        G: the codebooks are of G slices each, see :mod:`robustgen.nets.quantizers.slices`.
    """

    n_slices: int = 1

    @abstractmethod
    def codebooks(self) -> tuple[CodeTable, ...]:
        """Return the codebooks, in the order of their indices."""

    def slices(self) -> tuple[Slice, ...]:
        """Return the slices of each codebook, in the order of their indices."""
        size = self.codebooks()[0].codes.shape[1] // self.n_slices
        return tuple(Slice(book, place, size) for book in self.codebooks() for place in range(self.n_slices))

    @property
    def n_codes(self) -> int:
        """How many indices stand for a code."""
        return sum(book.codes.shape[1] for book in self.codebooks())

    @abstractmethod
    def decode(self, indices: Tensor) -> Tensor:
        """Return the codes (K, B, P, D) at indices (K, B, P)."""


def starting_codes(n_codes: int, code_dim: int, spread: float | None) -> Tensor:
    """Draw the codes (1, N, D) that training starts from."""
    if spread is not None:
        return spread * torch.randn(1, n_codes, code_dim)
    bound = math.sqrt(3 / code_dim)
    return torch.empty(1, n_codes, code_dim).uniform_(-bound, bound)


def codebook(
    n_codes: int, code_dim: int, *, updates: str, decay: float = 0.99, spread: float | None = None
) -> Codebook | AveragedCodebook:
    """Return a codebook that is moved by "gradient" or by "ema"."""
    if updates == "ema":
        return AveragedCodebook(n_codes, code_dim, decay=decay, spread=spread)
    return Codebook(n_codes, code_dim, spread=spread)
