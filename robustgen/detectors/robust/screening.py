"""Who is asked which rows are suspect."""

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


Errors = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """What is shown to judges.

    Attributes
    ----------
    X : ndarray, memory map or CSR matrix, (n, ...)
        All rows to learn from.
    judged : ndarray of int, (m,)
        The places of those that are judged.
    rows : Tensor or CSR matrix, (m, D)
        The same rows as they are compared.
    share : float in (0, 1]
        How many of them shall be trusted.
    seed : int
        Of what is drawn.
    reconstruction_errors : callable
        The errors of rows of X by autoencoders that have learnt them.
    twin : Autoencoder
        One that has learnt nothing yet, and sees the columns on another scale.
    """

    X: Any
    judged: NDArray[np.intp]
    rows: Any
    share: float
    seed: int
    reconstruction_errors: Callable[[Any], Errors]
    twin: Autoencoder


def _first_autoencoders(case: Case) -> Errors:
    return case.reconstruction_errors(case.X[case.judged])


def _second_autoencoders(case: Case) -> Errors:
    return -case.twin.fit(case.X).score_samples(case.X[case.judged])


def _forest(case: Case) -> Errors:
    return isolation(case.rows, seed_from(case.seed, "forest") % 2**31)


def _concentration(case: Case) -> Errors:
    return concentrate(case.rows, case.share)


def _coherence(case: Case) -> Errors:
    trusted = coherent_core(cosines_between(case.rows, case.rows), case.share)
    return 1 - trusted.double().numpy()


JUDGES: dict[str, Callable[[Case], Errors]] = {
    "standard": _first_autoencoders,
    "robust": _second_autoencoders,
    "forest": _forest,
    "concentration": _concentration,
    "coherence": _coherence,
}
"""What each judge says of the rows, larger = more outlying."""
CHOOSABLE = tuple(judge for judge in JUDGES if judge != "coherence")
"""Those that can be asked of any rows; coherence is of words."""
