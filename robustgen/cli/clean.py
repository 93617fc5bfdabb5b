"""``robustgen clean``: how each row of a file is judged and why; the rows that are removed on request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from robustgen._checks import UsageError
from robustgen._files import expect_writable, shown
from robustgen.cli.answers import answers_option, given_answers
from robustgen.cli.model import Recipe, import_libraries, left_out, one_line, recipe_options
from robustgen.cli.outputs import expect_apart, given_options, next_step
from robustgen.cli.rows import row_options, summary
from robustgen.cli.tables import DataPath, notes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from robustgen.inputs import Input, RowOptions
    from robustgen.triage.removal import Removal
    from robustgen.triage.table_audit import TableAudit

OUTPUTS = ("--output", "--remove", "--removed", "--report")
"""The options of which the page says its own."""
FEWEST = 6
"""Categories that are named of a column, those that lose most."""


@dataclass(frozen=True)
class Outputs:
    """Where results go.

    Attributes
    ----------
    output : Path
        The triaged rows, or the kept ones.
    removed, report : Path or None
        The removed rows, and the page.
    """

    output: Path
    removed: Path | None
    report: Path | None


@click.command()
@click.argument("data", type=DataPath())
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="All rows with the new columns; the kept rows where some are removed.",
)
@click.option(
    "--remove",
    metavar="RULE",
    help="Remove rows: a share such as 0.05, fdr=0.1, estimate (as many as there are at least), verdict (the "
    "outliers), or a .csv of decisions, as the page exports it.",
)
@click.option("--removed", type=click.Path(path_type=Path), help="The removed rows, with the new columns.")
@click.option("--report", type=click.Path(path_type=Path), help="A page (.html) to decide on.")
@click.option(
    "--folds",
    type=click.IntRange(min=0),
    help="Detectors that keep rows aside, for p-values; 0 goes without them. By default 5, and none for the "
    "default detector on tables and vectors, which has held-out scores of its own.",
)
@answers_option
@row_options
@recipe_options
def clean(
    data: Path,
    output: Path,
    remove: str | None,
    removed: Path | None,
    report: Path | None,
    folds: int | None,
    answers: Path | None,
    rows: RowOptions,
    recipe: Recipe,
) -> None:
    """Judge the rows of DATA: write them with verdict, score, p-value, reason and group, and remove none.

    A detector is trained on all rows, robustly, and scores them. With --remove the kept rows of a table are
    copied unchanged; of a folder the files are. DATA is read twice: to learn from, and to copy.
    """
    import_libraries()
    from robustgen.cli.progress import stages
    from robustgen.data.files import expect_there
    from robustgen.inputs import open_input
    from robustgen.triage.removal import NO_P_VALUES, ByPerson, ByRate, parse_removal
    from robustgen.triage.table_audit import audited

    if removed is not None and remove is None:
        raise UsageError("got --removed without --remove: say what to remove, such as --remove estimate")
    if folds == 1:
        raise UsageError("got --folds 1, expected 0 or a number of 2 or more: each keeps some rows aside")
    rule = None if remove is None else parse_removal(remove)
    decisions = rule.path if isinstance(rule, ByPerson) else None
    if decisions is not None:
        expect_there(decisions)
    if isinstance(rule, ByRate) and folds == 0:
        raise UsageError(NO_P_VALUES)
    paths = Outputs(output, removed, report)
    expect_apart([data, answers, decisions], {"--output": output, "--removed": removed, "--report": report})
    source = open_input(data, recipe.tables.reading(), rows)
    _expect_writable(source, paths, removing=rule is not None)
    with stages() as stage:
        stage("reading")
        X = source.whole()
        model = recipe.build(source)
        prefix = _prefix(source, paths, removing=rule is not None)
        with one_line():
            audit = audited(
                model,
                X,
                given_answers(answers, X),
                name=shown(data.name),
                contamination=recipe.contamination,
                n_folds=folds,
                random_state=recipe.random_state,
                on_stage=stage,
            )
        audit = replace(audit, row_names=source.row_names(len(audit.rows)))
        marked = None if rule is None else rule.rows(audit, X)
        stage("writing")
        _write(source, audit, X, marked, prefix, paths)
    notes(audit.model)
    click.echo(f"{shown(output)}: {_counts(audit, rule, marked)}{left_out(audit.model)}{summary(source)}")
    if rule is not None and marked is not None and not marked.any() and rule.why_none:
        click.echo(f"Warning: {rule.why_none}", err=True)
    for line in _shares(audit, marked):
        click.echo(line)
    next_step(_next(data, paths, removing=marked is not None))


def _next(data: Path, paths: Outputs, *, removing: bool) -> str:
    if removing:
        return f"robustgen fit {shown(paths.output)} -o model --calibration 0.3"
    kept = "kept" if data.is_dir() else f"kept{''.join(data.suffixes[-2:])}"
    again = f"robustgen clean {shown(data)} -o {kept}{given_options(*OUTPUTS)} --remove"
    if paths.report is not None:
        return f"decide on the page, save decision.csv there, and {again} decision.csv"
    return f"look at the lowest scores, or decide on a page (--report), then {again} fdr=0.1"


def _expect_writable(source: Input, paths: Outputs, *, removing: bool) -> None:
    """Raise before long work where a result could not be written; what the columns say comes later."""
    if removing:
        source.expect_writable(paths.output)
    for path in (paths.output, paths.removed, paths.report):
        if path is not None and not (removing and path is paths.output):
            expect_writable(path)


def _prefix(source: Input, paths: Outputs, *, removing: bool) -> str:
    """Return what stands before the names of the new columns: nothing, unless the file has some of them."""
    from robustgen.data.files.judged_columns import CLEAN, PREFIX

    names = CLEAN if source.tabular else CLEAN[:3]
    prefix = PREFIX if set(names) & set(source.column_names()) else ""
    written = paths.removed if removing else paths.output
    if written is not None:
        source.expect_scorable(written, [prefix + name for name in names])
    return prefix


def _write(
    source: Input,
    audit: TableAudit,
    rows: Any,
    marked: NDArray[Any] | None,
    prefix: str,
    paths: Outputs,
) -> None:
    """Write all results, and let them appear together once the input is known to be what was read."""
    import numpy as np

    from robustgen._files import whole_file
    from robustgen.inputs import Part
    from robustgen.triage.pages import page_of

    values = {prefix + str(name): audit.rows[name].to_numpy() for name in audit.rows}
    with ExitStack() as stack:
        if marked is None:
            every = np.ones(len(audit.rows), dtype=bool)
            parts = [Part(stack.enter_context(whole_file(paths.output)), every, values)]
        else:
            parts = [Part(stack.enter_context(source.staged(paths.output)), ~marked)]
        if marked is not None and paths.removed is not None:
            parts.append(Part(stack.enter_context(whole_file(paths.removed)), marked, values))
        if paths.report is not None:
            page = page_of(audit, given_options(*OUTPUTS)).html()
            stack.enter_context(whole_file(paths.report)).write_text(page, encoding="utf-8")
        source.write(parts)


def _counts(audit: TableAudit, rule: Removal | None, marked: NDArray[Any] | None) -> str:
    if rule is None or marked is None:
        return f"{audit.sentence}; none removed, see --remove"
    removed = int(marked.sum())
    return f"{marked.size - removed} {audit.noun} kept, {removed} removed by {rule.rule}"


def _shares(audit: TableAudit, marked: NDArray[Any] | None) -> Iterator[str]:
    """Yield what each category would lose, a line a column, and a warning for each that loses too much."""
    from robustgen.reporting.formatting import percent

    shares = audit.shares if marked is None else audit.shares_of(marked)
    would_lose = "would lose" if marked is None else "loses"
    for name, lines in shares.groupby("column", sort=False):
        worst = lines.sort_values("share_removed", ascending=False, kind="stable").head(FEWEST)
        texts = [f"{line.value} {percent(line.share_removed)}" for line in worst.itertuples()]
        more = f", and {len(lines) - len(worst)} more" if len(lines) > len(worst) else ""
        yield f"  {name} {would_lose}: {', '.join(texts)}{more}"
    for line in shares[shares["flag"] != ""].itertuples():
        yield f"Warning: {line.column} = {line.value} {line.flag}: {line.removed} of {line.n_rows} rows"
