"""The mixture of Gaussians that an encoder gives for each row, and how codes are drawn from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from robustgen._storable import storable
from robustgen.nets.mlp import Linear
from robustgen.nets.truncation import spectral_truncation, spectrum, top

BLOCK_DIM = 128


@dataclass(frozen=True)
class MixtureShape:
    r"""What the mixtures of all rows have in common. The first component is the inliers'.

    Attributes
    ----------
    weights : tuple of float
        :math:`w_1, \dots, w_J`, above 0, sum 1.
    ranks : tuple of int
        :math:`r_1, \dots, r_J`, from 1 to d.
    floor : float
        s, at least 0: a variance that every direction has.
    """

    weights: tuple[float, ...]
    ranks: tuple[int, ...]
    floor: float


@storable
class GaussianMixture(NamedTuple):
    r"""Mixture :math:`q(z|x) = \sum_j w_j \, N(\mu_j, \tilde M_j \tilde M_j^\top + s I_d)` of each row.

    Attributes
    ----------
    weights : tuple of float
        :math:`w_1, \dots, w_J`, above 0, sum 1: the same for every row.
    means : torch.Tensor
        :math:`\mu_j`, (K, B, J, d).
    factors : torch.Tensor
        :math:`\tilde M_j`, symmetric, (K, B, J, d, d).
    eigenvalues : torch.Tensor
        Those of the factors, (K, B, J, d).
    floor : float
        s, at least 0: a variance that every direction has. With s = 0 a component whose factor
        is not of full rank is singular.
    """

    weights: tuple[float, ...]
    means: Tensor
    factors: Tensor
    eigenvalues: Tensor
    floor: float

    @property
    def variances(self) -> Tensor:
        """Eigenvalues of the covariances, (K, B, J, d)."""
        return self.eigenvalues.square() + self.floor

    @property
    def covariances(self) -> Tensor:
        """Covariances (K, B, J, d, d)."""
        identity = torch.eye(self.means.shape[-1], dtype=self.means.dtype, device=self.means.device)
        return self.factors @ self.factors.mT + self.floor * identity

    def component(self, j: int) -> GaussianMixture:
        """Return component j alone, with weight 1."""
        return self._replace(
            weights=(1.0,),
            means=self.means[:, :, j : j + 1],
            factors=self.factors[:, :, j : j + 1],
            eigenvalues=self.eigenvalues[:, :, j : j + 1],
        )

    @classmethod
    def joined(cls, parts: Sequence[GaussianMixture]) -> GaussianMixture:
        """Return the mixtures of several batches as those of one."""
        means, factors, eigenvalues = (
            torch.cat(tensors, dim=1)
            for tensors in zip(*((part.means, part.factors, part.eigenvalues) for part in parts), strict=True)
        )
        return cls(parts[0].weights, means, factors, eigenvalues, parts[0].floor)

    def take(self, rows: Tensor) -> GaussianMixture:
        """Return the mixtures of the given rows (K, n), member k's of its own."""
        index = rows[..., None, None]
        return self._replace(
            means=self.means.take_along_dim(index, 1),
            factors=self.factors.take_along_dim(index[..., None], 1),
            eigenvalues=self.eigenvalues.take_along_dim(index, 1),
        )

    def draw(self, components: Tensor, noise: Tensor) -> Tensor:
        r"""Return codes :math:`z = \mu_j + \tilde M_j \epsilon + \sqrt{s} \, \epsilon'`, one a row.

        The sum has the covariance of the component: nothing is factorised.

        Parameters
        ----------
        components : torch.Tensor of int
            The component j of each row, from 0, (K, B).
        noise : torch.Tensor
            Standard normals :math:`\epsilon, \epsilon'`, (K, B, 2, d).

        Returns
        -------
        torch.Tensor
            (K, B, d), differentiable by means and factors.
        """
        latent_dim = self.means.shape[-1]
        index = components[..., None, None].expand(-1, -1, 1, latent_dim)
        mean = self.means.gather(2, index).squeeze(2)
        factor = self.factors.gather(2, index[..., None].expand(*index.shape, latent_dim)).squeeze(2)
        stretched = (factor @ noise[:, :, 0, :, None]).squeeze(-1)
        return mean + stretched + math.sqrt(self.floor) * noise[:, :, 1]


class GaussianMixtureHead(nn.Module):
    r"""From an encoder's features to a mixture of Gaussians in a space of few dimensions.

    An affine map gives two blocks :math:`\mu_{0,j}, s_{0,j}` of width D' for each component.
    One matrix A, shared by all of them, reduces their dimension:

    .. math::
        \mu_j = A^\top \mu_{0,j}, \qquad M_j = A^\top \mathrm{diag}(s_{0,j}) A, \qquad
        \Sigma_j = \tilde M_j \tilde M_j^\top + s I_d,

    where :math:`\tilde M_j` keeps the :math:`r_j` largest eigenvalues of :math:`M_j`.

    Parameters
    ----------
    in_features : int
        Width of the encoder's features.
    latent_dim : int
        d, the dimension of the codes.
    shape : MixtureShape
        Weights :math:`w_j`, ranks :math:`r_j` and floor s.
    block_dim : int
        D'.

    Notes
    -----
    Input (K, B, in_features). Called as a module it returns the mean of the inlier component,
    (K, B, d). :math:`s_{0,j}` may be negative and so may eigenvalues: the largest ones are kept
    by value, as the paper says, not by absolute value, for which the kept direction would
    jump wherever two eigenvalues are opposite. A starts with entries of variance 1/D', so that
    :math:`A^\top A` is the identity on average. M is contracted by a product with the (D', d d)
    matrix of the outer products of A's rows: nothing of size (B, D', D') is formed.

    References
    ----------
    Lai, Zou and Lerman, "Novelty Detection via Robust Variational Autoencoding",
    https://arxiv.org/abs/2006.05534, section 3.1. The floor s = 1 is in the authors' code.

    Examples
    --------
    >>> shape = MixtureShape(weights=(5 / 6, 1 / 6), ranks=(1, 2), floor=1.0)
    >>> head = GaussianMixtureHead(32, 2, shape)
    >>> features = torch.zeros(1, 4, 32)
    >>> head(features).shape, head.posterior(features).covariances.shape
    (torch.Size([1, 4, 2]), torch.Size([1, 4, 2, 2, 2]))
    """

    def __init__(
        self, in_features: int, latent_dim: int, shape: MixtureShape, *, block_dim: int = BLOCK_DIM
    ) -> None:
        super().__init__()
        self.shape = shape
        self.blocks = Linear(in_features, 2 * len(shape.ranks) * block_dim)
        self.A = nn.Parameter(torch.randn(1, block_dim, latent_dim) / math.sqrt(block_dim))

    def forward(self, features: Tensor) -> Tensor:
        return self._means(self._split(features))[:, :, 0]

    def posterior(self, features: Tensor) -> GaussianMixture:
        """Return the mixture of each row."""
        blocks = self._split(features)
        factors, eigenvalues = self._truncated(self._matrices(blocks))
        return GaussianMixture(
            self.shape.weights, self._means(blocks), factors, eigenvalues, self.shape.floor
        )

    def _split(self, features: Tensor) -> Tensor:
        """Return the blocks (K, B, J, 2, D')."""
        return self.blocks(features).unflatten(-1, (len(self.shape.ranks), 2, -1))

    def _means(self, blocks: Tensor) -> Tensor:
        return torch.bmm(blocks[..., 0, :].flatten(1, 2), self.A).unflatten(1, blocks.shape[1:3])

    def _matrices(self, blocks: Tensor) -> Tensor:
        """Return M (K, B, J, d, d), in float32 at least: eigenvalues are not computed in less."""
        latent_dim = self.A.shape[-1]
        products = (self.A[..., :, None] * self.A[..., None, :]).flatten(2)
        matrices = torch.bmm(blocks[..., 1, :].flatten(1, 2), products)
        wide = torch.promote_types(matrices.dtype, torch.float32)
        return matrices.view(*blocks.shape[:3], latent_dim, latent_dim).to(wide)

    def _truncated(self, matrices: Tensor) -> tuple[Tensor, Tensor]:
        latent_dim = self.A.shape[-1]
        if min(self.shape.ranks) == latent_dim:
            return matrices, spectrum(matrices)
        kept = torch.stack([top(latent_dim, rank) for rank in self.shape.ranks])
        return spectral_truncation(matrices, kept.to(self.A.device))
