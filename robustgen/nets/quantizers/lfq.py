"""Lookup-free quantisation: each channel becomes its sign."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from robustgen.nets.draws import Generators
from robustgen.nets.quantizers.base import Quantized, look_up
from robustgen.nets.quantizers.codebook import CodeTable, FixedCodebook, Quantizer
from robustgen.nets.quantizers.nearest import straight_through
from robustgen.nets.replicas import batch_mean

ENTROPY_WEIGHT = 0.1
"""The weight of "entropy"."""
TEMPERATURE = 0.01
"""Of the soft assignment that "entropy" is of."""


class LookupFreeQuantizer(Quantizer):
    r"""Codes are the corners of a cube, :math:`z_{q,j} = \mathrm{sign}(z_j)`: no distance is computed.

    Terms:

    * "commitment" :math:`\lVert z - \mathrm{sg}[z_q] \rVert^2`, a mean over positions and channels;
    * "entropy" :math:`\log N + H(p) + \sum_n p_n \log \bar p_n`, a mean over positions, with
      :math:`p_n \propto \exp(-\lVert z - c_n \rVert^2 / \tau)` over all corners and :math:`\bar p` its mean
      over the batch, which has no gradient here. The mean over a batch has the value and the gradient of
      :math:`\log N + \overline{H(p)} - H(\bar p)`: each row is to be sure of its code, and all codes to be
      used.

    Parameters
    ----------
    n_bits : int
        D; N is :math:`2^D`.

    Notes
    -----
    Input (K, B, P, D). The term is the paper's but for the constant log N, which keeps its mean over a batch
    at 0 or more. The paper adds it with a weight that falls; here it stays.

    References
    ----------
    Yu et al., "Language Model Beats Diffusion: Tokenizer is Key to Visual Generation", ICLR 2024,
    https://arxiv.org/abs/2310.05737, section 3.1.

    Examples
    --------
    >>> quantised = LookupFreeQuantizer(3)(torch.tensor([[[[0.2, -5.0, 1.0]]]]))
    >>> quantised.latent.flatten().tolist(), quantised.indices.item()
    ([1.0, -1.0, 1.0], 5)
    """

    places: Tensor

    def __init__(self, n_bits: int) -> None:
        super().__init__()
        self.register_buffer("places", 2 ** torch.arange(n_bits - 1, -1, -1)[None])
        corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * n_bits).reshape(-1, n_bits)
        self.codebook = FixedCodebook(corners)

    def codebooks(self) -> tuple[CodeTable, ...]:
        """Return the corners."""
        return (self.codebook,)

    def decode(self, indices: Tensor) -> Tensor:
        """Return the codes (K, B, P, D) at indices (K, B, P)."""
        return look_up(self.codebook.codes, indices)

    def forward(self, z: Tensor, generators: Generators | None = None) -> Quantized:
        positive = z.detach() > 0
        indices = (positive * self.places[:, None, None]).sum(-1)
        codes = torch.where(positive, 1.0, -1.0).to(z)
        terms = {
            "commitment": (z - codes).square().mean((-2, -1)),
            "entropy": entropy_terms(self.log_probabilities(z)).mean(-1),
        }
        return Quantized(straight_through(z, codes), indices, terms)

    def log_probabilities(self, z: Tensor) -> Tensor:
        """Return log p (K, B, P, N) of the soft assignment."""
        products = torch.bmm(z.flatten(1, 2), self.codebook.codes.to(z).mT).unflatten(1, z.shape[1:3])
        return torch.log_softmax(2 * products / TEMPERATURE, dim=-1)


def entropy_terms(log_p: Tensor) -> Tensor:
    r"""Return :math:`\log N + H(p) + \sum_n p_n \log \bar p_n` (K, B, P) of log probabilities (..., N)."""
    p = log_p.exp()
    mean = batch_mean(p.detach().mean(2, keepdim=True)).clamp_min(torch.finfo(p.dtype).tiny)
    return math.log(p.shape[-1]) + (p * (mean.log() - log_p)).sum(-1)
