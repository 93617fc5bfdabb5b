"""k-means++ seeds, and k-means from them."""

from __future__ import annotations

import torch
from torch import Tensor

from robustgen.nets.draws import Generators, uniform


@torch.no_grad()
def kmeans_plus_plus(
    points: Tensor, n_seeds: int, generators: Generators, weights: Tensor | None = None
) -> Tensor:
    r"""Choose seeds in turn, each with probability :math:`\propto w_i \min_j \lVert x_i - s_j \rVert^2`.

    Parameters
    ----------
    points : torch.Tensor
        (K, m, D).
    n_seeds : int
        N; where there are fewer distinct points, points repeat.
    generators : sequence of torch.Generator
        One a member.
    weights : torch.Tensor or None
        w (K, m), at least 0; ``None`` is 1. Where all are 0 every point counts.

    Returns
    -------
    torch.Tensor
        (K, N, D), points each.

    References
    ----------
    Arthur and Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007.

    Examples
    --------
    >>> points = torch.tensor([[[0.0], [0.0], [9.0]]])
    >>> kmeans_plus_plus(points, 2, [torch.Generator().manual_seed(0)]).flatten().sort().values
    tensor([0., 9.])
    """
    base = torch.ones_like(points[..., 0]) if weights is None else weights.to(points)
    base = torch.where(base.sum(1, keepdim=True) > 0, base, 1.0)
    seeds = points.new_empty(len(points), n_seeds, points.shape[-1])
    draws = uniform(generators, points, n_seeds).double()
    members = torch.arange(len(points), device=points.device)
    fallback = base.cumsum(1, dtype=torch.float64)
    cumulated, least = fallback, torch.full_like(base, torch.inf)
    for n in range(n_seeds):
        chosen = points[members, _draw(cumulated, draws[:, n : n + 1])]
        seeds[:, n] = chosen
        least = torch.minimum(least, (points - chosen[:, None]).square().sum(-1))
        left = (base * least).cumsum(1, dtype=torch.float64)
        cumulated = torch.where(left[:, -1:] > 0, left, fallback)
    return seeds


def _draw(cumulated: Tensor, draw: Tensor) -> Tensor:
    """Draw an index (K,) by cumulated mass (K, m)."""
    places = torch.searchsorted(cumulated, draw * cumulated[:, -1:], right=True)
    return places[:, 0].clamp_max(cumulated.shape[1] - 1)


@torch.no_grad()
def kmeans(
    points: Tensor, n_centres: int, generators: Generators, weights: Tensor, *, iterations: int = 8
) -> tuple[Tensor, Tensor]:
    """Run Lloyd's iterations from k-means++ seeds.

    Parameters
    ----------
    points : torch.Tensor
        (K, m, D).
    n_centres : int
        N.
    generators : sequence of torch.Generator
        One a member.
    weights : torch.Tensor
        (K, m), at least 0.
    iterations : int
        How many.

    Returns
    -------
    centres : torch.Tensor
        (K, N, D); one without a point stays at its seed.
    masses : torch.Tensor
        The weight (K, N) of each centre's points.

    References
    ----------
    Lloyd, "Least squares quantization in PCM", IEEE Trans. Information Theory 28 (1982).
    """
    centres = kmeans_plus_plus(points, n_centres, generators, weights)
    mass = weights.to(points)
    masses = mass.new_zeros(centres.shape[:2])
    for _ in range(iterations):
        nearest = torch.cdist(points, centres, compute_mode="use_mm_for_euclid_dist").argmin(-1)
        masses = torch.zeros_like(masses).scatter_add_(1, nearest, mass)
        places = nearest[..., None].expand(-1, -1, points.shape[-1])
        sums = torch.zeros_like(centres).scatter_add_(1, places, points * mass[..., None])
        held = masses[..., None] > 0
        centres = torch.where(held, sums / torch.where(held, masses[..., None], 1.0), centres)
    return centres, masses
