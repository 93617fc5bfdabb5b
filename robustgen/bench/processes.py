"""Cells side by side in processes of this machine; one that dies costs its own cell only."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from robustgen.bench.cell import failed
from robustgen.bench.limits import expendable
from robustgen.bench.records import Record
from robustgen.bench.spec import Cell

Call = Callable[..., Record]
"""Runs one cell on a device to its record; it is sent to other processes."""


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
        with _interrupts_for_the_parent():
            return executor.submit(call, *arguments, **named)
    except BrokenExecutor as error:
        broken: Future[Record] = Future()
        broken.set_exception(error)
        return broken


@contextmanager
def _interrupts_for_the_parent() -> Iterator[None]:
    """Let processes that are started in the block be deaf to Ctrl-C from their first instant on.

    It reaches every process of a terminal: one that still imports libraries would answer by a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "NUMBA")
} | {"VECLIB_MAXIMUM_THREADS": "1"}
"""One thread a process from its start on; see :func:`robustgen.bench.limits.one_thread`."""

_IDLE_SECONDS = 60
"""Seconds without a cell after which a process ends; so none outlives a parent that was killed for long."""


def in_processes(cells: Sequence[Cell], call: Call, devices: Sequence[str | None]) -> Generator[Record]:
    """Yield records as cells end; where a process dies, find out which cell it was and go on.

    Parameters
    ----------
    cells
        What to run.
    call
        Runs one cell.
    devices
        The device of each process; None leaves the choice to the detectors.
    """
    waiting = deque(cells)
    while waiting:
        suspects = yield from _until_one_dies(waiting, call, devices)
        for cell in suspects:
            yield _alone(cell, call, devices[0])


def _until_one_dies(
    waiting: deque[Cell], call: Call, devices: Sequence[str | None]
) -> Generator[Record, None, list[Cell]]:
    """Yield records, and return the cells that a process may have died of, if one has."""
    suspects: list[Cell] = []
    rest: list[Cell] = []
    with _processes(len(devices)) as executor:
        for cell, future in dispatch(executor, call, waiting, devices):
            if isinstance(future.exception(), BrokenExecutor):
                suspects.append(cell)
                rest.extend(waiting)
                waiting.clear()
            else:
                yield future.result()
    waiting.extend(rest)
    return suspects


def _alone(cell: Cell, call: Call, device: str | None) -> Record:
    with _processes(1) as executor:
        try:
            return _submitted(executor, call, cell, device=device).result()
        except BrokenExecutor:
            return failed(cell, "the process died: out of memory, killed, or crashed")


@contextmanager
def _processes(number: int) -> Iterator[Executor]:
    """Give processes for the block; whatever they are doing, they do not outlive it."""
    from joblib.externals.loky import ProcessPoolExecutor

    executor = ProcessPoolExecutor(
        number,
        timeout=_IDLE_SECONDS,
        initializer=_live_for_the_parent,
        initargs=(os.getpid(),),
        env=_ONE_THREAD,
    )
    try:
        yield executor
    finally:
        executor.shutdown(kill_workers=True)


def _live_for_the_parent(parent: int) -> None:
    """End with the parent, and leave Ctrl-C to it, which reaches every process of a terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    expendable(parent)
