"""The von Mises-Fisher quantizer of SQ-VAE: codes and latents on the unit sphere."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from robustgen.nets.draws import Generators
from robustgen.nets.quantizers.base import Quantized, look_up
from robustgen.nets.quantizers.codebook import Codebook, Quantizer
from robustgen.nets.quantizers.gaussian import gumbel_softmax, kl_from_uniform, mix
from robustgen.nets.quantizers.slices import by_slice, interleaved, joint_indices, tables


class VonMisesFisherQuantizer(Quantizer):
    r"""Stochastic quantisation on the sphere :math:`P(n | z) = \mathrm{softmax}_n(\kappa\, b_n^\top z)`.

    Latents and codes are brought to unit length. Terms, each a sum over positions in nats:

    * "deviation" :math:`\kappa (1 - z^\top z_q)`;
    * "kl" :math:`\log N - H(P)`, in [0, log N].

    Parameters
    ----------
    n_codes, code_dim : int
        N, the codes of each slice, and D.
    cooling : float
        As in :class:`robustgen.nets.quantizers.gaussian.GaussianQuantizer`.
    n_slices : int
        G, each with N codes; see :mod:`robustgen.nets.quantizers.slices`.

    Attributes
    ----------
    log_kappa : torch.nn.Parameter
        Logarithm of the concentration, (K, 1).

    Notes
    -----
    Input (K, B, P, D). One concentration serves the quantisation and its inverse, so the
    normaliser of the density, with its Bessel function, is in both and cancels.

    References
    ----------
    Takida et al., "SQ-VAE", ICML 2022, section 4 and appendix C.

    Examples
    --------
    >>> VonMisesFisherQuantizer(8, 4)(torch.ones(1, 2, 9, 4)).indices.shape
    torch.Size([1, 2, 9])
    """

    steps: Tensor

    def __init__(self, n_codes: int, code_dim: int, *, cooling: float = 1e-5, n_slices: int = 1) -> None:
        super().__init__()
        self.codebook = Codebook(n_slices * n_codes, code_dim, spread=1.0)
        self.n_slices = n_slices
        self.cooling = cooling
        self.log_kappa = nn.Parameter(torch.full((1, 1), 2.3))
        self.register_buffer("steps", torch.zeros(1, 1))

    def codebooks(self) -> tuple[Codebook, ...]:
        """Return the one codebook."""
        return (self.codebook,)

    def unit_codes(self) -> Tensor:
        """Return the codes on the sphere, (K, N, D)."""
        return functional.normalize(self.codebook.codes, dim=-1)

    def decode(self, indices: Tensor) -> Tensor:
        """Return the codes (K, B, P, D) at indices (K, B, P)."""
        return look_up(self.unit_codes(), indices)

    def forward(self, z: Tensor, generators: Generators | None = None) -> Quantized:
        unit = functional.normalize(z, dim=-1)
        kappa = self.log_kappa.exp()
        log_p = torch.log_softmax(kappa[..., None, None] * self._cosines(unit), dim=-1)
        latent = self._draw(log_p, generators)
        terms = {
            "deviation": kappa * (1 - (unit * latent).sum(-1)).sum(-1),
            "kl": kl_from_uniform(log_p).sum(-1),
        }
        return Quantized(latent, self._most_likely(log_p), terms)

    def _cosines(self, unit: Tensor) -> Tensor:
        """Return the cosines (K, B, P, N) of unit latents with the codes of their slices."""
        parts, table = by_slice(unit, self.n_slices), tables(self.unit_codes(), self.n_slices)
        products = torch.bmm(parts.flatten(1, 2), table.mT).unflatten(1, parts.shape[1:3])
        return interleaved(products, self.n_slices)

    def _most_likely(self, log_p: Tensor) -> Tensor:
        return joint_indices(log_p.argmax(-1), self.n_slices, log_p.shape[-1])

    def _draw(self, log_p: Tensor, generators: Generators | None) -> Tensor:
        if generators is None:
            return self.decode(self._most_likely(log_p))
        soft = gumbel_softmax(log_p, torch.exp(-self.cooling * self.steps), generators)
        if self.training:
            self.steps += 1
        return mix(soft, self.unit_codes(), self.n_slices)
