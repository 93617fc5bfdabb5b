"""Runs the cells of a suite that have no result yet, side by side, and loses nothing.

The parent alone writes: each record is on the disk before the next one is taken. So a run may be
killed at any moment, and the next one does what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass

from robustgen._checks import UsageError
from robustgen.bench.folder import RunFolder, count_statuses
from robustgen.bench.records import Record, RecordFile
from robustgen.bench.registry import DETECTORS, build
from robustgen.bench.spec import Cell, Suite

#: Called with each new record, in the order in which cells end.
OnRecord = Callable[[Record], None]


@dataclass(frozen=True)
class Options:
    """How to run, as far as it does not change what comes out.

    Parameters
    ----------
    jobs
        Cells that run side by side; None for one a core.
    device
        Where detectors that can choose compute: "cpu", "cuda", ...; None for their own choice.
    fresh
        Whether earlier results are set aside instead of being added to.
    command
        The command line, for the manifest.
    """

    jobs: int | None = None
    device: str | None = None
    fresh: bool = False
    command: str = ""


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
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"jobs must be at least 1, got {options.jobs}")
    cells = suite.cells()
    _check_detectors(suite)
    _check_device(options.device)
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


def _check_device(name: str | None) -> None:
    """Refuse a device that is not there before any cell asks for it."""
    if name is not None:
        from robustgen.training.device import choose_device

        choose_device(name)


def _plan(cells: list[Cell], folder: RunFolder) -> Plan:
    records, damaged = folder.records()
    good = {record.key for record in records if record.status == "ok"}
    return Plan(cells, [cell for cell in cells if cell.key not in good], damaged)


def _run_missing(
    missing: Sequence[Cell], suite: Suite, folder: RunFolder, options: Options, on_record: OnRecord | None
) -> None:
    results = _results(missing, options, suite.timeout)
    with RecordFile(folder.records_path) as file, closing(results):
        for record in results:
            file.append(record)
            if on_record:
                on_record(record)


def _results(cells: Sequence[Cell], options: Options, timeout: float | None) -> Generator[Record]:
    """Yield records as cells end. One job runs here; more run in processes of their own."""
    from joblib import cpu_count

    jobs = min(options.jobs or cpu_count(), len(cells))
    if jobs > 1:
        yield from _in_processes(cells, jobs, options.device, timeout)
        return
    from robustgen.bench.cell import run_cell

    for cell in cells:
        yield run_cell(cell, device=options.device, timeout=timeout)


def _in_processes(
    cells: Sequence[Cell], jobs: int, device: str | None, timeout: float | None
) -> Generator[Record]:
    """Run cells in processes; where a process dies, find out which cell it was and go on."""
    waiting = {cell.key: cell for cell in cells}
    while waiting:
        try:
            for record in _side_by_side(list(waiting.values()), jobs, device, timeout):
                del waiting[record.key]
                yield record
        except BrokenProcessPool:
            # Cells are handed out in order, so the one that killed its process is among the first.
            for cell in list(waiting.values())[: 3 * jobs]:
                del waiting[cell.key]
                yield _alone(cell, device, timeout)


def _side_by_side(
    cells: Sequence[Cell], jobs: int, device: str | None, timeout: float | None
) -> Generator[Record]:
    from joblib import Parallel, delayed, parallel_config

    from robustgen.bench.cell import run_cell

    # One thread a job from the start of its process on; see `resources.one_thread`.
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(
            n_jobs=jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs"
        )
        yield from parallel(delayed(run_cell)(cell, device=device, timeout=timeout) for cell in cells)


def _alone(cell: Cell, device: str | None, timeout: float | None) -> Record:
    from robustgen.bench.cell import failed

    try:
        return next(_side_by_side([cell], 2, device, timeout))
    except BrokenProcessPool:
        return failed(cell, "the process died: out of memory, killed, or crashed")
