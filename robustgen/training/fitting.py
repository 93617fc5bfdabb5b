"""From an estimator's parameters and rows to its trained net: what all estimators do alike."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import nn

from robustgen._seeds import base_seed, member_seeds
from robustgen.nets.draws import member_generators
from robustgen.objectives.base import Objective
from robustgen.training.callbacks import OnEpoch, present_callbacks
from robustgen.training.config import TrainingConfig
from robustgen.training.device import scoring_dtype
from robustgen.training.history import History
from robustgen.training.loop import Training, train_on
from robustgen.training.rows import place_rows
from robustgen.training.scaling import Scaling

_logger = logging.getLogger("robustgen")

Net = TypeVar("Net", bound=nn.Module)


class Estimator(Protocol):
    """The parameters and the fitted scaling that decide how a net is trained."""

    n_members: int
    random_state: int | np.random.RandomState | None
    verbose: bool
    scaling_: Scaling


def fit_members(
    estimator: Estimator,
    X: Any,
    initialised: Callable[[Sequence[int]], Net],
    objective: Objective,
    config: TrainingConfig,
    device: torch.device,
    former: Training | None = None,
) -> tuple[Net, Training]:
    """Train the net of an estimator, all members at once.

    Parameters
    ----------
    estimator : Estimator
        Whose seed, members and scaling count, and who may show a progress bar.
    X : ndarray, memory map or CSR matrix
        The training rows, in the user's units.
    initialised : callable
        Returns the net before its training, on the CPU, a member for each seed.
    objective : Objective
        What is minimised.
    config : TrainingConfig
        How.
    device : torch.device
        Where.
    former : Training or None
        What is gone on from, for one epoch; see :func:`robustgen.training.loop.train_on`.

    Returns
    -------
    net : torch.nn.Module
        K members that learn no more, in the precision that they score in.
    training : Training
        The terms by epoch and member, and what another training can go on from.

    Raises
    ------
    UsageError
        When the training diverges.
    """
    seed, members = base_seed(estimator.random_state), estimator.n_members
    purpose = "draws" if former is None else f"draws after {former.history.epochs} epochs"
    generators = member_generators(seed, purpose, members, device)
    net = initialised(member_seeds(seed, "initialisation", members)).to(device)
    rows = place_rows(X, estimator.scaling_, device, torch.float32)
    with _progress(estimator, config.passes(rows.n_rows)) as progress:
        calls: list[OnEpoch] = [progress, partial(_log_epoch, type(estimator).__name__), *present_callbacks()]
        training = train_on(net, objective, rows, config, generators, calls, former)
    _log_end(type(estimator).__name__, training.history)
    return net.to(scoring_dtype(X.shape[1:], device)).requires_grad_(False), training


def _log_epoch(name: str, history: History) -> None:
    if _logger.isEnabledFor(logging.DEBUG):
        terms = ", ".join(f"{term} {value:.4g}" for term, value in history.latest.items())
        _logger.debug("%s: epoch %d: %s", name, history.epochs, terms)


def _log_end(name: str, history: History) -> None:
    objective = history.latest["objective"] if history.epochs else float("nan")
    _logger.info("%s: %d epochs, objective %.4g", name, history.epochs, objective)


def _progress(estimator: Estimator, epochs: int) -> AbstractContextManager[Callable[[History], None]]:
    if not estimator.verbose:
        return nullcontext(lambda history: None)
    from robustgen.training.progress import (
        ProgressBar,
    )  # which loads rich: an image that only scores has none

    return ProgressBar(epochs, type(estimator).__name__)
