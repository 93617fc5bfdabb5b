"""A training step on torch's meta device, whose tensors have shapes and no values.

What reads a value there raises, so a step that ends has read none: on a GPU it would not have waited.
"""

from __future__ import annotations

import copy
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import nn

from robustgen.objectives.base import Objective, Rows
from robustgen.training import TrainingConfig, fitting
from robustgen.training.checkpoints import placed
from robustgen.training.loop import Training, _Learner

META = torch.device("meta")
LATE = 10
"""An epoch in which robust training weighs rows."""


def step_on_meta(detector: Any, X: np.ndarray) -> None:
    """Fit a detector, and before it let every player of its net move on a batch without values."""
    steps = 0

    def train_on(net: nn.Module, *others: Any) -> Training:
        nonlocal steps
        _step(net, *others[:3])
        steps += 1
        return trained(net, *others)

    trained = fitting.train_on
    with patch.object(fitting, "train_on", train_on):
        detector.fit(X)
    assert steps == 1


def _step(net: nn.Module, objective: Objective, rows: Rows, config: TrainingConfig) -> None:
    """Ask the hooks before the first epoch on the CPU, where they may look at rows, and go on from there."""
    index = torch.arange(min(rows.n_rows, 32))[None].expand(_members(net), -1)
    batch = next(rows.batches(index, len(index[0])))
    real, unreal = (_learner(net, objective, rows, config, device) for device in ("cpu", "meta"))
    real.begin(0)
    for hook, other in zip(unreal._hooks, real._hooks, strict=True):
        hook.resume(placed(other.state(), META))
    unreal._move(batch.to(META), index.to(META), LATE)


def _learner(
    net: nn.Module, objective: Objective, rows: Rows, config: TrainingConfig, device: str
) -> _Learner:
    generators = [torch.Generator().manual_seed(k) for k in range(_members(net))]
    own = copy.deepcopy(net).to(device).train()
    return _Learner(own, copy.deepcopy(objective), rows, config, generators)


def _members(net: nn.Module) -> int:
    return len(next(net.parameters()))
