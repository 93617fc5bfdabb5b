"""The one loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from robustgen._checks import UsageError
from robustgen.nets.draws import Generators
from robustgen.nets.members import fill, tensors
from robustgen.nets.replicas import agreed, learning, own_rows, part_of, processes
from robustgen.objectives.base import Objective, Rows
from robustgen.training.callbacks import OnEpoch
from robustgen.training.checkpoints import State, placed, present_checkpoint
from robustgen.training.config import TrainingConfig
from robustgen.training.device import arithmetic
from robustgen.training.history import History, Plateau
from robustgen.training.player import Turn
from robustgen.training.teacher import row_weighting


def train(
    net: nn.Module,
    objective: Objective,
    rows: Rows,
    config: TrainingConfig,
    generators: Generators,
    on_epoch: Sequence[OnEpoch] = (),
) -> History:
    """Train the K members of a net, in place, each on its own shuffle of the rows.

    On each batch every player of the objective moves in turn. With robust training a moving
    average of the net weighs the rows, and its weights are the ones that ``net`` ends with.

    Parameters
    ----------
    net : torch.nn.Module
        K members, on the device of the rows.
    objective : Objective
        Players and their terms, one value a row.
    rows : Rows
        The training rows.
    config : TrainingConfig
        Epochs, batches, learning rate, robust training.
    generators : sequence of torch.Generator
        One a member, on the device of the rows: its shuffles and draws.
    on_epoch : sequence of callable
        Called in order with the history after each epoch; see :func:`robustgen.training.each_epoch` for
        what they may answer.

    Returns
    -------
    History
        The means of each term by epoch and member.

    Raises
    ------
    UsageError
        When a term is no longer finite, or a callable answers what it may not.

    See Also
    --------
    train_on : The same, from where another training ended.

    Notes
    -----
    Nothing in an epoch waits for the device: sums stay on it and are read once, at its end.
    """
    return train_on(net, objective, rows, config, generators, on_epoch).history


class Training(NamedTuple):
    """What a training leaves beside the weights of its net.

    Attributes
    ----------
    history : History
        The terms by epoch and member.
    learner : dict or None
        Weights, moments and averages of the players, the states of hooks and generators; ``None`` where they
        are not known, as those of a model from a file.
    """

    history: History
    learner: State | None = None


def train_on(
    net: nn.Module,
    objective: Objective,
    rows: Rows,
    config: TrainingConfig,
    generators: Generators,
    on_epoch: Sequence[OnEpoch] = (),
    former: Training | None = None,
) -> Training:
    """Train as :func:`train` does, or for one more epoch from where a former training ended.

    Parameters
    ----------
    net, objective, rows, config, generators, on_epoch
        As those of :func:`train`.
    former : Training or None
        What is gone on from. Where it knows no learner, the net's weights are what is gone on from, and the
        optimisers begin anew.

    Returns
    -------
    Training
        What another training can go on from; its history has the former epochs too.
    """
    learner = _Learner(net, objective, rows, config, generators)
    plateau = Plateau(learner.weighting.net, len(generators), config.patience, config.min_improvement)
    history, passes = History(len(generators)), config.passes(rows.n_rows)
    if former is not None:
        _go_on(former, learner, history)
        passes = history.epochs + 1
    checkpoint = present_checkpoint(net, rows, config, generators)
    parts: dict[str, Any] = {"learner": learner, "plateau": plateau, "history": history}
    for name, state in checkpoint.saved().items():
        parts[name].resume(state)
    net.train()
    for epoch in range(history.epochs, passes):
        if not plateau.running.any():
            break
        history.stopped_at += plateau.running
        learner.begin(epoch)
        with arithmetic(config.precision, generators[0].device):
            learner.learn(epoch)
        history.append(_finite(learner.means(), epoch))
        for call in on_epoch:
            plateau.stop(call(history))
        if learner.settled:
            plateau.observe(history["objective"][-1])
        checkpoint.save(history.epochs, parts)
    plateau.restore()
    left = learner.state()
    learner.take_over()
    return Training(history, left)


def _go_on(former: Training, learner: _Learner, history: History) -> None:
    history.resume(former.history.state())
    if former.learner is not None:
        learner.resume(former.learner)


class _Learner:
    """A net, the players that move it and the weighting of its rows, an epoch at a time."""

    def __init__(
        self, net: nn.Module, objective: Objective, rows: Rows, config: TrainingConfig, generators: Generators
    ) -> None:
        self._net = net
        self._rows = rows
        self._batch_size = config.batch_rows(rows.n_rows)
        self._generators = generators
        players = objective.players(net)
        self._turns = [Turn(player, config) for player in players]
        self._hooks = [hook for player in players for hook in player.hooks]
        self.weighting = row_weighting(net, objective, config.robust)

    def begin(self, epoch: int) -> None:
        """Let the players change what they change between epochs."""
        for hook in self._hooks:
            hook.begin_epoch(epoch, self._rows, self._generators)
        if processes() > 1:
            fill(self._net, map(agreed, tensors(self._net)))

    @property
    def settled(self) -> bool:
        """Whether the objective can be compared with that of later epochs."""
        return all(hook.settled for hook in self._hooks)

    def learn(self, epoch: int) -> None:
        """Let every player move on every batch once."""
        order = self._rows.shuffled(self._generators)
        whole = self._batch_size * processes()
        own = order if processes() == 1 else own_rows(order, whole)
        batches = self._rows.batches(own, self._batch_size)
        starts = range(0, self._rows.n_rows, whole)
        for batch, index, start in zip(batches, own.split(self._batch_size, dim=1), starts, strict=False):
            with learning(part_of(min(whole, self._rows.n_rows - start))):
                self._move(batch, index, epoch)

    def _move(self, batch: Tensor, index: Tensor, epoch: int) -> None:
        for hook in self._hooks:
            hook.begin_batch(index)
        weights = self.weighting.weigh(batch, epoch)
        for turn in self._turns:
            turn.play(self._net, batch, weights, self._generators)
        self.weighting.update()

    def means(self) -> dict[str, NDArray[np.float64]]:
        """Read the epoch's means (K,) of each term: the one time that the device is waited for."""
        collected = [turn.collect() for turn in self._turns]
        sums = {name: value for terms, _ in collected for name, value in terms.items()}
        sums["objective"] = collected[0][1]
        means = {name: value / self._rows.n_rows for name, value in sums.items()}
        for hook in self._hooks:
            means |= hook.end_epoch()
        values = torch.stack(list(means.values())).cpu().double().numpy()
        return dict(zip(means, values, strict=True))

    def take_over(self) -> None:
        """Give the net the weights that score, and end its training."""
        fill(self._net, tensors(self.weighting.net))
        self._net.eval()

    def state(self) -> State:
        """Return all that the next epoch needs of this one."""
        return {
            "net": [tensor.detach().clone() for tensor in tensors(self._net)],
            "weighting": self.weighting.state(),
            "turns": [turn.state() for turn in self._turns],
            "hooks": [hook.state() for hook in self._hooks],
            "generators": [generator.get_state() for generator in self._generators],
        }

    def resume(self, state: State) -> None:
        """Go on from a state."""
        fill(self._net, state["net"])
        self.weighting.resume(state["weighting"])
        for turn, moments in zip(self._turns, state["turns"], strict=True):
            turn.resume(moments)
        for hook, held in zip(self._hooks, state["hooks"], strict=True):
            hook.resume(placed(held, self._generators[0].device))
        for generator, drawn in zip(self._generators, state["generators"], strict=True):
            generator.set_state(drawn)


def _finite(means: dict[str, NDArray[np.float64]], epoch: int) -> dict[str, NDArray[np.float64]]:
    for name, values in means.items():
        if not np.isfinite(values).all():
            raise UsageError(
                f"training diverged: '{name}' is {values[~np.isfinite(values)][0]} in epoch {epoch + 1}; "
                "scale the data, lower learning_rate or set training={'clip_norm': 1.0}"
            )
    return means
