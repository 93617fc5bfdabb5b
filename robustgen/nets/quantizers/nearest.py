"""The quantizer of VQ-VAE: each position takes the nearest code."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from robustgen.nets.draws import Generators
from robustgen.nets.quantizers.base import Quantized, look_up
from robustgen.nets.quantizers.codebook import CodeTable, Quantizer
from robustgen.nets.quantizers.slices import joint_indices, slice_distances


class NearestQuantizer(Quantizer):
    r"""Nearest code :math:`e_n`, :math:`n = \arg\min_j \lVert z - e_j \rVert`; the gradient passes it.

    Terms, each a mean over positions and channels (sg stops the gradient):

    * "codebook" :math:`\lVert \mathrm{sg}[z] - e \rVert^2`, which moves the codes and nothing else;
    * "commitment" :math:`\lVert z - \mathrm{sg}[e] \rVert^2`, which moves the encoder and nothing else.

    Parameters
    ----------
    book : CodeTable
        The codes, see :mod:`robustgen.nets.quantizers.codebook`.
    passing : callable
        Gives latents and their codes as the codes, with the gradient that the encoder is to have:
        :func:`straight_through`, or :func:`robustgen.nets.quantizers.rotation.rotated`.
    n_slices : int
        G, into which the codes are divided; see :mod:`robustgen.nets.quantizers.slices`.

    Notes
    -----
    Input (K, B, P, D). Averages learn from every row of a batch, whatever weight robust
    training gives it; gradients respect the weights.

    References
    ----------
    van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", NIPS 2017,
    equations 1 to 3.

    Examples
    --------
    >>> import torch
    >>> from robustgen.nets.quantizers.codebook import Codebook
    >>> NearestQuantizer(Codebook(8, 4))(torch.zeros(1, 2, 9, 4)).indices.shape
    torch.Size([1, 2, 9])
    """

    def __init__(
        self,
        book: CodeTable,
        passing: Callable[[Tensor, Tensor], Tensor] | None = None,
        *,
        n_slices: int = 1,
    ) -> None:
        super().__init__()
        self.codebook = book
        self.n_slices = n_slices
        self._passing = passing or straight_through

    def codebooks(self) -> tuple[CodeTable, ...]:
        """Return the codebooks, in the order of their indices."""
        return (self.codebook,)

    def decode(self, indices: Tensor) -> Tensor:
        """Return the codes (K, B, P, D) at indices (K, B, P)."""
        return look_up(self.codebook.codes, indices)

    def forward(self, z: Tensor, generators: Generators | None = None) -> Quantized:
        distances = slice_distances(z.detach(), self.codebook.codes.detach(), self.n_slices)
        indices = joint_indices(distances.argmin(-1), self.n_slices, distances.shape[-1])
        codes = self.decode(indices)
        terms = nearest_terms(z, codes)
        if self.training:
            self.codebook.observe(z.detach(), indices)
        return Quantized(self._passing(z, codes), indices, terms)


def nearest_terms(z: Tensor, codes: Tensor) -> dict[str, Tensor]:
    """Return the terms (K, B) of latents (K, B, P, D) and their codes, before any straight-through step."""
    return {
        "codebook": (z.detach() - codes).square().mean((-2, -1)),
        "commitment": (z - codes.detach()).square().mean((-2, -1)),
    }


def straight_through(z: Tensor, codes: Tensor) -> Tensor:
    """Return the codes, with the gradient going to z as if nothing had happened."""
    return z + (codes - z).detach()
