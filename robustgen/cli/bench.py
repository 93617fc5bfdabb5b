"""``robustgen bench``: run a suite, show how it goes and how it went, write the report."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from robustgen._files import shown
from robustgen._text import legible
from robustgen.cli.interrupts import interrupts_kept
from robustgen.cli.outputs import expect_own_folder, next_step
from robustgen.cli.publish import publish
from robustgen.cli.rows import row_options
from robustgen.cli.tables import table_options

if TYPE_CHECKING:
    from robustgen.bench.records import Record
    from robustgen.bench.spec import Suite
    from robustgen.reporting.display_tables import DisplayTable

_REPEATABLE = "may be given more than once"


def _numbers(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...]:
    try:
        return tuple(int(one) for one in value.split(",")) if value else ()
    except ValueError:
        raise click.BadParameter(f"got '{value}', expected whole numbers with commas, as 0,5,10,20") from None


def _list_suites(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Name the suites with their questions, and the detectors, and end."""
    if not value:
        return
    import textwrap

    from robustgen.bench.suites import built_in, read_suite
    from robustgen.registry import DETECTORS

    for name in built_in():
        click.echo(textwrap.fill(f"{name}: {read_suite(name).question}", 79, subsequent_indent="    "))
    names = ", ".join(DETECTORS)
    click.echo(textwrap.fill(f"\ndetectors: {names}", 79, subsequent_indent="    ", break_on_hyphens=False))
    next_step("robustgen bench --suite SUITE, or --dataset NAME --detector NAME")
    context.exit()


@click.group(invoke_without_command=True)
@click.option(
    "--corruption", type=float, multiple=True, help=f"Share of outliers in training; {_REPEATABLE}."
)
@click.option("--dataset", multiple=True, help=f"Data set, or NAME:test for a part; {_REPEATABLE}.")
@click.option(
    "--data", multiple=True, help=f"Table or array of your own, or folder of images or sounds; {_REPEATABLE}."
)
@click.option(
    "--label",
    multiple=True,
    help="Label column of the file: 0/1, or classes; one for all files, or for each.",
)
@table_options
@row_options
@click.option("--inlier-class", multiple=True, help=f"Class that is normal, or 'all' in turn; {_REPEATABLE}.")
@click.option("--detector", multiple=True, help=f"Detector, or package.module:Class; {_REPEATABLE}.")
@click.option(
    "--answers",
    callback=_numbers,
    help="Give detectors a person's answers for so many training rows, as 0,5,10,20.",
)
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    help=f"Rows that are judged: middles, random or suspicious; {_REPEATABLE}.  [default: all three]",
)
@click.option("--wrong", type=float, help="Also give answers of which this share is wrong.")
@click.option("--repetitions", type=int, help="Draws of each run.")
@click.option("--protocol", help="inductive, transductive or clean.")
@click.option("--corruption-of", help="What corruption is a share of: all rows, or the inliers.")
@click.option("--max-corruption", type=float, help="Largest corruption the draws are sized for.")
@click.option("--task", help="detection, or generation: samples are measured by a classifier.")
@click.option("--suite", "suite_name", help="Built-in suite, or FILE.toml.  [default: quick, or the task's]")
@click.option(
    "--output", type=click.Path(path_type=Path), help="Folder of the results.  [default: reports/runs/SUITE]"
)
@click.option(
    "--resume/--fresh", default=True, show_default=True, help="Add to earlier results, or set them aside."
)
@click.option("--jobs", type=int, help="Runs side by side.  [default: one a core, or all that a cluster can]")
@click.option("--backend", default="loky", show_default=True, help="loky: this machine; dask: a cluster.")
@click.option("--scheduler", help="Address of the cluster's scheduler, as tcp://10.0.0.1:8786.")
@click.option("--timeout", type=float, help="Seconds a run.")
@click.option("--memory-limit", help="Memory a run may take, as 4GiB.")
@click.option(
    "--device",
    help="cpu; cuda: each run a device of its own; cuda:0; ...  [default: each detector's choice]",
)
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_suites,
    help="List the built-in suites and the detectors that have a name.",
)
@click.option("--quiet", is_flag=True, help="No progress bar and no table.")
@click.pass_context
def bench(
    context: click.Context,
    /,
    suite_name: str | None,
    output: Path | None,
    resume: bool,
    jobs: int | None,
    backend: str,
    scheduler: str | None,
    device: str | None,
    quiet: bool,
    **changes: Any,
) -> None:
    """Train detectors on corrupted data and compare them.

    Without options, runs the suite `quick`. Options replace the suite's settings; earlier
    results of the suite are kept and added to. Every run computes on one thread, so that the number
    of jobs cannot change a result.
    """
    if context.invoked_subcommand is not None:
        return
    with interrupts_kept():
        import robustgen.bench.processes
        import robustgen.reporting.display_tables  # noqa: F401
        from robustgen.bench.choices import Choices
        from robustgen.bench.folder import RunFolder
        from robustgen.bench.runner import Options, run_suite
        from robustgen.bench.suites import read_suite
        from robustgen.cli.progress import Progress

    default = "generation" if changes["task"] == "generation" else "quick"
    suite = Choices(**changes).apply(read_suite(suite_name or default))
    folder = RunFolder(output or Path("reports", "runs", suite.name))
    expect_own_folder(_inputs(suite, suite_name), "--output", folder.path)
    options = Options(
        jobs=jobs,
        device=device,
        backend=backend,
        scheduler=scheduler,
        fresh=not resume,
        command=shlex.join(_command()),
    )
    with Progress(quiet=quiet) as progress:
        try:
            records = run_suite(
                suite, folder, options, on_plan=progress.on_plan, on_record=progress.on_record
            )
        except KeyboardInterrupt:
            done, total = progress.done, progress.total
            click.echo(f"stopped: {done} of {total} runs are done; the same command goes on", err=True)
            sys.exit(130)
    _conclude(suite, folder.path, records, quiet=quiet)


bench.add_command(publish)


def _inputs(suite: Suite, suite_name: str | None) -> list[Path]:
    """Return the files that a benchmark reads: its data, and the suite where it is a file of its own."""
    data = [Path(dataset.file.path) for dataset in suite.datasets if dataset.file]
    return [*data, Path(suite_name)] if suite_name and suite_name.endswith(".toml") else data


def _means(suite: Suite, records: Sequence[Record]) -> Iterator[DisplayTable]:
    """Yield the tables at the end."""
    from robustgen.reporting import answers, display_tables, samples, tables
    from robustgen.reporting.cells import SAMPLE_METRICS, cells

    if suite.task == "generation":
        yield samples.table(samples.summary(cells(records, SAMPLE_METRICS)))
        return
    without = [record for record in records if record.answering is None]
    yield display_tables.means(tables.summary(cells(without), baseline=suite.baseline))
    answered = answers.summary(records)
    if len(answered):
        yield answers.display_table(answered)


def _command() -> list[str]:
    return ["robustgen", *sys.argv[1:]]


def _conclude(suite: Suite, path: Path, records: Sequence[Record], *, quiet: bool) -> None:
    """Show the table, write the report, and fail if a run did."""
    from robustgen.reporting import build_report, terminal
    from robustgen.reporting.layout import answer
    from robustgen.reporting.run import read_run

    if not quiet and any(record.status == "ok" for record in records):
        for table in _means(suite, records):
            console = terminal.console()
            console.print(*terminal.terminals(table, console.width))
        click.echo(legible(answer(read_run(path))))
    click.echo(f"report: {build_report(path)}")
    if not quiet:
        next_step(f"open the report, or compare two: robustgen compare {shown(path)} OTHER")
    bad = [record for record in records if record.status != "ok"]
    if bad:
        first = bad[0]
        said = (
            f"Error: {len(bad)} of {len(records)} runs have no result, the first: {first.detector} on "
            f"{first.dataset}, {first.status}: {first.message} (all of them are in the report)"
        )
        click.echo(legible(said), err=True)
        sys.exit(1)
