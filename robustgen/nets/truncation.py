"""Spectral truncation of small symmetric matrices, with a gradient that stays finite at ties."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

TIE = 1e-3
"""Gap, over the largest absolute eigenvalue, below which two eigenvalues count as nearly equal."""


def spectral_truncation(M: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
    r"""Keep some eigenvalues of symmetric matrices and set the others to 0.

    With :math:`M = \sum_i \lambda_i v_i v_i^\top`, eigenvalues in ascending order, returns

    .. math::
        \tilde M = \sum_{i \text{ kept}} \lambda_i v_i v_i^\top .

    Parameters
    ----------
    M : torch.Tensor
        (..., d, d), symmetric; the lower triangle is read.
    kept : torch.Tensor of bool
        (..., d), broadcast against the eigenvalues; the last entry is the largest one's.

    Returns
    -------
    truncated : torch.Tensor
        :math:`\tilde M`, (..., d, d).
    eigenvalues : torch.Tensor
        (..., d), ascending, 0 where they were not kept.

    Notes
    -----
    The differential of :math:`\tilde M` is, in the eigenbasis, the product entry by entry with
    :math:`G_{ij} = (f_i - f_j) / (\lambda_i - \lambda_j)`, f the eigenvalues after the
    truncation (Daleckii and Krein): 1 where both are kept, 0 where neither is. Only a kept
    eigenvalue that meets a dropped one divides by 0: there the truncation itself jumps. With
    :math:`\delta` for the gap, :math:`1/\delta` is read as
    :math:`\delta / (\delta^2 + \epsilon^2)`, :math:`\epsilon = 10^{-3} \max |\lambda|`: exact
    away from a tie, 0 at it, and never above 500 in absolute value. The gradient through the
    eigenvectors, which is infinite at every tie, is never formed. A matrix with an entry that
    is not finite gives NaN rather than an error, so that the loop can say what diverged.

    References
    ----------
    Higham, "Functions of Matrices", SIAM 2008, theorem 3.11.

    Examples
    --------
    >>> truncated, eigenvalues = spectral_truncation(torch.diag(torch.tensor([3.0, -5.0])), top(2, 1))
    >>> truncated.diagonal(), eigenvalues
    (tensor([3., 0.]), tensor([-0., 3.]))
    """
    return _Truncation.apply(M, kept)


def spectrum(M: Tensor) -> Tensor:
    """Return the eigenvalues (..., d) of symmetric matrices (..., d, d); NaN where one is not finite.

    Examples
    --------
    >>> spectrum(torch.diag(torch.tensor([3.0, -5.0])))
    tensor([-5.,  3.])
    """
    return torch.linalg.eigvalsh(_finite(M)) + _poison(M)


def top(dim: int, rank: int) -> Tensor:
    """Mark the ``rank`` largest of ``dim`` eigenvalues in ascending order.

    Examples
    --------
    >>> top(3, 1)
    tensor([False, False,  True])
    """
    return torch.arange(dim) >= dim - rank


class _Truncation(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, M: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        values, vectors = torch.linalg.eigh(_finite(M))
        values = values + _poison(M)
        ctx.save_for_backward(values, vectors, kept)
        remaining = values * kept
        return _composed(vectors, torch.diag_embed(remaining)), remaining

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_truncated: Tensor, by_eigenvalues: Tensor) -> tuple[Tensor, None]:
        values, vectors, kept = ctx.saved_tensors
        inner = vectors.mT @ ((by_truncated + by_truncated.mT) / 2) @ vectors
        inner = _slopes(values, kept) * inner + torch.diag_embed(by_eigenvalues * kept)
        return _composed(vectors, inner), None


def _finite(M: Tensor) -> Tensor:
    """Return M with 0 for what is not finite, for which LAPACK would raise."""
    return M.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)


def _poison(M: Tensor) -> Tensor:
    """Return 0 (..., 1), NaN where M is not finite."""
    return 0 * M.detach().sum((-2, -1))[..., None]


def _composed(vectors: Tensor, inner: Tensor) -> Tensor:
    return vectors @ inner @ vectors.mT


def _slopes(values: Tensor, kept: Tensor) -> Tensor:
    """Return G (..., d, d), the divided differences of the truncation, guarded where eigenvalues tie."""
    gap = values[..., :, None] - values[..., None, :]
    remaining = values * kept
    change = remaining[..., :, None] - remaining[..., None, :]
    epsilon = TIE * values.abs().amax(-1)[..., None, None]
    guarded = change * gap / (gap.square() + epsilon.square()).clamp_min(torch.finfo(values.dtype).tiny)
    alike = kept[..., :, None] == kept[..., None, :]
    return torch.where(alike, kept[..., None].to(values.dtype), guarded)
