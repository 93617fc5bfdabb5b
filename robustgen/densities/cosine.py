"""A model of directions: the cosines to a reference sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import sparse
from sklearn.preprocessing import normalize
from torch import Tensor
from torch.nn import functional

from robustgen._storable import storable
from robustgen.densities.ensemble import ScoreNormalisation, fit_score_normalisation

FEW, MANY = 5, 20
SAME = 1 - 1e-6
"""The cosine from which on a row and one of the sample are taken for the same."""


def dissimilarity_at_scales(cosines: Tensor) -> Tensor:
    r"""Return how little rows have in common with a sample, near and far: with 5, with 20 and with all of it.

    .. math:: e_k(x) = 1 - \frac1k \sum_{j \in N_k(x)} \cos(x, x_j)

    with :math:`N_k(x)` the k rows of the sample that are nearest to x, x itself left out where it is one
    of them: a row is no witness of its own.

    Parameters
    ----------
    cosines : Tensor, (B, R)
        Of each row with each one of the sample.

    Returns
    -------
    Tensor, (3, B)
        :math:`e_5, e_{20}, e_R`.

    Examples
    --------
    >>> dissimilarity_at_scales(torch.tensor([[1.0, 0.5, 0.3]]))
    tensor([[0.6000],
            [0.6000],
            [0.6000]])
    """
    n_rows = cosines.shape[1]
    nearest = cosines.topk(min(MANY + 1, n_rows), dim=1).values
    itself = (nearest[:, :1] > SAME) & (n_rows > 1)
    others = torch.where(itself, nearest.roll(-1, dims=1), nearest)
    n_others = n_rows - itself[:, 0].to(cosines)
    total = cosines.sum(1) - torch.where(itself[:, 0], nearest[:, 0], 0)
    near = [others[:, : min(k, max(1, n_rows - 1))].mean(1) for k in (FEW, MANY)]
    return 1 - torch.stack([*near, total / n_others])


@storable
@dataclass(frozen=True)
class CosineModel:
    """The cosine dissimilarity to a reference sample at three scales, each with its own score normalisation.

    Only the direction of a row counts, as for texts: one twice as long is about the same. The scales are
    the 5 nearest rows, the 20 nearest, and all, which is the sample's mean direction: a topic may hang
    together by its pairs or by its vocabulary.

    Attributes
    ----------
    places : Tensor of int, (2, E)
        Row and column of the entries of the sample that are not zero, row by row.
    values : Tensor, (E,)
        These entries, rows of length 1.
    shape : tuple of int
        (R, d).
    normalisations : tuple of ScoreNormalisation
        Of the three scales.

    References
    ----------
    Salton, Wong and Yang, "A Vector Space Model for Automatic Indexing", Commun. ACM 18 (1975), for the
    cosine of texts.
    """

    places: Tensor
    values: Tensor
    shape: tuple[int, int]
    normalisations: tuple[ScoreNormalisation, ...]

    @property
    def weights(self) -> tuple[float, ...]:
        """The weights of the scales: equal."""
        return (1.0,) * len(self.normalisations)

    def __call__(self, x: Tensor) -> Tensor:
        """Return the normalised scores (3, B) of rows (B, d) of any length."""
        places, values = self.places.to(x.device), self.values.to(x)
        sample = torch.sparse_coo_tensor(places, values, self.shape, check_invariants=True, is_coalesced=True)
        cosines = torch.sparse.mm(sample, functional.normalize(x, dim=1).T).T
        pairs = zip(dissimilarity_at_scales(cosines), self.normalisations, strict=True)
        return torch.stack([normalise(errors) for errors, normalise in pairs])


def unit_rows(X: Any) -> sparse.csr_matrix:
    """Return rows (n, d), dense or sparse, as a CSR matrix of float64 rows of length 1, or 0.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).toarray()
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    rows = sparse.csr_matrix(X, dtype=np.float64, copy=True)
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return normalize(rows)


def cosines_between(rows: sparse.csr_matrix, others: sparse.csr_matrix) -> Tensor:
    """Return the cosines (n, m) of unit rows (n, d) with others (m, d).

    Examples
    --------
    >>> rows = unit_rows([[1, 0], [0, 2], [3, 4]])
    >>> cosines_between(rows, rows[:2])
    tensor([[1.0000, 0.0000],
            [0.0000, 1.0000],
            [0.6000, 0.8000]], dtype=torch.float64)
    """
    return torch.from_numpy((rows @ others.T).toarray())


def fit_cosine_model(rows: sparse.csr_matrix, reference: Tensor) -> CosineModel:
    """Take the rows of reference as they are, and normalise the score of each scale by all rows.

    Parameters
    ----------
    rows : CSR matrix of float64, (n, d)
        The training rows, of length 1.
    reference : Tensor of bool, (n,)
        The sample.

    Examples
    --------
    >>> rows = unit_rows([[1, 0, 0], [2, 1, 0], [3, 1, 0], [0, 0, 1]])
    >>> model = fit_cosine_model(rows, torch.tensor([True, True, True, False]))
    >>> near, far = model(torch.tensor([[7.0, 2, 0], [0, 0, 5]])).mean(0)
    >>> bool(near < far)
    True
    """
    sample = rows[reference.numpy()]
    errors = dissimilarity_at_scales(cosines_between(rows, sample))
    entries = sample.tocoo()
    places = torch.from_numpy(np.stack([entries.row, entries.col]).astype(np.int64))
    normalisations = tuple(fit_score_normalisation(error) for error in errors)
    return CosineModel(places, torch.from_numpy(entries.data), entries.shape, normalisations)
