"""How well the parts of a row are matched by parts of most other rows."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from robustgen._seeds import subsample

AGREEING = 0.5
"""The share of the other rows that a part has to be like a part of."""
MOST_PARTS = 2**13
FEWEST_ROWS = 32
"""The parts of all reference rows together, and the least number of those."""


def distance_to_most(parts: Tensor, seed: int) -> Tensor:
    r"""Return how far each part is from the nearest parts of half of the other rows.

    .. math:: \operatorname{median}_{j \ne i} \min_q \lVert p_{i} - q \rVert , \qquad q \in \text{row } j .

    While fewer than half of the rows have a thing, such as a defect, none of its parts is near to most
    rows, however alike those few are.

    Parameters
    ----------
    parts : Tensor, (n, P, D)
        P parts of each of n rows; two rows at least. Of many rows a sample is the reference.
    seed : int
        Of the sample.

    Returns
    -------
    Tensor, (n, P)
        The distances, larger = more outlying.

    Examples
    --------
    >>> rows = torch.tensor([[0.0, 1.0], [0.0, 1.0], [0.0, 9.0], [0.0, 1.0]])
    >>> distance_to_most(rows[:, :, None], 0)[2]
    tensor([0., 8.])
    """
    n_rows, n_parts, width = parts.shape
    most = max(FEWEST_ROWS, MOST_PARTS // n_parts)
    reference = subsample(n_rows, most, seed)
    flat = parts.reshape(-1, width)
    nearest = torch.stack(
        [_nearest(flat, parts[place]).view(n_rows, n_parts) for place in reference.tolist()]
    )
    places = torch.arange(len(reference))
    nearest[places, torch.from_numpy(np.asarray(reference))] = torch.inf  # a row does not vouch for itself
    others = torch.full((n_rows,), len(reference))
    others[torch.from_numpy(np.asarray(reference))] -= 1
    needed = (AGREEING * others).ceil().clamp_min(1).long() - 1
    return nearest.sort(0).values.gather(0, needed[None, :, None].expand(1, -1, n_parts))[0]


def _nearest(parts: Tensor, others: Tensor) -> Tensor:
    """Return the distance of each part to the nearest of others, a block at a time."""
    step = max(1, math.ceil(2**22 / len(others)))
    return torch.cat([torch.cdist(block, others).amin(1) for block in parts.split(step)])
