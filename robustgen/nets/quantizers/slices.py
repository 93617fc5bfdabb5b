"""Product quantisation: the latent of a place is cut into slices, each with a codebook of its own.

With G slices of N codes a table has G N codes, slice by slice, and position p is of slice p mod G. An index
counts through the table, so that it tells its slice.

References
----------
Jégou, Douze and Schmid, "Product Quantization for Nearest Neighbor Search", PAMI 33 (2011).
"""

from __future__ import annotations

import torch
from torch import Tensor

from robustgen.nets.quantizers.base import squared_distances


def by_slice(x: Tensor, n_slices: int) -> Tensor:
    """Return the positions of each slice as if it were a member: (K, B, P, ...) as (K G, B, P / G, ...)."""
    if n_slices == 1:  # gradients are then summed as ever, to the last bit
        return x
    return x.unflatten(2, (-1, n_slices)).movedim(3, 1).flatten(0, 1)


def interleaved(x: Tensor, n_slices: int) -> Tensor:
    """Put the positions of the slices back in their order: (K G, B, P / G, ...) as (K, B, P, ...)."""
    if n_slices == 1:
        return x
    return x.unflatten(0, (-1, n_slices)).movedim(1, 3).flatten(2, 3)


def tables(codes: Tensor, n_slices: int) -> Tensor:
    """Return the codes (K, G N, D) of all slices as one table each, (K G, N, D)."""
    return codes if n_slices == 1 else codes.unflatten(1, (n_slices, -1)).flatten(0, 1)


def slice_distances(z: Tensor, codes: Tensor, n_slices: int) -> Tensor:
    """Return the squared distances of each position from the codes of its slice.

    Parameters
    ----------
    z : torch.Tensor
        (K, B, P, D).
    codes : torch.Tensor
        (K, G N, D).
    n_slices : int
        G.

    Returns
    -------
    torch.Tensor
        (K, B, P, N).

    Examples
    --------
    >>> z, codes = torch.zeros(1, 1, 2, 1), torch.tensor([[[1.0], [2.0], [3.0], [4.0]]])
    >>> slice_distances(z, codes, 2)
    tensor([[[[ 1.,  4.],
              [ 9., 16.]]]])
    """
    return interleaved(squared_distances(by_slice(z, n_slices), tables(codes, n_slices)), n_slices)


def joint_indices(indices: Tensor, n_slices: int, n_codes: int) -> Tensor:
    """Return the places (K, B, P) in the whole table of indices into each slice's N codes.

    Examples
    --------
    >>> joint_indices(torch.tensor([[[0, 0, 3, 3]]]), 2, 4)
    tensor([[[0, 4, 3, 7]]])
    """
    return indices + n_codes * slices_of(indices.shape[-1], n_slices).to(indices)


def slices_of(n_positions: int, n_slices: int, first: int = 0) -> Tensor:
    """Return the slice (P,) of each of P positions from the first one on."""
    return (first + torch.arange(n_positions)) % n_slices


def within_slices(logits: Tensor, n_slices: int, first: int = 0) -> Tensor:
    """Make the codes of other slices impossible.

    Parameters
    ----------
    logits : torch.Tensor
        (K, B, P, G N).
    n_slices : int
        G.
    first : int
        Which position comes first.

    Returns
    -------
    torch.Tensor
        The logits, minus infinity where a code is not of its position's slice.

    Examples
    --------
    >>> within_slices(torch.zeros(1, 1, 2, 2), 2)
    tensor([[[[0., -inf],
              [-inf, 0.]]]])
    """
    n_positions, n_codes = logits.shape[-2:]
    of_code = torch.arange(n_codes) // (n_codes // n_slices)
    others = slices_of(n_positions, n_slices, first)[:, None] != of_code
    return logits.masked_fill(others.to(logits.device), -torch.inf)
