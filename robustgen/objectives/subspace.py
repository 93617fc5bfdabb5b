"""The two terms of robust subspace recovery."""

from __future__ import annotations

import torch
from torch import Tensor


def subspace_deviation(z: Tensor, A: Tensor) -> Tensor:
    r"""Distance :math:`\lVert z - A^\top A z \rVert_2` of each code to the subspace spanned by A's rows.

    Parameters
    ----------
    z : torch.Tensor
        Codes (K, B, D).
    A : torch.Tensor
        The layer (K, d, D).

    Returns
    -------
    torch.Tensor
        (K, B).

    References
    ----------
    Lai, Zou and Lerman, ICLR 2020, equation 4, first term with q = 1.

    Examples
    --------
    >>> z = torch.tensor([[[3.0, 4.0]]])
    >>> subspace_deviation(z, A=torch.tensor([[[1.0, 0.0]]]))
    tensor([[4.]])
    """
    return torch.linalg.vector_norm(torch.baddbmm(z, torch.bmm(z, A.mT), A, alpha=-1), dim=-1)


def orthogonality(A: Tensor) -> Tensor:
    r"""Mean square of the entries of :math:`A A^\top - I_d`.

    The paper has the squared Frobenius norm; the authors' code, which gave their numbers, the
    mean over the d x d entries. This is the mean: one lambda serves every d.

    Parameters
    ----------
    A : torch.Tensor
        The layer (K, d, D).

    Returns
    -------
    torch.Tensor
        (K, 1): the rows of a batch share it.

    References
    ----------
    Lai, Zou and Lerman, ICLR 2020, equation 4, second term.

    Examples
    --------
    >>> orthogonality(torch.eye(3)[None, :2])
    tensor([[0.]])
    """
    gram = torch.bmm(A, A.mT)
    return (gram - torch.eye(gram.shape[-1], dtype=A.dtype, device=A.device)).square().mean((1, 2))[:, None]
