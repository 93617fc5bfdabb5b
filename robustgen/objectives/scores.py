"""By what a row and its reconstruction are compared when the row is scored, and each entry's part in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from robustgen.descriptors.words import holds_words
from robustgen.objectives.cosine import cosine_dissimilarity, squared_angle_parts
from robustgen.objectives.reconstruction import RECONSTRUCTION_ERRORS

SCORES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cosine": cosine_dissimilarity,
    **RECONSTRUCTION_ERRORS,
}


def chosen_score(name: str, X: Any) -> str:
    """Return the name of a score, and where it is "auto" the one that suits the rows X (n, ...).

    The angle needs an origin that means something, as black has for images and silence for words
    (:func:`robustgen.descriptors.words.holds_words`): these are compared by "cosine". Centred columns of a
    table have none, and a far row in the direction of an inlier would have no error: "l21".

    Examples
    --------
    >>> import numpy as np
    >>> [chosen_score("auto", X) for X in (np.zeros((2, 1, 8, 8)), np.eye(600), np.eye(2))]
    ['cosine', 'cosine', 'l21']
    """
    if name != "auto":
        return name
    return "cosine" if X.ndim > 2 or holds_words(X) else "l21"


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
