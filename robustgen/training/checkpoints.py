"""What is left of a training that was cut off, and how it goes on from there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import nn

from robustgen._checks import UsageError, check_count
from robustgen._files import shown, whole_file
from robustgen.nets.draws import Generators
from robustgen.nets.members import tensors
from robustgen.nets.replicas import are_alike, processes
from robustgen.objectives.base import Rows
from robustgen.training.config import TrainingConfig

State = dict[str, Any]
"""Tensors, numbers, text, and lists and dicts of them: what a file holds without code."""


class Checkpoint:
    """The file of one training.

    Parameters
    ----------
    path : Path
        Where it is.
    every : int
        Epochs between two states.
    identity : dict
        What a training has to have in common with the one that is resumed.
    """

    def __init__(self, path: Path, every: int, identity: State) -> None:
        self._path = path
        self._every = every
        self._identity = identity

    def saved(self) -> State:
        """Return the states that were saved last, by the names of the parts: none where there is no file.

        Raises
        ------
        UsageError
            When the file is of another training, or damaged.
        """
        if not self._path.exists():
            return {}
        try:
            content = torch.load(self._path, map_location="cpu", weights_only=True)
            identity, state = content["identity"], content["state"]
        except (RuntimeError, UnpicklingError, EOFError, KeyError, TypeError):
            raise UsageError(f"'{shown(self._path)}' is no checkpoint, or it is damaged: remove it") from None
        other = [name for name, value in self._identity.items() if identity.get(name) != value]
        if other:
            raise UsageError(
                f"'{shown(self._path)}' is the checkpoint of another training (its {', '.join(other)} "
                "differ): give another folder, or the same rows, parameters and integer random_state"
            )
        return dict(state)

    def save(self, epochs: int, parts: Mapping[str, Any]) -> None:
        """Save the states of parts after so many epochs, when it is due: the file is replaced as a whole."""
        if epochs % self._every == 0:
            state = {name: part.state() for name, part in parts.items()}
            with whole_file(self._path) as temporary:
                torch.save({"identity": self._identity, "state": state}, temporary)


def placed(state: Any, device: torch.device) -> Any:
    """Return a state with its tensors on a device.

    Examples
    --------
    >>> placed({"counts": [torch.zeros(1)], "epoch": 3}, torch.device("cpu"))
    {'counts': [tensor([0.])], 'epoch': 3}
    """
    match state:
        case torch.Tensor():
            return state.to(device)
        case dict():
            return {name: placed(value, device) for name, value in state.items()}
        case list():
            return [placed(value, device) for value in state]
        case _:
            return state


class _NoCheckpoint:
    """What a training outside of a block has."""

    def saved(self) -> State:
        return {}

    def save(self, epochs: int, parts: Mapping[str, Any]) -> None:
        """Save nothing."""


class _Folder:
    """The checkpoints of the trainings in a block, in their order."""

    def __init__(self, path: Path, every: int) -> None:
        self.path = path
        self._every = every
        self._trainings = 0

    def next(self, identity: State) -> Checkpoint:
        self._trainings += 1
        return Checkpoint(self.path / f"training-{self._trainings}.pt", self._every, identity)

    def remove(self) -> None:
        for number in range(1, self._trainings + 1):
            (self.path / f"training-{number}.pt").unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()


_folder: ContextVar[_Folder | None] = ContextVar("robustgen_checkpoints", default=None)


@contextmanager
def checkpoints(folder: str | os.PathLike[str], *, every: int = 1) -> Iterator[None]:
    """Save the trainings in the block epoch by epoch, and go on where they were cut off before.

    Run the same program again after it was killed: trainings that had ended are taken from their files, and
    the one that was cut off goes on from its last state. On one CPU the result is that of an undisturbed run,
    to the last bit: weights, moments of the optimisers, averages, codebooks, sets and the states of all
    generators are saved. A block that ends well removes its files.

    Parameters
    ----------
    folder : str or path-like
        Where the files are, one a training; made where it is not there. Files are replaced as a whole: a
        process that is killed while it writes leaves the state before.
    every : int
        Epochs between two states.

    Yields
    ------
    None
        Functions of :func:`robustgen.training.each_epoch` are not called again for epochs that are taken from
        a file.

    Raises
    ------
    UsageError
        When the folder cannot be made; from ``fit``, when a file is of another training: other rows,
        parameters or seed. A detector without an integer ``random_state`` has another seed each time.

    Examples
    --------
    >>> import numpy as np
    >>> from tempfile import TemporaryDirectory
    >>> from robustgen import Autoencoder
    >>> from robustgen.training import checkpoints, each_epoch
    >>> X = np.random.default_rng(0).normal(size=(50, 4))
    >>> def power_cut(history):
    ...     if history.epochs == 3:
    ...         raise KeyboardInterrupt
    >>> with TemporaryDirectory() as folder:
    ...     try:
    ...         with checkpoints(f"{folder}/run"), each_epoch(power_cut):
    ...             Autoencoder(epochs=5, random_state=0).fit(X)
    ...     except KeyboardInterrupt:
    ...         with checkpoints(f"{folder}/run"):
    ...             resumed = Autoencoder(epochs=5, random_state=0).fit(X)
    >>> undisturbed = Autoencoder(epochs=5, random_state=0).fit(X)
    >>> bool((resumed.score_samples(X) == undisturbed.score_samples(X)).all())
    True
    """
    check_count("every", every)
    path = Path(folder)
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder '{shown(path)}' ({error.strerror}): name another") from None
    held = _Folder(path, every)
    token = _folder.set(held)
    try:
        yield
    finally:
        _folder.reset(token)
    held.remove()


def present_checkpoint(
    net: nn.Module, rows: Rows, config: TrainingConfig, generators: Generators
) -> Checkpoint | _NoCheckpoint:
    """Return where a training that begins is saved: nowhere outside of a block.

    Raises
    ------
    UsageError
        When replicas train other things, or would save what each has of its own.
    """
    folder = _folder.get()
    if processes() > 1:
        _expect_alike(folder, _identity(net, rows, config, generators))
    return _NoCheckpoint() if folder is None else folder.next(_identity(net, rows, config, generators))


def _expect_alike(folder: _Folder | None, identity: State) -> None:
    if folder is not None:
        raise UsageError("got checkpoints with data_parallel, which cannot be resumed: take one of them")
    digest = hashlib.sha256(repr(identity).encode()).digest()
    if not are_alike(int.from_bytes(digest[:7], "big")):
        raise UsageError(
            "got other rows, parameters or seeds in another process of data_parallel: give all of them the "
            "same, and an integer random_state"
        )


def _identity(net: nn.Module, rows: Rows, config: TrainingConfig, generators: Generators) -> State:
    places = torch.tensor([[0, rows.n_rows // 2, rows.n_rows - 1]]).expand(len(generators), -1)
    some = next(rows.batches(places, 3)).cpu().contiguous()
    return {
        "number of rows": rows.n_rows,
        "rows": hashlib.sha256(some.numpy().tobytes()).hexdigest(),
        "net": [list(tensor.shape) for tensor in tensors(net)],
        "training parameters": repr(config),
        "seed": [generator.initial_seed() for generator in generators],
    }
