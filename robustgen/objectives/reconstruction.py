r"""Reconstruction errors of a row: squared, absolute, and least absolute deviations (L2,1)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def l2(x: Tensor, reconstruction: Tensor) -> Tensor:
    r"""Squared Euclidean error :math:`\lVert x - \tilde x \rVert_2^2` of each row.

    Parameters
    ----------
    x, reconstruction : torch.Tensor
        (K, B, ...).

    Returns
    -------
    torch.Tensor
        (K, B).

    Examples
    --------
    >>> l2(torch.zeros(1, 1, 2), torch.tensor([[[3.0, 4.0]]]))
    tensor([[25.]])
    """
    return (x - reconstruction).flatten(2).square().sum(-1)


def l1(x: Tensor, reconstruction: Tensor) -> Tensor:
    r"""Absolute error :math:`\lVert x - \tilde x \rVert_1` of each row.

    Parameters
    ----------
    x, reconstruction : torch.Tensor
        (K, B, ...).

    Returns
    -------
    torch.Tensor
        (K, B).

    Examples
    --------
    >>> l1(torch.zeros(1, 1, 2), torch.tensor([[[3.0, 4.0]]]))
    tensor([[7.]])
    """
    return (x - reconstruction).flatten(2).abs().sum(-1)


def l21(x: Tensor, reconstruction: Tensor) -> Tensor:
    r"""Euclidean error :math:`\lVert x - \tilde x \rVert_2` of each row, not squared.

    Summed over rows it is the L2,1 norm: least absolute deviations, which a far row pulls at
    with bounded force. Its gradient at a perfect reconstruction is 0, not NaN.

    Parameters
    ----------
    x, reconstruction : torch.Tensor
        (K, B, ...).

    Returns
    -------
    torch.Tensor
        (K, B).

    References
    ----------
    Lai, Zou and Lerman, ICLR 2020, equation 3 (p = 1).

    Examples
    --------
    >>> l21(torch.zeros(1, 1, 2), torch.tensor([[[3.0, 4.0]]]))
    tensor([[5.]])
    """
    return torch.linalg.vector_norm((x - reconstruction).flatten(2), dim=-1)


RECONSTRUCTION_ERRORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l2": l2, "l1": l1, "l21": l21}
