"""The clean subset: the training rows that screeners suspect least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor

from robustgen._rounding import whole_above


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
        The clean subset.

    Examples
    --------
    >>> least_suspected([np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 9.0, 9.5])], 0.5)
    tensor([ True,  True, False, False])
    """
    suspicion = np.mean([rankdata(error) for error in errors], axis=0)
    n_chosen = max(2, whole_above(share * len(suspicion)))
    clean = torch.zeros(len(suspicion), dtype=torch.bool)
    clean[np.argsort(suspicion, kind="stable")[:n_chosen]] = True
    return clean
