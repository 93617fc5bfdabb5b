"""What every quantizer returns, and the distances that they share."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Quantized(NamedTuple):
    """A latent after quantisation.

    Attributes
    ----------
    latent : torch.Tensor
        z_q (K, B, P, D), with the gradient that the encoder is to have.
    indices : torch.Tensor of int64
        The code of each position, (K, B, P).
    terms : dict of torch.Tensor
        The named losses of the quantizer, each (K, B), before their weights.
    """

    latent: Tensor
    indices: Tensor
    terms: dict[str, Tensor]


def without_autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Compute in the precision of the tensors in the block: in half precision near codes would merge."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)


def squared_distances(z: Tensor, codes: Tensor) -> Tensor:
    r"""Return :math:`\lVert z_p - e_n \rVert^2` of every position and code, by one batched product.

    Parameters
    ----------
    z : torch.Tensor
        (K, B, P, D).
    codes : torch.Tensor
        (K, N, D).

    Returns
    -------
    torch.Tensor
        (K, B, P, N), in float32 at least: half precision would merge near codes.

    Examples
    --------
    >>> z = torch.tensor([[[[3.0, 4.0]]]])
    >>> squared_distances(z, torch.zeros(1, 1, 2))
    tensor([[[[25.]]]])
    """
    with without_autocast(z.device):
        flat = _at_least_single(z).flatten(1, 2)
        table = _at_least_single(codes)
        products = torch.bmm(flat, table.mT)
        norms = flat.square().sum(-1, keepdim=True) + table.square().sum(-1)[:, None]
        return (norms - 2 * products).clamp_min(0).unflatten(1, z.shape[1:3])


def _at_least_single(x: Tensor) -> Tensor:
    return x if x.dtype == torch.float64 else x.float()


def look_up(codes: Tensor, indices: Tensor) -> Tensor:
    """Return the codes (K, B, P, D) at indices (K, B, P) of a table (K, N, D).

    Examples
    --------
    >>> table = torch.tensor([[[0.0], [7.0]]])
    >>> look_up(table, torch.tensor([[[1, 0]]])).flatten().tolist()
    [7.0, 0.0]
    """
    flat = indices.flatten(1)[..., None].expand(-1, -1, codes.shape[-1])
    return codes.gather(1, flat).unflatten(1, indices.shape[1:])


def usage_counts(indices: Tensor, n_codes: int, rows: Tensor | None = None) -> Tensor:
    """Count how often each code is used, (K, n_codes); in some rows (K, B) only where they are given.

    Examples
    --------
    >>> usage_counts(torch.tensor([[[0, 2], [2, 2]]]), 3)
    tensor([[1., 0., 3.]])
    """
    flat = indices.flatten(1)
    weights = torch.ones_like(flat, dtype=torch.get_default_dtype())
    if rows is not None:
        weights = rows[..., None].expand_as(indices).flatten(1).to(weights)
    return weights.new_zeros(len(flat), n_codes).scatter_add_(1, flat, weights)


def perplexity(counts: Tensor) -> Tensor:
    r"""Return :math:`\exp(-\sum_n p_n \log p_n)` of counts (K, N): how many codes are used in effect.

    It depends on how many positions were counted: compare it over whole splits only.

    Examples
    --------
    >>> perplexity(torch.tensor([[5.0, 5.0, 0.0]]))
    tensor([2.])
    """
    shares = counts / counts.sum(-1, keepdim=True).clamp_min(1)
    return torch.special.entr(shares).sum(-1).exp()
