"""A signal described in several ways: its values, its spectrum and its statistics."""

from __future__ import annotations

from torch import Tensor

from robustgen.descriptors.spectrum import log_spectrum
from robustgen.descriptors.statistics import statistics


def signal_views(signals: Tensor) -> tuple[Tensor, ...]:
    """Return each description of signals (B, C, T) as vectors (B, D).

    They are the values themselves, the log spectrum (:func:`robustgen.descriptors.spectrum.log_spectrum`)
    and the statistics (:func:`robustgen.descriptors.statistics.statistics`): which of them tells outliers is
    another one for engines, bearings, heartbeats and telemetry.

    Examples
    --------
    >>> import torch
    >>> [view.shape[1] for view in signal_views(torch.zeros(1, 1, 256))]
    [256, 64, 25]
    """
    return signals.flatten(1), log_spectrum(signals), statistics(signals)
