"""The two codebooks of RVQ-VAE, with distances weighted by each codebook's directional variances."""

from __future__ import annotations

import torch
from torch import Tensor

from robustgen.nets.draws import Generators
from robustgen.nets.quantizers.base import Quantized, look_up, squared_distances
from robustgen.nets.quantizers.codebook import CodeTable, Quantizer, codebook
from robustgen.nets.quantizers.nearest import nearest_terms, straight_through
from robustgen.nets.quantizers.slices import by_slice, interleaved, joint_indices, tables

DIRECTIONS = ("axes", "none")
FLOOR = 1e-2
"""The least variance of a direction, over the mean of them."""
INLIER, OUTLIER = 0, 1


class DualQuantizer(Quantizer):
    r"""Two codebooks, one for inliers and one for outliers, each with its own weighted distance.

    Codebook s measures :math:`d_s^2(z, c) = \sum_j w_j (u_j^\top (z - c))^2`, where
    :math:`U \,\mathrm{diag}(\lambda)\, U^\top` is the usage-weighted covariance of its codes and
    :math:`w_j \propto 1 / (\lambda_j + \epsilon)` with mean 1: leaving the directions that a codebook
    spans is expensive. The distance of a row is the mean over its positions of the least
    :math:`d_s^2`. The terms are those of
    :class:`robustgen.nets.quantizers.nearest.NearestQuantizer`, each row by its own codebook.

    Parameters
    ----------
    n_codes, code_dim : int
        N, the codes of each slice of each codebook, and D.
    updates : {"gradient", "ema"}
        What moves the codes.
    directions : {"axes", "none"}
        :math:`u_j`: the axes, :math:`\lambda` the diagonal of the covariance; or the plain Euclidean
        distance. Eigenvectors fail: the weights of thin directions of few codes lose the sets.
    n_slices : int
        G, see :mod:`robustgen.nets.quantizers.slices`; each has variances of its own.

    Attributes
    ----------
    maps : torch.Tensor
        (K, 2, G, D, D): :math:`U \,\mathrm{diag}(\sqrt w)` of each codebook's slices, so that
        :math:`d_s(z, c) = \lVert (z - c) \,\mathrm{maps}_s \rVert`. Constant between refreshes.

    Notes
    -----
    Input (K, B, P, D). Indices from G N on are the outlier codebook's. Inverse weights scaled to
    mean 1 are our reading of "weights come from the directional variances"; the paper's text
    could not be had beyond its abstract.

    References
    ----------
    Lai, Zou and Lerman, "Robust Vector Quantized-Variational Autoencoder", arXiv 2202.01987.

    Examples
    --------
    >>> DualQuantizer(8, 4)(torch.zeros(1, 2, 9, 4)).indices.shape
    torch.Size([1, 2, 9])
    """

    maps: Tensor

    def __init__(
        self,
        n_codes: int,
        code_dim: int,
        *,
        updates: str = "gradient",
        directions: str = "axes",
        n_slices: int = 1,
    ) -> None:
        super().__init__()
        self.directions = directions
        self.n_slices = n_slices
        self.inlier: CodeTable = codebook(n_slices * n_codes, code_dim, updates=updates)
        self.outlier: CodeTable = codebook(n_slices * n_codes, code_dim, updates=updates)
        self.register_buffer("maps", torch.eye(code_dim).expand(1, 2, n_slices, -1, -1).clone())

    def codebooks(self) -> tuple[CodeTable, ...]:
        """Return the codebooks: inliers', outliers'."""
        return (self.inlier, self.outlier)

    def decode(self, indices: Tensor) -> Tensor:
        """Return the codes (K, B, P, D) at indices (K, B, P) into both codebooks, the inliers' first."""
        return look_up(torch.cat([book.codes for book in self.codebooks()], dim=1), indices)

    @torch.no_grad()
    def refresh(self, counts: Tensor) -> None:
        """Take each slice's directions and weights anew, its codes weighted by counts (K, 2 G, N)."""
        for side, book in enumerate(self.codebooks()):
            weights = counts.reshape(len(counts), 2, self.n_slices, -1)[:, side].flatten(0, 1)
            of_slices = covariance(tables(book.codes, self.n_slices), weights)
            self.maps[:, side] = WEIGHTINGS[self.directions](of_slices).unflatten(0, (-1, self.n_slices))

    @torch.no_grad()
    def swap(self, members: Tensor) -> None:
        """Exchange the codebooks of the members (K,) that are marked, and their distances."""
        inlier, outlier, maps = self.snapshot()
        self.restore(members, (outlier, inlier, maps.flip(1)))

    def snapshot(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return copies of the inliers' codes, the outliers' codes and the maps."""
        return self.inlier.codes.detach().clone(), self.outlier.codes.detach().clone(), self.maps.clone()

    @torch.no_grad()
    def restore(self, members: Tensor, snapshot: tuple[Tensor, Tensor, Tensor]) -> None:
        """Give the members (K,) that are marked the codes and maps of a snapshot."""
        inlier, outlier, maps = snapshot
        mask = members[:, None].expand(inlier.shape[:2])
        self.inlier.replace(mask, inlier)
        self.outlier.replace(mask, outlier)
        self.maps.copy_(torch.where(members.view(-1, 1, 1, 1, 1), maps, self.maps))

    def nearest(self, z: Tensor, side: int) -> tuple[Tensor, Tensor]:
        """Return the least weighted distance and its index in one codebook, each (K, B, P)."""
        mapping, parts = self.maps[:, side].flatten(0, 1).to(z.dtype), by_slice(z, self.n_slices)
        rotated = torch.bmm(parts.flatten(1, 2), mapping).unflatten(1, parts.shape[1:3])
        codes = tables(self.codebooks()[side].codes, self.n_slices)
        least = squared_distances(rotated, torch.bmm(codes, mapping)).min(-1)
        values, indices = (interleaved(part, self.n_slices) for part in least)
        return values, joint_indices(indices, self.n_slices, codes.shape[1])

    def quantised(self, z: Tensor, side: int) -> tuple[Tensor, Tensor]:
        """Return the distance (K, B) of each row's latents from one codebook, and its codes (K, B, P, D)."""
        least, indices = self.nearest(z, side)
        return least.mean(-1), look_up(self.codebooks()[side].codes, indices)

    def distances(self, z: Tensor) -> Tensor:
        """Return the distance (K, B, 2) of each row's latents from the inlier and the outlier codebook."""
        return torch.stack([self.nearest(z, side)[0].mean(-1) for side in (INLIER, OUTLIER)], dim=-1)

    def forward(
        self, z: Tensor, generators: Generators | None = None, outlying: Tensor | None = None
    ) -> Quantized:
        """Quantise each row by its own codebook: the inliers', but for the rows (K, B) that are outlying."""
        if outlying is None:
            outlying = torch.zeros(z.shape[:2], dtype=torch.bool, device=z.device)
        with torch.no_grad():
            inlier, outlier = (self.nearest(z, side)[1] for side in (INLIER, OUTLIER))
        n_codes = self.inlier.codes.shape[1]
        indices = torch.where(outlying[..., None], outlier + n_codes, inlier)
        codes = self.decode(indices)
        if self.training:
            self.inlier.observe(z.detach(), inlier, ~outlying)
            self.outlier.observe(z.detach(), outlier, outlying)
        return Quantized(straight_through(z, codes), indices, nearest_terms(z, codes))


def covariance(codes: Tensor, counts: Tensor) -> Tensor:
    """Return the covariance (K, D, D) of codes (K, N, D) by counts (K, N); all alike where none is used."""
    total = counts.sum(-1, keepdim=True)
    shares = torch.where(total > 0, counts / total.clamp_min(1), 1 / counts.shape[-1]).to(codes)[..., None]
    centred = codes - (shares * codes).sum(1, keepdim=True)
    return torch.bmm((shares * centred).mT, centred)


def _axes(covariances: Tensor) -> Tensor:
    return torch.diag_embed(inverse_weights(covariances.diagonal(dim1=-2, dim2=-1)).sqrt())


def _none(covariances: Tensor) -> Tensor:
    return torch.eye(covariances.shape[-1]).to(covariances).expand_as(covariances)


WEIGHTINGS = {"axes": _axes, "none": _none}


def inverse_weights(variances: Tensor) -> Tensor:
    r"""Return :math:`w_j \propto 1 / (\lambda_j + \epsilon)` with mean 1.

    :math:`\epsilon` is a hundredth of the mean variance.

    Examples
    --------
    >>> inverse_weights(torch.tensor([1.0, 1.0]))
    tensor([1., 1.])
    """
    tiny = torch.finfo(variances.dtype).tiny ** 0.5
    floored = variances.clamp_min(0) + FLOOR * variances.mean(-1, keepdim=True).clamp_min(tiny)
    inverse = floored.amin(-1, keepdim=True) / floored
    return inverse / inverse.mean(-1, keepdim=True)
