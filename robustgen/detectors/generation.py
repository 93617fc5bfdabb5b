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


def noise_scale(detector: Detector, pairs: Iterable[tuple[Tensor, Tensor]]) -> NDArray[np.float64]:
    """Return the standard deviation of the decoder's error at each entry, in the units of X.

    Parameters
    ----------
    detector : Detector
        Whose scaling is fitted.
    pairs : iterable of pair of torch.Tensor
        Scaled rows (K, B, ...) and what the decoder makes of their codes.

    Returns
    -------
    ndarray of float64, (K, *row_shape)
        The root mean square over all rows.
    """
    sums, n_rows = torch.zeros(1, dtype=torch.float64), 0
    for x, made in pairs:
        sums = sums + (x - made).square().sum(1).cpu().double()
        n_rows += x.shape[1]
    scaled = np.sqrt(sums.numpy() / n_rows) * detector.scaling_.scale
    return scaled.reshape(-1, *detector.input_shape_)


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
        The fitted detector, with ``noise_scale_``.
    made : ndarray, (n, *row_shape)
        The means, of the members in turn.
    noise : bool or None
        Whether to draw; ``None`` draws vectors, and leaves all else, whose entries do not err one by one.
    generators : sequence of torch.Generator
        One a member.

    Returns
    -------
    ndarray, (n, *row_shape)
        Means plus independent Gaussian errors.
    """
    if not (detector.row_type_ == "vectors" if noise is None else noise):
        return made
    members = len(generators)
    like = next(detector.net_.parameters())
    drawn = normal(generators, like, math.ceil(len(made) / members), *made.shape[1:]).cpu().double().numpy()
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
