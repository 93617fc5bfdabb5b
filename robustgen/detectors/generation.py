"""From codes to new rows, for the methods that generate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen._seeds import base_seed
from robustgen.detectors.base import Detector
from robustgen.nets.draws import Generators, member_generators, normal
from robustgen.objectives.variational import CodeSampler
from robustgen.training.rows import block_rows

MOST_COLUMNS = 128
"""Vectors of more columns err column by column: correlations are as many as the square of these."""


def generators_for(
    detector: Detector, random_state: int | np.random.RandomState | np.random.Generator | None
) -> list[torch.Generator]:
    """Return a generator for each member's net, on the device of the net.

    Parameters
    ----------
    detector : Detector
        The fitted detector.
    random_state : int, numpy.random.RandomState, numpy.random.Generator or None
        The seed; ``None`` takes a fresh one.

    Returns
    -------
    list of torch.Generator
        One a member.
    """
    device = next(detector.net_.parameters()).device
    return member_generators(base_seed(random_state), "sample", detector.n_members, device)


def learn_noise(detector: Detector, pairs: Iterable[tuple[Tensor, Tensor]]) -> None:
    """Give a detector the standard deviations of its decoder's errors, and how these go together.

    It gets ``noise_scale_``, (K, *row_shape), the root mean square over all rows in the units of X, and
    ``_noise_mixing``, see :func:`mixing`, of vectors of few columns, else ``None``.

    Parameters
    ----------
    detector : Detector
        Whose scaling is fitted.
    pairs : iterable of pair of torch.Tensor
        Scaled rows (K, B, ...) and what the decoder makes of their codes.
    """
    correlated = detector.row_type_ == "vectors" and detector.n_features_in_ <= MOST_COLUMNS
    squares, products, n_rows = torch.zeros(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64), 0
    for x, made in pairs:
        errors = (x - made).cpu().double()
        squares, n_rows = squares + errors.square().sum(1), n_rows + x.shape[1]
        if correlated:
            products = products + errors.mT @ errors
    scaled = np.sqrt(squares.numpy() / n_rows) * detector.scaling_.scale
    detector.noise_scale_ = scaled.reshape(-1, *detector.input_shape_)
    detector._noise_mixing = mixing(products.numpy() / n_rows) if correlated else None


def mixing(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return R with :math:`R R^\top` the correlations of errors of second moments :math:`E[e e^\top]`.

    Parameters
    ----------
    moments : ndarray, (K, d, d)
        Of errors whose mean is taken to be 0.

    Returns
    -------
    ndarray, (K, d, d)
        For independent standard normal e of d entries :math:`R e` has these correlations.

    Examples
    --------
    >>> R = mixing(np.array([[[4.0, 3.0], [3.0, 9.0]]]))
    >>> (R @ R.swapaxes(1, 2)).round(9)
    array([[[1. , 0.5],
            [0.5, 1. ]]])
    """
    deviations = np.sqrt(np.diagonal(moments, axis1=1, axis2=2))
    size = np.where(deviations > 0, deviations, 1)
    values, vectors = np.linalg.eigh(moments / (size[:, :, None] * size[:, None, :]))
    return vectors * np.sqrt(values.clip(min=0))[:, None, :]


def drawn_pairs(detector: Detector, blocks: Iterable[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield scaled rows and what the decoder makes of a code drawn from the first Gaussian of each."""
    generators = member_generators(0, "noise", detector.n_members, next(detector.net_.parameters()).device)
    for x in blocks:
        inlier = detector.net_.posterior(x).component(0)
        yield x, detector.net_.decoder(CodeSampler("row")(inlier, generators))


def with_noise(
    detector: Detector, made: NDArray[np.float64], noise: bool | None, generators: Generators
) -> NDArray[np.float64]:
    """Draw rows from the decoder's distribution around its means.

    Parameters
    ----------
    detector : Detector
        The fitted detector, with what :func:`learn_noise` gives it.
    made : ndarray, (n, *row_shape)
        The means, of the members in turn.
    noise : bool or None
        Whether to draw; ``None`` draws vectors, and leaves all else, whose entries do not err one by one.
    generators : sequence of torch.Generator
        One a member.

    Returns
    -------
    ndarray, (n, *row_shape)
        Means plus Gaussian errors.
    """
    if not (detector.row_type_ == "vectors" if noise is None else noise):
        return made
    members = len(generators)
    like = next(detector.net_.parameters())
    drawn = normal(generators, like, math.ceil(len(made) / members), *made.shape[1:]).cpu().double().numpy()
    if detector._noise_mixing is not None:
        drawn = drawn @ detector._noise_mixing.swapaxes(1, 2)
    errors = (drawn * detector.noise_scale_[:, None]).swapaxes(0, 1).reshape(-1, *made.shape[1:])
    return made + errors[: len(made)]


def decode(detector: Detector, codes: Tensor) -> NDArray[Any]:
    """Return the rows that codes stand for, the members' in turn, in the units and the shape of X.

    Parameters
    ----------
    detector : Detector
        The fitted detector.
    codes : torch.Tensor
        (K, n, d).

    Returns
    -------
    ndarray of float64, (K * n, *row_shape)
        Row 0 by the first member, row 1 by the second, and so on.
    """
    block = block_rows(len(codes), detector.input_shape_)
    decoded = torch.cat([detector.net_.decoder(part) for part in codes.split(block, dim=1)], dim=1)
    rows = detector.scaling_.invert(decoded.transpose(0, 1).flatten(0, 1).cpu().double())
    return rows.numpy().reshape(-1, *detector.input_shape_)
