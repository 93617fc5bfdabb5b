"""Residual quantisation: each codebook quantises what those before it left over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from robustgen.nets.draws import Generators
from robustgen.nets.quantizers.base import Quantized, look_up, squared_distances
from robustgen.nets.quantizers.codebook import CodeTable, Quantizer, Unmoved, codebook
from robustgen.nets.quantizers.nearest import nearest_terms, straight_through


class SumTable(Unmoved):
    """All sums of one code of each stage, in the order of their indices.

    Parameters
    ----------
    stages : sequence of CodeTable
        The codebooks, of S codes each.
    """

    def __init__(self, stages: Sequence[CodeTable]) -> None:
        self._stages = stages

    @property
    def codes(self) -> Tensor:
        """The sums (K, S ** depth, D)."""
        sums = self._stages[0].codes
        for stage in self._stages[1:]:
            sums = (sums[:, :, None] + stage.codes[:, None]).flatten(1, 2)
        return sums


class ResidualQuantizer(Quantizer):
    r"""The sum of a code of each stage, each the nearest to what is left over.

    .. math::
        r_0 = z, \quad e_m = \arg\min_{c \in C_m} \lVert r_m - c \rVert, \quad r_{m+1} = r_m - e_m, \quad
        z_q = \sum_m e_m

    The terms are those of :class:`robustgen.nets.quantizers.nearest.NearestQuantizer`, summed over the
    stages. An index has one digit a stage, the first stage's first: M stages of S codes make
    :math:`N = S^M` indices.

    Parameters
    ----------
    n_codes_a_stage, code_dim : int
        S and D.
    depth : int
        M.
    updates : {"gradient", "ema"}
        What moves the codes, see :mod:`robustgen.nets.quantizers.codebook`.

    Notes
    -----
    Input (K, B, P, D). Codes of a stage start at half the scale of the stage before it, where the paper runs
    k-means on the first batch; stages are not dropped at random, and dead codes are not replaced.

    References
    ----------
    Zeghidour et al., "SoundStream: An End-to-End Neural Audio Codec", 2021,
    https://arxiv.org/abs/2107.03312, section III.C.

    Examples
    --------
    >>> quantizer = ResidualQuantizer(4, 3, depth=2)
    >>> quantizer(torch.zeros(1, 2, 9, 3)).indices.shape, quantizer.n_codes
    (torch.Size([1, 2, 9]), 16)
    """

    def __init__(self, n_codes_a_stage: int, code_dim: int, *, depth: int, updates: str = "gradient") -> None:
        super().__init__()
        self.stages: Any = nn.ModuleList(
            codebook(n_codes_a_stage, code_dim, updates=updates, spread=2.0**-stage) for stage in range(depth)
        )

    def codebooks(self) -> tuple[CodeTable, ...]:
        """Return the table of all sums."""
        return (SumTable(list(self.stages)),)

    def decode(self, indices: Tensor) -> Tensor:
        """Return the sums (K, B, P, D) of the codes at indices (K, B, P)."""
        parts = zip(self.stages, self.digits(indices), strict=True)
        return torch.stack([look_up(stage.codes, digit) for stage, digit in parts]).sum(0)

    def digits(self, indices: Tensor) -> list[Tensor]:
        """Return the index (K, B, P) into each stage's codes."""
        size, depth = self.stages[0].codes.shape[1], len(self.stages)
        return [indices // size ** (depth - 1 - stage) % size for stage in range(depth)]

    def forward(self, z: Tensor, generators: Generators | None = None) -> Quantized:
        left, indices = z, torch.zeros(z.shape[:3], dtype=torch.int64, device=z.device)
        total: dict[str, Tensor] = {}
        for stage in self.stages:
            digit = squared_distances(left.detach(), stage.codes.detach()).argmin(-1)
            codes = look_up(stage.codes, digit)
            for name, rows in nearest_terms(left, codes).items():
                total[name] = total.get(name, 0) + rows
            if self.training:
                stage.observe(left.detach(), digit)
            left, indices = left - codes.detach(), indices * stage.codes.shape[1] + digit
        return Quantized(straight_through(z, z - left), indices, total)
