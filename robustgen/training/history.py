"""What training remembers of each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from robustgen._checks import UsageError
from robustgen._storable import storable
from robustgen.nets.members import tensors


class Plateau:
    """Freeze each member once its objective has stopped falling, or a callback says so.

    Parameters
    ----------
    net : torch.nn.Module
        The net whose weights are kept.
    members : int
        K.
    patience : int or None
        Epochs without improvement that stop a member; ``None`` never stops.
    min_improvement : float
        Relative fall that counts as one.
    """

    def __init__(self, net: nn.Module, members: int, patience: int | None, min_improvement: float) -> None:
        self._net = net
        self._patience = patience
        self._min_improvement = min_improvement
        self._best = np.full(members, np.inf)
        self._waited = np.zeros(members, dtype=int)
        self._kept: dict[int, list[Tensor]] = {}

    def observe(self, objective: NDArray[np.float64]) -> None:
        """Take an epoch's objective (K,) in, and stop the members that have waited too long."""
        improved = _falls(objective, self._best, self._min_improvement)
        self._best = np.where(improved, objective, self._best)
        self._waited = np.where(improved, 0, self._waited + 1)
        if self._patience is not None:
            self._freeze(self._waited >= self._patience)

    def stop(self, answer: object) -> None:
        """Stop the members that a callback has answered: None is nobody, True all of them, or booleans (K,).

        Raises
        ------
        UsageError
            When the answer is something else.
        """
        stopped = np.asarray(False if answer is None else answer)
        if stopped.dtype != bool or stopped.shape not in ((), self._best.shape):
            raise UsageError(
                f"got {answer!r:.80} from a callback, expected None, True to stop the training, or "
                f"{len(self._best)} booleans, which members stop"
            )
        self._freeze(np.broadcast_to(stopped, self._best.shape))

    def _freeze(self, members: NDArray[np.bool_]) -> None:
        for k in np.flatnonzero(members):
            self._kept.setdefault(int(k), [tensor[k].detach().clone() for tensor in tensors(self._net)])

    @property
    def running(self) -> NDArray[np.bool_]:
        """Which members (K,) are still training."""
        return np.array([k not in self._kept for k in range(len(self._best))])

    def state(self) -> dict[str, Any]:
        """Return the best objectives, the epochs waited since, and the weights of stopped members."""
        return {
            "best": torch.from_numpy(self._best),
            "waited": torch.from_numpy(self._waited),
            "kept": self._kept,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._best, self._waited = state["best"].numpy(), state["waited"].numpy()
        self._kept = state["kept"]

    def restore(self) -> None:
        """Give every stopped member the weights that it stopped with."""
        for k, kept in self._kept.items():
            for tensor, value in zip(tensors(self._net), kept, strict=True):
                tensor.data[k] = value


def _falls(objective: NDArray[np.float64], best: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Tell where the objective is below the best by the share of its size (it may be negative)."""
    with np.errstate(invalid="ignore"):  # inf - inf in the first epoch
        margin = np.where(np.isfinite(best), share * np.abs(best), 0)
    return objective < best - margin


@storable
class History(Mapping[str, NDArray[np.float64]]):
    """The named terms of an objective, epoch by epoch and member by member.

    A mapping from a term's name to an array (epochs, K): the mean of the term over the rows
    that the epoch learnt from, before its weight. "objective" is the first player's weighted
    sum, by which a plateau is found.

    Parameters
    ----------
    members : int
        K, the number of nets that are trained at once.

    Attributes
    ----------
    stopped_at : ndarray of int, (K,)
        The number of epochs that each member was trained.

    Examples
    --------
    >>> history = History(members=2)
    >>> history.append({"reconstruction": np.array([0.5, 0.7])})
    >>> history["reconstruction"].shape
    (1, 2)
    """

    def __init__(self, members: int) -> None:
        self._epochs: list[dict[str, NDArray[np.float64]]] = []
        self.stopped_at = np.zeros(members, dtype=int)

    def append(self, means: dict[str, NDArray[np.float64]]) -> None:
        """Add an epoch.

        Parameters
        ----------
        means : dict of str to ndarray of float, (K,)
            Each term's mean, member by member, under its name.
        """
        self._epochs.append(means)

    @property
    def epochs(self) -> int:
        """The number of epochs remembered."""
        return len(self._epochs)

    @property
    def latest(self) -> dict[str, float]:
        """The last epoch's terms, each a mean over the members."""
        return {name: float(values.mean()) for name, values in self._epochs[-1].items()}

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return np.array([epoch[name] for epoch in self._epochs])

    def __iter__(self) -> Iterator[str]:
        return iter(self._epochs[0] if self._epochs else ())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getstate__(self) -> dict[str, Any]:
        return {"terms": {name: self[name] for name in self}, "stopped_at": self.stopped_at}

    def __setstate__(self, state: dict[str, Any]) -> None:
        terms = state["terms"]
        n_epochs = len(next(iter(terms.values()), ()))
        self._epochs = [{name: terms[name][epoch] for name in terms} for epoch in range(n_epochs)]
        self.stopped_at = state["stopped_at"]

    def state(self) -> dict[str, Any]:
        """Return the terms and the epochs of each member as tensors.

        Returns
        -------
        dict
            For :meth:`resume`.
        """
        terms = {name: torch.from_numpy(self[name]) for name in self}
        return {"terms": terms, "stopped_at": torch.from_numpy(self.stopped_at.copy())}

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a state.

        Parameters
        ----------
        state : dict
            What :meth:`state` returned.
        """
        terms = {name: values.numpy() for name, values in state["terms"].items()}
        self.__setstate__({"terms": terms, "stopped_at": state["stopped_at"].numpy()})

    def __repr__(self) -> str:
        return f"History(epochs={self.epochs}, terms={list(self)})"
