"""Hands cells to an executor, one for each free place, and takes back what has ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from queue import SimpleQueue
from typing import Any

from robustgen.bench.records import Record
from robustgen.bench.spec import Cell

#: Runs one cell on a device to its record; it is sent to other processes.
Call = Callable[..., Record]


def one_a_device(jobs: int, n_devices: int) -> list[str | None]:
    """Return the CUDA device of each place where a cell may run: no two places share one.

    Parameters
    ----------
    jobs
        The most cells side by side.
    n_devices
        The number of CUDA devices.

    Examples
    --------
    >>> one_a_device(jobs=8, n_devices=2)
    ['cuda:0', 'cuda:1']
    """
    return [f"cuda:{index}" for index in range(min(jobs, n_devices))]


def dispatch(
    executor: Executor, call: Call, waiting: deque[Cell], devices: Sequence[str | None]
) -> Generator[tuple[Cell, Future[Record]]]:
    """Yield each cell with its future as it ends.

    A place is taken from when a cell is handed out until it has ended; then its device is free for
    another. Cells that are taken out of `waiting` from outside are not handed out.

    Parameters
    ----------
    executor
        Where cells run.
    call
        Called there with a cell and its ``device``.
    waiting
        The cells, which leave it as they are handed out.
    devices
        The device of each place; None leaves the choice to the detector.
    """
    free = deque(devices)
    running: dict[Future[Record], tuple[Cell, str | None]] = {}
    ended: SimpleQueue[Future[Record]] = SimpleQueue()
    while waiting or running:
        while waiting and free:
            cell, device = waiting.popleft(), free.popleft()
            future = _submitted(executor, call, cell, device=device)
            running[future] = cell, device
            future.add_done_callback(ended.put)
        future = ended.get()
        cell, device = running.pop(future)
        free.append(device)
        yield cell, future


def _submitted(executor: Executor, call: Call, *arguments: Any, **named: Any) -> Future[Record]:
    """Submit; an executor that is broken by now gives a future that says so, as for running cells."""
    try:
        return executor.submit(call, *arguments, **named)
    except BrokenExecutor as error:
        broken: Future[Record] = Future()
        broken.set_exception(error)
        return broken
