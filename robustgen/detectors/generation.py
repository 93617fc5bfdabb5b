"""From codes to new rows, for the methods that generate."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen._seeds import base_seed
from robustgen.detectors.base import Detector
from robustgen.nets.draws import member_generators
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
