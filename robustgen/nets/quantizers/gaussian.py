"""The Gaussian quantizer of SQ-VAE: codes drawn by a learnt variance, which hardens by itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from robustgen.nets.draws import Generators, gumbel
from robustgen.nets.mlp import Linear
from robustgen.nets.quantizers.base import Quantized, look_up, squared_distances
from robustgen.nets.quantizers.codebook import Codebook, Quantizer
from robustgen.nets.quantizers.slices import by_slice, interleaved, joint_indices, tables
from robustgen.nets.replicas import drawn_for_rows

VARIANCES = ("I", "II", "III", "IV")


class GaussianQuantizer(Quantizer):
    r"""Stochastic quantisation :math:`P(n | z) = \mathrm{softmax}_n(-\lVert b_n - z \rVert^2 / 2 s^2)`.

    Terms, each a sum over positions in nats:

    * "deviation" :math:`\lVert z - z_q \rVert^2 / 2 s^2`;
    * "kl" :math:`\mathrm{KL}(P \,\|\, \mathrm{uniform}) = \log N - H(P)`, in [0, log N].

    In training :math:`z_q = \sum_n y_n b_n` with y a soft draw from P (Gumbel softmax at the
    temperature :math:`e^{-\rho t}` after t batches); in evaluation the most likely code.

    Parameters
    ----------
    n_codes, code_dim : int
        N, the codes of each slice, and D.
    variance : {"I", "II", "III", "IV"}
        Of what s is: one number, one a row, one a position, one a position and channel.
    cooling : float
        :math:`\rho`, at least 0.
    n_slices : int
        G, each with N codes; see :mod:`robustgen.nets.quantizers.slices`. One variance serves all.

    Attributes
    ----------
    log_variance : torch.nn.Parameter
        The shared part a of :math:`\log s^2 = \mathrm{head}(z) + a`, (K, 1).

    Notes
    -----
    Input (K, B, P, D). :math:`\log s^2 = \mathrm{head} + a` is the multiplicative form of the
    authors' speech code: in that of their vision code, :math:`e^{\mathrm{head}} + e^a`, type I
    can never fall below 1. We depart from the authors in the head, which reads z itself (its
    mean over positions for type II) rather than the encoder's last layer but one. "kl"
    differs from the authors' negative entropy by the constant log N.

    References
    ----------
    Takida et al., "SQ-VAE: Variational Bayes on Discrete Representation with Self-annealed
    Stochastic Quantization", ICML 2022, section 3 and appendix B, https://arxiv.org/abs/2205.07547.

    Examples
    --------
    >>> quantizer = GaussianQuantizer(8, 4, variance="IV")
    >>> quantizer(torch.zeros(1, 2, 9, 4)).indices.shape
    torch.Size([1, 2, 9])
    """

    steps: Tensor

    def __init__(
        self, n_codes: int, code_dim: int, *, variance: str = "I", cooling: float = 1e-5, n_slices: int = 1
    ) -> None:
        super().__init__()
        self.codebook = Codebook(n_slices * n_codes, code_dim, spread=1.0)
        self.n_slices = n_slices
        self.variance = variance
        self.cooling = cooling
        self.log_variance = nn.Parameter(torch.zeros(1, 1))
        self.head = _head(variance, code_dim)
        self.register_buffer("steps", torch.zeros(1, 1))

    def codebooks(self) -> tuple[Codebook, ...]:
        """Return the one codebook."""
        return (self.codebook,)

    def decode(self, indices: Tensor) -> Tensor:
        """Return the codes (K, B, P, D) at indices (K, B, P)."""
        return look_up(self.codebook.codes, indices)

    def precision(self, z: Tensor) -> Tensor:
        r"""Return :math:`1 / s^2`, broadcast against z: (K, 1 or B, 1 or P, 1 or D)."""
        shared = self.log_variance[..., None, None]
        if self.head is None:
            return torch.exp(-shared)
        read = z.mean(2, keepdim=True) if self.variance == "II" else z
        return torch.exp(-shared - self.head(read.flatten(1, 2)).unflatten(1, read.shape[1:3]))

    def log_probabilities(self, z: Tensor) -> Tensor:
        """Return log P (K, B, P, N) of the codes of each position's slice."""
        return torch.log_softmax(-self._scaled_distances(z, self.precision(z)) / 2, dim=-1)

    def _scaled_distances(self, z: Tensor, precision: Tensor) -> Tensor:
        parts, table = by_slice(z, self.n_slices), tables(self.codebook.codes, self.n_slices)
        common = precision.shape[2] == 1
        weights = (
            precision.repeat_interleave(self.n_slices, 0) if common else by_slice(precision, self.n_slices)
        )
        return interleaved(weighted_distances(parts, table, weights), self.n_slices)

    def forward(self, z: Tensor, generators: Generators | None = None) -> Quantized:
        precision = self.precision(z)
        log_p = torch.log_softmax(-self._scaled_distances(z, precision) / 2, dim=-1)
        latent = self._draw(log_p, generators)
        terms = {
            "deviation": ((z - latent).square() * precision).sum((-2, -1)) / 2,
            "kl": kl_from_uniform(log_p).sum(-1),
        }
        return Quantized(latent, self._most_likely(log_p), terms)

    def _most_likely(self, log_p: Tensor) -> Tensor:
        return joint_indices(log_p.argmax(-1), self.n_slices, log_p.shape[-1])

    def _draw(self, log_p: Tensor, generators: Generators | None) -> Tensor:
        if generators is None:
            return self.decode(self._most_likely(log_p))
        soft = gumbel_softmax(log_p, torch.exp(-self.cooling * self.steps), generators)
        if self.training:
            self.steps += 1
        return mix(soft, self.codebook.codes, self.n_slices)


def weighted_distances(z: Tensor, codes: Tensor, weights: Tensor) -> Tensor:
    r"""Return :math:`\sum_d w_d (z_d - b_d)^2`, without an array of all latents, codes and channels.

    Parameters
    ----------
    z : torch.Tensor
        (K, B, P, D).
    codes : torch.Tensor
        (K, N, D).
    weights : torch.Tensor
        (K, B, P, D); of size 1 where all positions or all channels have the same.

    Returns
    -------
    torch.Tensor
        (K, B, P, N).

    Examples
    --------
    >>> z, weights = torch.tensor([[[[3.0, 4.0]]]]), torch.tensor([[[[1.0, 2.0]]]])
    >>> weighted_distances(z, torch.zeros(1, 1, 2), weights)
    tensor([[[[41.]]]])
    """
    if weights.shape[-1] == 1:
        return squared_distances(z, codes) * weights
    squares = torch.bmm(weights.flatten(1, 2), codes.square().mT)
    products = squares - 2 * torch.bmm((weights * z).flatten(1, 2), codes.mT)
    return products.unflatten(1, z.shape[1:3]) + (weights * z.square()).sum(-1, keepdim=True)


def _head(variance: str, code_dim: int) -> Linear | None:
    """Return the map from z to log variances, which starts at 0; none for type I."""
    if variance == "I":
        return None
    head = Linear(code_dim, code_dim if variance == "IV" else 1)
    for parameter in head.parameters():
        nn.init.zeros_(parameter)
    return head


def mix(weights: Tensor, codes: Tensor, n_slices: int = 1) -> Tensor:
    """Return the weighted codes (K, B, P, D) of each slice by weights (K, B, P, N)."""
    shares = by_slice(weights, n_slices)
    mixed = torch.bmm(shares.flatten(1, 2), tables(codes, n_slices)).unflatten(1, shares.shape[1:3])
    return interleaved(mixed, n_slices)


def gumbel_softmax(log_p: Tensor, temperature: Tensor, generators: Generators) -> Tensor:
    r"""Draw soft one-hot vectors :math:`\mathrm{softmax}((\log p + g) / \tau)`, g standard Gumbel.

    Parameters
    ----------
    log_p : torch.Tensor
        (K, B, P, N).
    temperature : torch.Tensor
        tau > 0, (K, 1): at 0 the draw would be hard.
    generators : sequence of torch.Generator
        One a member.

    Returns
    -------
    torch.Tensor
        (K, B, P, N), each summing to 1 over N.

    References
    ----------
    Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017.
    """
    noise = drawn_for_rows(gumbel, generators, log_p, *log_p.shape[1:])
    return torch.softmax((log_p + noise) / temperature[..., None, None], dim=-1)


def kl_from_uniform(log_p: Tensor) -> Tensor:
    r"""Return :math:`\log N - H(p)` of distributions (..., N), in [0, log N].

    Examples
    --------
    >>> kl_from_uniform(torch.tensor([0.5, 0.5]).log())
    tensor(0.)
    """
    # Not by torch.special.entr: of a probability that underflows its gradient is not a number.
    return math.log(log_p.shape[-1]) + (log_p.exp() * log_p).sum(-1)
