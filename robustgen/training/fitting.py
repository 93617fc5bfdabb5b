"""From an estimator's parameters and rows to its trained net: what all estimators do alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column
from torch import nn

from robustgen._seeds import base_seed, member_seeds
from robustgen.nets.draws import member_generators
from robustgen.objectives.base import Objective
from robustgen.training.config import TrainingConfig
from robustgen.training.device import scoring_dtype
from robustgen.training.history import History
from robustgen.training.loop import train
from robustgen.training.rows import place_rows
from robustgen.training.scaling import Scaling


class ProgressBar:
    """Show the epochs of a training with the latest terms, on standard error's terminal.

    Used as a context; call it with the history after each epoch, as
    :func:`robustgen.training.train` does with its ``on_epoch``.

    Parameters
    ----------
    epochs : int
        Epochs in all.
    title : str
        What is trained.
    shown : bool
        Whether to show anything.
    """

    def __init__(self, epochs: int, title: str, *, shown: bool) -> None:
        # The terms are the first to give way on a narrow screen.
        shortened = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[terms]}", table_column=shortened),
            console=Console(stderr=True),
            expand=True,
            disable=not shown,
        )
        self._task = self._progress.add_task(title, total=epochs, terms="")

    def __enter__(self) -> ProgressBar:
        if not self._progress.disable:  # an older rich prints a line for a bar that it does not show
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._progress.disable:
            self._progress.stop()

    def __call__(self, history: History) -> None:
        terms = "  ".join(f"{name} {value:.4g}" for name, value in history.latest.items())
        self._progress.update(self._task, completed=history.epochs, terms=terms)


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
) -> tuple[Net, History]:
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

    Returns
    -------
    net : torch.nn.Module
        K members that learn no more, in the precision that they score in.
    history : robustgen.training.History
        The terms by epoch and member.

    Raises
    ------
    UsageError
        When the training diverges.
    """
    seed, members = base_seed(estimator.random_state), estimator.n_members
    generators = member_generators(seed, "draws", members, device)
    net = initialised(member_seeds(seed, "initialisation", members)).to(device)
    rows = place_rows(X, estimator.scaling_, device, torch.float32)
    with ProgressBar(config.epochs, type(estimator).__name__, shown=bool(estimator.verbose)) as progress:
        history = train(net, objective, rows, config, generators, [progress])
    return net.to(scoring_dtype(X.shape[1:], device)).requires_grad_(False), history
