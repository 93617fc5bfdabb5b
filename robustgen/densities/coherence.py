"""Which directions can be relied on: the half that hangs together and has least in common with the rest."""

from __future__ import annotations

import torch
from torch import Tensor

from robustgen._rounding import whole_above

N_NEIGHBOURS = 20
MAX_STEPS = 20
LEAST_COSINE = 1e-9


def coherent_subset(cosines: Tensor, share: float) -> Tensor:
    r"""Return the share of the rows that agree with each other and differ from the others.

    Two subsets are found by iterative trimming (:func:`trimmed`): one by the cosines as they are, the other
    by the cosines :math:`c_{ij} / \sqrt{r_i r_j}`, with :math:`r_i` the mean cosine of row i
    to its 20 nearest, which give a topic of many unlike rows the same chance as one of few rows that are
    nearly copies. Of the two the one counts that has less in common with the rows outside it
    (:func:`likeness`).

    Parameters
    ----------
    cosines : Tensor, (n, n)
        Of the training rows with each other, at least 0.
    share : float in (0, 1]
        Of the rows, rounded up; two at least.

    Returns
    -------
    Tensor of bool, (n,)
        The clean subset.

    References
    ----------
    Zelnik-Manor and Perona, "Self-Tuning Spectral Clustering", NIPS 2004, section 2, for the local
    scale; Shi and Malik, "Normalized Cuts and Image Segmentation", PAMI 22 (2000), for judging a
    part by what it has in common with the rest.

    Examples
    --------
    >>> cosines = torch.block_diag(torch.full((3, 3), 0.4), torch.full((2, 2), 0.4)) + 0.1
    >>> coherent_subset(cosines, 0.6)
    tensor([ True,  True,  True, False, False])
    """
    others = cosines.clone().fill_diagonal_(0)
    n_chosen = min(len(others), max(2, whole_above(share * len(others))))
    halves = [trimmed(similarities, n_chosen) for similarities in (others, locally_scaled(others))]
    return min(halves, key=lambda half: likeness(others, half))


def locally_scaled(similarities: Tensor) -> Tensor:
    """Return similarities (n, n) divided by the root of both rows' mean similarity to their 20 nearest.

    Examples
    --------
    >>> locally_scaled(torch.tensor([[0.0, 0.8], [0.8, 0.0]]))
    tensor([[0., 2.],
            [2., 0.]])
    """
    level = _mean_of_nearest(similarities).clamp_min(LEAST_COSINE).sqrt()
    return similarities / (level[:, None] * level)


def trimmed(similarities: Tensor, n_chosen: int) -> Tensor:
    """Return rows that are the ones most similar to themselves.

    From all rows on, those are taken again and again whose mean similarity to the ones taken before is
    largest; and from there on, those whose mean similarity to the 20 nearest of them is. So the
    bulk of a topic is found first, and then its own shape.

    Parameters
    ----------
    similarities : Tensor, (n, n)
        0 on the diagonal: no row counts for itself.
    n_chosen : int
        How many rows.

    Returns
    -------
    Tensor of bool, (n,)
        The rows; after 20 rounds of each kind the last ones, where they still change.

    References
    ----------
    Rousseeuw and Van Driessen, "A Fast Algorithm for the Minimum Covariance Determinant
    Estimator", Technometrics 41 (1999), the C-steps.

    Examples
    --------
    >>> similarities = torch.tensor([[0.0, 0.9, 0.1], [0.9, 0.0, 0.3], [0.1, 0.3, 0.0]])
    >>> trimmed(similarities, 2)
    tensor([ True,  True, False])
    """
    chosen = torch.ones(len(similarities), dtype=torch.bool)
    for agreement in (_agreement_with_all, _agreement_with_nearest):
        for _ in range(MAX_STEPS):
            before = chosen
            best = agreement(similarities, before).argsort(descending=True, stable=True)[:n_chosen]
            chosen = torch.zeros_like(before).scatter_(0, best, True)
            if torch.equal(before, chosen):
                break
    return chosen


def likeness(similarities: Tensor, part: Tensor) -> float:
    r"""Return the cosine between the mean directions of a part of the rows and of the rest.

    .. math:: \bar c_{PQ} / \sqrt{\bar c_{PP} \, \bar c_{QQ}}

    with :math:`\bar c` the mean cosine of two different rows, one of each: without bias for small parts.

    Parameters
    ----------
    similarities : Tensor, (n, n)
        Cosines, and 0 on the diagonal.
    part : Tensor of bool, (n,)
        The part; nothing is like a rest of fewer than two rows.

    Examples
    --------
    >>> similarities = 0.1 + torch.block_diag(torch.full((2, 2), 0.3), torch.full((2, 2), 0.8))
    >>> round(likeness(similarities.fill_diagonal_(0), torch.tensor([True, True, False, False])), 4)
    0.1667
    """
    sizes = torch.stack([part.sum(), (~part).sum()])
    if sizes.min() < 2:
        return 0.0
    within = [
        similarities[rows][:, rows].sum() / (n * (n - 1))
        for rows, n in zip((part, ~part), sizes, strict=True)
    ]
    across = similarities[part][:, ~part].mean()
    return float(across / (within[0] * within[1]).sqrt().clamp_min(LEAST_COSINE))


def _agreement_with_all(similarities: Tensor, chosen: Tensor) -> Tensor:
    others = chosen.sum() - chosen.to(similarities)
    return similarities[:, chosen].sum(1) / others.clamp_min(1)


def _agreement_with_nearest(similarities: Tensor, chosen: Tensor) -> Tensor:
    return _mean_of_nearest(similarities[:, chosen])


def _mean_of_nearest(similarities: Tensor) -> Tensor:
    return similarities.topk(min(N_NEIGHBOURS, similarities.shape[1]), dim=1).values.mean(1)
