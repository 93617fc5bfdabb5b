r"""Reconstruction errors of a row: squared, absolute, and least absolute deviations (L2,1)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

EPS = 1e-6


def cosine_dissimilarity(x: Tensor, reconstruction: Tensor) -> Tensor:
    r"""Return :math:`1 - x^\top \tilde x / \max(\lVert x \rVert \lVert \tilde x \rVert, 10^{-6})` a row.

    Parameters
    ----------
    x, reconstruction : torch.Tensor
        (K, B, ...).

    Returns
    -------
    torch.Tensor
        (K, B), in [0, 2]: 0 where the directions agree, 1 where they are orthogonal or one is 0.

    Examples
    --------
    >>> cosine_dissimilarity(torch.ones(1, 1, 4), -2 * torch.ones(1, 1, 4))
    tensor([[2.]])
    """
    a, b = x.flatten(2), reconstruction.flatten(2)
    norms = torch.linalg.vector_norm(a, dim=-1) * torch.linalg.vector_norm(b, dim=-1)
    return 1 - (a * b).sum(-1) / norms.clamp_min(EPS)


def squared_angle_parts(x: Tensor, reconstruction: Tensor) -> Tensor:
    r"""Return :math:`\tfrac12 (u_j - v_j)^2` of each entry.

    Here u and v are the directions of the row and of its reconstruction. Where neither is 0 the parts add
    up to :func:`cosine_dissimilarity`: :math:`\tfrac12 \lVert u - v \rVert^2 = 1 - u^\top v` for unit
    vectors.

    Parameters
    ----------
    x, reconstruction : torch.Tensor
        (K, B, ...).

    Returns
    -------
    torch.Tensor
        Shaped like x.

    Examples
    --------
    >>> squared_angle_parts(torch.tensor([[[2.0, 0.0]]]), torch.tensor([[[0.0, 3.0]]]))
    tensor([[[0.5000, 0.5000]]])
    """
    u, v = (functional.normalize(part.flatten(2), dim=-1, eps=EPS) for part in (x, reconstruction))
    return ((u - v).square() / 2).view_as(x)


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
    return functional.mse_loss(reconstruction, x, reduction="none").flatten(2).sum(-1)


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
    return torch.linalg.vector_norm((reconstruction - x).flatten(2), dim=-1)


RECONSTRUCTION_ERRORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l2": l2, "l1": l1, "l21": l21}


SCORES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cosine": cosine_dissimilarity,
    **RECONSTRUCTION_ERRORS,
}


def chosen_score(name: str, row_type: str) -> str:
    """Return the name of a score, and where it is "auto" the one that suits the rows.

    The angle needs an origin that means something, as black has for images and zero counts for text: these
    are compared by "cosine". Centred columns of a table and signals have none, and a far row in the direction
    of an inlier would have no error: "l21".

    Parameters
    ----------
    name : str
        A key of ``SCORES``, or "auto".
    row_type : {"vectors", "images", "signals", "clips", "text"}
        What rows are; see :func:`robustgen._rows.row_type`.

    Examples
    --------
    >>> [chosen_score("auto", rows) for rows in ("images", "text", "vectors")]
    ['cosine', 'cosine', 'l21']
    """
    if name != "auto":
        return name
    return "cosine" if row_type in ("images", "text") else "l21"


def squared_parts(x: Tensor, reconstruction: Tensor) -> Tensor:
    """Return the squared error of each entry."""
    return (x - reconstruction).square()


def absolute_parts(x: Tensor, reconstruction: Tensor) -> Tensor:
    """Return the absolute error of each entry."""
    return (x - reconstruction).abs()


PARTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cosine": squared_angle_parts,
    "l1": absolute_parts,
    "l2": squared_parts,
    "l21": squared_parts,
}
"""What each score is shared in proportion to: its own terms where it is a sum."""


def shared(scores: Tensor, parts: Tensor) -> Tensor:
    r"""Share the score of each row among its entries, :math:`s_i \, p_{ij} / \sum_k p_{ik}`.

    Parameters
    ----------
    scores : torch.Tensor
        s (K, B).
    parts : torch.Tensor
        p (K, B, ...), at least 0; a row without any shares its score evenly.

    Returns
    -------
    torch.Tensor
        Shaped like the parts; the entries of a row add up to its score.

    Examples
    --------
    >>> shared(torch.tensor([[5.0]]), torch.tensor([[[9.0, 16.0]]]))
    tensor([[[1.8000, 3.2000]]])
    """
    flat = parts.flatten(2)
    total = flat.sum(-1, keepdim=True)
    tiny = torch.finfo(flat.dtype).tiny
    shares = torch.where(total > tiny, flat / total.clamp_min(tiny), 1 / flat.shape[-1])
    return (scores[..., None] * shares).view_as(parts)
