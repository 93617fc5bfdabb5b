"""How easily rows are set apart by random cuts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from torch import Tensor


def isolation(rows: Tensor, seed: int) -> NDArray[np.float64]:
    """Return how easily an isolation forest sets each row apart.

    Parameters
    ----------
    rows : Tensor, (n, d)
        The training rows.
    seed : int
        Of the cuts.

    Returns
    -------
    ndarray, (n,)
        In (0, 1), larger = more outlying.

    References
    ----------
    Liu, Ting and Zhou, "Isolation Forest", ICDM 2008, equation 2.

    Examples
    --------
    >>> import torch
    >>> isolation(torch.tensor([[0.0], [0.1], [0.2], [9.0]]), 0).argmax()
    np.int64(3)
    """
    forest = IsolationForest(random_state=seed)
    return -forest.fit(rows.numpy()).score_samples(rows.numpy())
