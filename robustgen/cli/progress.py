"""The progress bar of a benchmark: on stderr, and only where somebody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from types import TracebackType
from typing import Any

import click
import rich.progress
from rich.console import Console

from robustgen.bench.records import Record
from robustgen.bench.runner import Plan


class Progress:
    """Shows a benchmark as it goes; its methods are the callbacks of `run_suite`.

    Parameters
    ----------
    quiet
        Show nothing but what needs attention.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.done = 0
        self.total = 0
        console = Console(stderr=True)
        self._bar = rich.progress.Progress(
            rich.progress.TextColumn("{task.completed:.0f}/{task.total:.0f} runs"),
            rich.progress.BarColumn(),
            rich.progress.TimeElapsedColumn(),
            rich.progress.TimeRemainingColumn(),
            rich.progress.TextColumn("{task.description}", markup=False),
            console=console,
            disable=quiet or not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, start=False, visible=False)

    def __enter__(self) -> Progress:
        if not self._bar.disable:  # an older rich prints a line for a bar that it does not show
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._bar.disable:
            self._bar.stop()

    def on_plan(self, plan: Plan) -> None:
        """Name damaged lines, and show how much there is to do."""
        for number, reason in plan.damaged:
            click.echo(f"Warning: line {number} of the records is passed over: {reason}", err=True)
        self.total = len(plan.cells)
        self.done = self.total - len(plan.missing)
        self._bar.start_task(self._task)
        self._bar.update(self._task, total=self.total, completed=self.done, visible=True)

    def on_record(self, record: Record) -> None:
        """Move on by one run."""
        self.done += 1
        which = f" {record.inlier_class}" if record.inlier_class is not None else ""
        now = f"{record.detector} on {record.dataset}{which} at {record.corruption:g}"
        self._bar.update(self._task, completed=self.done, description=now)


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """Yield what is called with each stage of a long command: a terminal shows it and its time."""
    console = Console(stderr=True)
    bar = rich.progress.Progress(
        rich.progress.SpinnerColumn(),
        rich.progress.TextColumn("{task.description}", markup=False),
        rich.progress.TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with bar if console.is_terminal else nullcontext():

        def show(stage: str) -> None:
            for task in bar.task_ids:
                bar.stop_task(task)
            bar.add_task(stage)

        yield show


def watched(blocks: Iterable[Any], about: int | None, label: str) -> Iterator[Any]:
    """Yield blocks of rows, and show on a terminal how many rows have gone by.

    Parameters
    ----------
    blocks
        Anything with a length, one after another.
    about
        How many rows they have together, if that is known.
    label
        What is done to them.
    """
    console = Console(stderr=True)
    bar = rich.progress.Progress(
        rich.progress.TextColumn(label),
        rich.progress.BarColumn(),
        rich.progress.TextColumn("{task.completed:,.0f} rows"),
        rich.progress.TimeElapsedColumn(),
        rich.progress.TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    with bar if console.is_terminal else nullcontext():
        task = bar.add_task(label, total=about)
        for block in blocks:
            yield block
            bar.advance(task, block.shape[0])
