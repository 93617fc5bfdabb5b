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
from robustgen.densities.coherence import coherent_core
from robustgen.densities.concentration import concentrate
from robustgen.densities.cosine import cosines_between
from robustgen.detectors.autoencoder import Autoencoder

Errors = NDArray[np.float64]


@dataclass(frozen=True)
class Screening:
    """The rows to screen, and the autoencoders that may be asked.

    Attributes
    ----------
    X : ndarray, memory map or CSR matrix, (n, ...)
        All rows to learn from, as the autoencoders see them.
    places : ndarray of int, (m,)
        The places of those that are screened.
    rows : Tensor or CSR matrix, (m, D)
        The same rows as they are compared.
    share : float in (0, 1]
        How many of them shall be trusted.
    seed : int
        Of what is drawn.
    standard, robust : Autoencoder
        On columns in standard units, fitted where it is asked; and, not fitted yet, on median scaling.
    """

    X: Any
    places: NDArray[np.intp]
    rows: Any
    share: float
    seed: int
    standard: Autoencoder
    robust: Autoencoder


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


def _standard(screening: Screening) -> Errors:
    return -screening.standard.score_samples(screening.X[screening.places])


def _robust(screening: Screening) -> Errors:
    return -screening.robust.fit(screening.X).score_samples(screening.X[screening.places])


def _forest(screening: Screening) -> Errors:
    return isolation(screening.rows, seed_from(screening.seed, "forest") % 2**31)


def _concentration(screening: Screening) -> Errors:
    return concentrate(screening.rows, screening.share)


def _coherence(screening: Screening) -> Errors:
    trusted = coherent_core(cosines_between(screening.rows, screening.rows), screening.share)
    return 1 - trusted.double().numpy()


SCREENERS: dict[str, Callable[[Screening], Errors]] = {
    "standard": _standard,
    "robust": _robust,
    "forest": _forest,
    "concentration": _concentration,
    "coherence": _coherence,
}
"""How suspect each row is to each screener, larger = more outlying."""
CHOOSABLE = tuple(screener for screener in SCREENERS if screener != "coherence")
"""Those that can be asked of any rows; coherence is of text."""
