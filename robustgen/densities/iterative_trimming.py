"""Which half of the rows lies together."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen._rounding import whole_above
from robustgen.densities.clean_subset import least_suspected

REACH = 0.3
"""The share of the trusted rows that are a row's neighbours."""
MOST_ROUNDS = 10
BLOCK_ROWS = 1024


def trim_iteratively(rows: Tensor, share: float) -> NDArray[np.float64]:
    r"""Return how far each row is from the share of the rows that lie together.

    With :math:`\delta_S(x)` the mean distance of x to its nearest rows of S other than itself, as many as
    30 % of S, start from all rows and repeat, ten times or until nothing changes,

    .. math:: S \leftarrow \text{the share of the rows with the smallest } \delta_S .

    Neighbours are many, so that a small clump of outliers cannot stand by itself, however dense it is; and
    they are not all rows, so that the inliers need not be one round cloud.

    Parameters
    ----------
    rows : Tensor, (n, d)
        In units in which distances mean something; two rows at least.
    share : float in (0, 1]
        Of the rows, two at least.

    Returns
    -------
    ndarray, (n,)
        :math:`\delta_S` in the end, larger = more outlying.

    References
    ----------
    Rousseeuw and Van Driessen, "A Fast Algorithm for the Minimum Covariance Determinant Estimator",
    Technometrics 41 (1999), section 2, for the C-step, with neighbours in the place of the
    Mahalanobis distance.

    Examples
    --------
    >>> line = torch.cat([torch.linspace(0, 10, 30), torch.linspace(30, 30.1, 10)])[:, None]
    >>> errors = trim_iteratively(line, 0.5)
    >>> bool(errors[:30].max() < errors[30:].min())
    True
    """
    distances = _distances_to_others(rows)
    trusted = torch.ones(len(rows), dtype=torch.bool)
    for _ in range(MOST_ROUNDS):
        nearest = min(whole_above(REACH * int(trusted.sum())), int(trusted.sum()) - 1)
        errors = distances[:, trusted].topk(nearest, largest=False).values.mean(1).double().numpy()
        before, trusted = trusted, least_suspected([errors], share)
        if torch.equal(trusted, before):
            break
    return errors


def _distances_to_others(rows: Tensor) -> Tensor:
    """Return the distances (n, n) between rows in float32, infinity from a row to itself."""
    distances = torch.cat([torch.cdist(block, rows).float() for block in rows.split(BLOCK_ROWS)])
    return distances.fill_diagonal_(torch.inf)
