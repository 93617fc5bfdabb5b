"""Cells on the workers of a dask cluster, on as many machines as have one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from robustgen._checks import UsageError
from robustgen._extras import optional
from robustgen.bench.cell import failed
from robustgen.bench.processes import Call, dispatch
from robustgen.bench.records import Record
from robustgen.bench.spec import Cell

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 30
"""Seconds to wait for the scheduler, and then for its first worker."""

_one_cell = threading.Lock()


def on_cluster(
    cells: Sequence[Cell], call: Call, scheduler: str, *, jobs: int | None, device: str | None
) -> Generator[Record]:
    """Yield records as cells end on the workers.

    A worker draws its rows itself: data sets are read where it runs. The cells of a worker that is lost
    go to others; one that took as many workers with it as the scheduler allows (its setting
    ``allowed-failures``) is recorded as failed.

    Parameters
    ----------
    cells
        What to run.
    call
        Runs one cell.
    scheduler
        The address of the scheduler, as ``"tcp://10.0.0.1:8786"``.
    jobs
        The most cells that the cluster has at a time; None for all of them.
    device
        Where detectors that can choose compute, on each worker.

    Raises
    ------
    UsageError
        If there is no dask.distributed, no scheduler at the address, no worker, one with several threads
        or without this package, or the scheduler is lost.
    """
    with _connected(scheduler) as client:
        executor = client.get_executor(pure=False)
        places = [device] * (jobs or len(cells))
        try:
            for cell, future in dispatch(executor, partial(_in_turn, call), deque(cells), places):
                yield _record(cell, future, scheduler)
        finally:
            executor.shutdown(wait=False)  # what has not ended is cancelled


def _record(cell: Cell, future: Future[Record], scheduler: str) -> Record:
    """Return what came of a cell; a detector's own errors are in its record, and others are the cluster's."""
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return failed(cell, "each worker that it ran on died: out of memory, killed, or crashed")
    except (CancelledError, OSError) as error:
        raise UsageError(f"the scheduler at '{scheduler}' is lost ({error}): run again to go on") from None
    except Exception as error:
        raise UsageError(
            f"a worker of '{scheduler}' cannot run cells ({type(error).__name__}: {error}): "
            f"does it have this version of robustgen, and the detectors?"
        ) from None


def _in_turn(call: Call, cell: Cell, device: str | None) -> Record:
    """Run one cell at a time in a process: generators, warnings and limits are the whole process's."""
    with _one_cell:
        return call(cell, device=device)


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    distributed = optional("distributed", "the backend 'dask'")
    try:
        client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no scheduler answers at '{scheduler}': {error}") from None
    with client:
        _check_workers(client, scheduler)
        yield client


def _check_workers(client: Client, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise UsageError(
            f"got no worker from the scheduler at '{scheduler}', expected one: "
            f"start one with dask worker {scheduler} --nthreads 1"
        ) from None
    threads: dict[str, Any] = client.nthreads()
    for worker, number in threads.items():
        if number > 1:
            raise UsageError(
                f"got the worker {worker} with {number} threads, expected one a process: "
                f"start it with --nthreads 1, and --nworkers {number} for as many processes"
            )
