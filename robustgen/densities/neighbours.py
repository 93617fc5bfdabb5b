"""The distance to the nearest rows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from robustgen._storable import storable
from robustgen.densities.nearest import least_distances

N_NEIGHBOURS = 5
FEW_ROWS = 128
"""Among which distances to all are faster than a search."""


def nearest_distances(x: Tensor, rows: Tensor, k: int) -> Tensor:
    """Return the Euclidean distances of each row of x to its k nearest of some rows, in ascending order.

    Parameters
    ----------
    x : Tensor, (B, d)
        Whose distances.
    rows : Tensor, (R, d)
        The neighbours.
    k : int
        How many; all where there are fewer.

    Returns
    -------
    Tensor, (B, min(k, R))
        The distances; those of equal rows are 0.

    Examples
    --------
    >>> nearest_distances(torch.tensor([[1.0]]), torch.tensor([[0.0], [1.0], [5.0]]), 2)
    tensor([[0., 1.]])
    """
    k = min(k, len(rows))
    if torch.compiler.is_compiling() or x.requires_grad:  # or exported
        return _distances_to(x, rows[_nearest_by_products(x, rows, k)])
    if len(rows) > FEW_ROWS and x.device.type == "cpu":
        return least_distances(x.double(), rows.double(), k).to(x)
    distances = torch.cdist(x, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.topk(k, dim=1, largest=False).values


def _nearest_by_products(x: Tensor, rows: Tensor, k: int) -> Tensor:
    """Return the places (B, k) of the nearest rows by a product of matrices, of which ONNX has all."""
    closeness = rows.double().square().sum(1) - 2 * x.double() @ rows.double().T
    return closeness.topk(k, dim=1, largest=False).indices


def _distances_to(x: Tensor, neighbours: Tensor) -> Tensor:
    """Return the distances of rows (B, d) to neighbours (B, k, d) of each, in order; products would round."""
    distances = torch.linalg.vector_norm(x[:, None] - neighbours, dim=2)
    return distances.topk(distances.shape[1], dim=1, largest=False).values


def mean_distance(x: Tensor, rows: Tensor, k: int) -> Tensor:
    """Return the mean Euclidean distance of each row of x to its k nearest of some rows.

    Parameters
    ----------
    x : Tensor, (B, d)
        Whose distances.
    rows : Tensor, (R, d)
        The neighbours.
    k : int
        How many count; all where there are fewer.

    Returns
    -------
    Tensor, (B,)
        The means.

    Examples
    --------
    >>> rows = torch.tensor([[0.0], [1.0], [5.0]])
    >>> mean_distance(rows, rows, 2)
    tensor([0.5000, 0.5000, 2.0000])
    """
    return nearest_distances(x, rows, k).mean(1)


def mean_distance_to_others(rows: Tensor, chosen: Tensor, k: int, asked: Tensor | None = None) -> Tensor:
    """Return the mean distance of rows to their k nearest among chosen rows, themselves left out.

    Parameters
    ----------
    rows : Tensor, (n, d)
        The rows.
    chosen : Tensor of bool, (n,)
        Which of them are neighbours; two at least.
    k : int
        How many neighbours count.
    asked : Tensor of bool, (n,), or None
        Of which m rows the distance is asked; None for all.

    Returns
    -------
    Tensor, (m,)
        The means.

    Examples
    --------
    >>> rows = torch.tensor([[0.0], [1.0], [5.0]])
    >>> mean_distance_to_others(rows, torch.tensor([True, True, False]), 1)
    tensor([1., 1., 4.])
    """
    asked = torch.ones_like(chosen) if asked is None else asked
    nearest = nearest_distances(
        rows[asked], rows[chosen], k + 1
    )  # a row's distance to itself is 0, the first
    others = nearest[:, : min(k, nearest.shape[1])].mean(1)
    return torch.where(chosen[asked], nearest[:, 1:].mean(1), others)


@storable
@dataclass(frozen=True)
class Neighbours:
    """The mean distance to the five nearest rows of a reference sample.

    Attributes
    ----------
    rows : Tensor, (R, d)
        The reference sample.

    References
    ----------
    Angiulli and Pizzuti, "Fast Outlier Detection in High Dimensional Spaces", PKDD 2002, for
    the sum over the neighbours in the place of the last one.

    Examples
    --------
    >>> Neighbours(torch.zeros(9, 2))(torch.tensor([[3.0, 4.0]]))
    tensor([5.])
    """

    rows: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Return the distance (B,) of rows (B, d)."""
        return mean_distance(x, self.rows.to(x), N_NEIGHBOURS)


def fit_neighbours(rows: Tensor, seed: int) -> Neighbours:
    """Take the rows (R, d) as they are; nothing is drawn."""
    return Neighbours(rows)


@storable
@dataclass(frozen=True)
class OtherNeighbours:
    """The mean distance to the five nearest rows of a sample other than the row itself.

    Where the sample holds an equal row, one such row is left out: a row of the sample is no witness of its
    own.

    Attributes
    ----------
    rows : Tensor, (R, d)
        The sample; two rows at least.

    Examples
    --------
    >>> model = OtherNeighbours(torch.tensor([[0.0], [1.0], [1.0]]))
    >>> model(torch.tensor([[0.0], [1.0]]))
    tensor([1.0000, 0.5000])
    """

    rows: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Return the distance (B,) of rows (B, d)."""
        nearest = nearest_distances(x, self.rows.to(x), N_NEIGHBOURS + 1)
        itself = nearest[:, 0] == 0
        return torch.where(itself, nearest[:, 1:].mean(1), nearest[:, :N_NEIGHBOURS].mean(1))


def fit_other_neighbours(rows: Tensor, seed: int) -> OtherNeighbours:
    """Take the rows (R, d) as they are; nothing is drawn."""
    return OtherNeighbours(rows)
