"""Which training rows can be trusted: screeners of different kinds are asked how suspect each row is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from torch import Tensor

from robustgen._seeds import seed_from
from robustgen.densities.coherence import coherent_subset
from robustgen.densities.columns import fit_column_tails
from robustgen.densities.cosine import cosines_between
from robustgen.densities.covariance import least_covariance
from robustgen.densities.iterative_trimming import trim_iteratively
from robustgen.detectors.autoencoder import Autoencoder

Errors = NDArray[np.float64]


@dataclass(frozen=True)
class Screening:
    """The rows to screen, and the autoencoders that may be asked.

    Attributes
    ----------
    rows : Tensor or CSR matrix, (m, D)
        The rows to learn from, as they are compared.
    share : float in (0, 1]
        How many of them shall be trusted.
    seed : int
        Of what is drawn.
    autoencoder : Autoencoder
        Robustly trained on the same rows, where it is asked.
    """

    rows: Any
    share: float
    seed: int
    autoencoder: Autoencoder


def isolation(rows: Tensor, seed: int) -> Errors:
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


def _autoencoder(screening: Screening) -> Errors:
    return -screening.autoencoder.training_scores_


def _forest(screening: Screening) -> Errors:
    return isolation(screening.rows, seed_from(screening.seed, "forest") % 2**31)


def _covariance(screening: Screening) -> Errors:
    seed = seed_from(screening.seed, "covariance")
    return least_covariance(screening.rows, screening.share, seed).numpy()


def _tails(screening: Screening) -> Errors:
    return fit_column_tails(screening.rows, screening.seed)(screening.rows).numpy()


def _trimming(screening: Screening) -> Errors:
    return trim_iteratively(screening.rows, screening.share)


def _coherence(screening: Screening) -> Errors:
    trusted = coherent_subset(cosines_between(screening.rows, screening.rows), screening.share)
    return 1 - trusted.double().numpy()


SCREENERS: dict[str, Callable[[Screening], Errors]] = {
    "autoencoder": _autoencoder,
    "forest": _forest,
    "covariance": _covariance,
    "tails": _tails,
    "trimming": _trimming,
    "coherence": _coherence,
}
"""How suspect each row is to each screener, larger = more outlying."""
CHOOSABLE = tuple(screener for screener in SCREENERS if screener != "coherence")
"""Those that can be asked of any rows; coherence is of text."""
