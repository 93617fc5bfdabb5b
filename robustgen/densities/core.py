"""Which training rows can be relied on: the half that screeners suspect least, and what it vouches for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor

from robustgen.densities.ensemble import standardisation
from robustgen.densities.neighbours import mean_distance_to_others

N_NEIGHBOURS = 20
FAR = 100.0
"""The largest distance from the core, over that of the core's median row, from which a row may join it."""


def least_suspected(errors: Sequence[NDArray[np.float64]], share: float) -> Tensor:
    """Return the share of the rows whose mean rank over all screeners is lowest.

    Ranks, because screeners measure in units of their own, and a row that one of them finds very far must
    not be condemned by it alone.

    Parameters
    ----------
    errors : sequence of ndarray, each (n,)
        What each screener says of the rows, larger = more outlying.
    share : float in (0, 1]
        Of the rows, rounded up; two rows at least.

    Returns
    -------
    Tensor of bool, (n,)
        The core.

    Examples
    --------
    >>> least_suspected([np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 9.0, 9.5])], 0.5)
    tensor([ True,  True, False, False])
    """
    suspicion = np.mean([rankdata(error) for error in errors], axis=0)
    n_chosen = max(2, int(np.ceil(share * len(suspicion))))
    core = torch.zeros(len(suspicion), dtype=torch.bool)
    core[np.argsort(suspicion, kind="stable")[:n_chosen]] = True
    return core


def vouched_for(rows: Tensor, core: Tensor, ratio: float) -> Tensor:
    r"""Return the rows that the core vouches for about as well as all rows do.

    With :math:`\delta_S(x)` the mean distance of x to its 20 nearest rows of S other than itself, in the
    core's standard units, x is kept when :math:`\delta_{core}(x) \le r \, \delta_{all}(x)`. Rows
    that lie thin around the core join it, single outliers among them, which mislead nobody; a clump
    apart from the core, whose rows vouch for each other only, stays out, however dense it is, and the few
    of its rows that were taken into the core leave it. A row out of all measure, more than 100 times as far
    as the core's median row, stays out too: alone it would blow up the unit of its column.

    Parameters
    ----------
    rows : Tensor, (n, d)
        The training rows.
    core : Tensor of bool, (n,)
        Two of them at least.
    ratio : float
        r, at least 1.

    Returns
    -------
    Tensor of bool, (n,)
        The rows that are kept; the core itself where those would be fewer than two.

    Examples
    --------
    >>> line = torch.cat([torch.arange(0.0, 40), torch.arange(500.0, 525)])[:, None]
    >>> core = (line[:, 0] < 40) & (line[:, 0] % 2 == 0)
    >>> vouched_for(line, core, 2.0)[[15, 45]]
    tensor([ True, False])
    """
    center, scale = standardisation(rows[core])
    standardised = (rows - center) / scale
    by_core = mean_distance_to_others(standardised, core, N_NEIGHBOURS)
    by_all = mean_distance_to_others(standardised, torch.ones_like(core), N_NEIGHBOURS)
    kept = (by_core <= ratio * by_all) & (by_core <= FAR * by_core[core].median())
    return kept if kept.sum() > 1 else core
