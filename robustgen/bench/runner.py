"""Runs the cells of a suite that have no result yet, side by side, and loses nothing.

The parent alone writes: each record is on the disk before the next one is taken. So a run may be
killed at any moment, and the next one does what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from robustgen._checks import UsageError, suggest
from robustgen.bench.folder import RunFolder, count_statuses
from robustgen.bench.limits import check_memory_limits, parse_size
from robustgen.bench.processes import one_a_device
from robustgen.bench.records import Record, RecordFile
from robustgen.bench.spec import Cell, Suite
from robustgen.registry import DETECTORS, build

OnRecord = Callable[[Record], None]
"""Called with each new record, in the order in which cells end."""

BACKENDS = ("loky", "dask")


@dataclass(frozen=True)
class Options:
    """How to run, as far as it does not change what comes out.

    Parameters
    ----------
    jobs
        The most cells that run side by side; None for one a core, or as many as the cluster can.
    device
        Where detectors that can choose compute: "cpu"; "cuda", each cell on a device of its own; "cuda:0",
        shared by all; ... None for their own choice.
    backend
        "loky", processes of this machine, or "dask", the workers of a cluster.
    scheduler
        The address of the cluster's scheduler, as ``"tcp://10.0.0.1:8786"``.
    fresh
        Whether earlier results are set aside instead of being added to.
    command
        The command line, for the manifest.
    """

    jobs: int | None = None
    device: str | None = None
    backend: str = "loky"
    scheduler: str | None = None
    fresh: bool = False
    command: str = ""

    def check(self) -> None:
        """Refuse what no machine could make right.

        Raises
        ------
        UsageError
            With the first fault.
        """
        if self.jobs is not None and self.jobs < 1:
            raise UsageError(f"got jobs = {self.jobs}, expected at least 1: leave it out for one a core")
        if self.backend not in BACKENDS:
            hint = suggest(self.backend, BACKENDS)
            raise UsageError(f"got backend '{self.backend}', expected 'loky' or 'dask'{hint}")
        if self.backend == "dask" and not self.scheduler:
            raise UsageError(
                "got backend 'dask' without a scheduler, expected its address: give one as tcp://10.0.0.1:8786"
            )
        if self.backend == "loky" and self.scheduler:
            raise UsageError(
                f"got scheduler '{self.scheduler}', expected none for backend 'loky': give --backend dask"
            )


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Parameters
    ----------
    cells
        Every cell of the suite.
    missing
        Those that have no good record yet; failed ones are tried again.
    damaged
        Lines of the record file that were passed over: number and reason.
    """

    cells: list[Cell]
    missing: list[Cell]
    damaged: list[tuple[int, str]]


OnPlan = Callable[[Plan], None]


def run_suite(
    suite: Suite,
    folder: RunFolder,
    options: Options | None = None,
    *,
    on_plan: OnPlan | None = None,
    on_record: OnRecord | None = None,
) -> list[Record]:
    """Run every cell of a suite that its folder has no result of.

    Parameters
    ----------
    suite
        What to run. It is checked whole before anything runs.
    folder
        Where results are kept.
    options
        How to run.
    on_plan
        Called once, before the first cell.
    on_record
        Called with each new record.

    Returns
    -------
    list of Record
        One for each cell of the suite, old and new, in the suite's order.

    Raises
    ------
    UsageError
        If the suite asks for what cannot be, or the folder holds another suite's results.
    """
    options = options or Options()
    options.check()
    cells = suite.cells()
    _check_detectors(suite)
    if options.backend == "loky":
        _check_machine(suite, options.device)
    with folder.locked():
        folder.begin(suite, command=options.command, device=options.device, fresh=options.fresh)
        plan = _plan(cells, folder)
        if on_plan:
            on_plan(plan)
        _run_missing(plan.missing, suite, folder, options, on_record)
        wanted = {cell.key: None for cell in cells}
        done = {record.key: record for record in folder.records()[0]}
        results = [done[key] for key in wanted if key in done]
        folder.finish(count_statuses(results))
    return results


def _check_detectors(suite: Suite) -> None:
    """Build what does not come from the registry unchanged, so that a wrong one is known at once."""
    for spec in suite.detectors:
        if DETECTORS.get(spec.name) != spec:
            build(spec)


def _check_machine(suite: Suite, device: str | None) -> None:
    """Refuse what this machine does not have before any cell asks for it."""
    if suite.memory_limit:
        check_memory_limits()
    if device is not None:
        from robustgen.training.device import choose_device

        choose_device(device)


def _plan(cells: list[Cell], folder: RunFolder) -> Plan:
    records, damaged = folder.records()
    good = {record.key for record in records if record.status == "ok"}
    return Plan(cells, [cell for cell in cells if cell.key not in good], damaged)


def _run_missing(
    missing: Sequence[Cell], suite: Suite, folder: RunFolder, options: Options, on_record: OnRecord | None
) -> None:
    results = _results(missing, suite, options)
    with RecordFile(folder.records_path) as file, closing(results):
        for record in results:
            file.append(record)
            if on_record:
                on_record(record)


def _results(cells: Sequence[Cell], suite: Suite, options: Options) -> Generator[Record]:
    """Yield records as cells end, in processes of this machine or on a cluster."""
    from robustgen.bench.cell import run_cell

    memory_limit = parse_size(suite.memory_limit) if suite.memory_limit else None
    call = partial(run_cell, timeout=suite.timeout, memory_limit=memory_limit)
    if options.scheduler:
        from robustgen.bench.cluster import on_cluster

        return on_cluster(cells, call, options.scheduler, jobs=options.jobs, device=options.device)
    from robustgen.bench.processes import in_processes

    return in_processes(cells, call, _places(options, len(cells)))  # a cell may take its process with it


def _places(options: Options, n_cells: int) -> list[str | None]:
    from joblib import cpu_count

    jobs = min(options.jobs or cpu_count(), n_cells)
    if options.device != "cuda":
        return [options.device] * jobs
    import torch

    return one_a_device(jobs, torch.cuda.device_count())
