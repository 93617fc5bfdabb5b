"""``robustgen score``: the rows of a file with their scores."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from robustgen._checks import UsageError
from robustgen._files import shown, whole_file
from robustgen.cli.answers import agreement, answers_option
from robustgen.cli.model import import_libraries
from robustgen.cli.outputs import expect_apart, next_step
from robustgen.cli.rows import row_options, summary
from robustgen.cli.tables import DataPath, expect_no_learning, table_options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from robustgen.cli.fitted_model import FittedModel
    from robustgen.data.files import TableOptions
    from robustgen.inputs import Input, RowOptions


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=DataPath())
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The scored rows.")
@click.option(
    "--explain",
    type=click.IntRange(min=1),
    metavar="N",
    help="Name the N columns that add most to the score.",
)
@click.option("--report", type=click.Path(path_type=Path), help="A page (.html) of the scored rows.")
@click.option("--fdr", type=float, help="Mark outliers so that this share of false alarms is expected.")
@answers_option
@row_options
@table_options
def score(
    model: Path,
    data: Path,
    output: Path,
    explain: int | None,
    report: Path | None,
    fdr: float | None,
    answers: Path | None,
    rows: RowOptions,
    tables: TableOptions,
) -> None:
    """Score the rows of DATA with MODEL.

    The rows of a table come back as they are, with the columns `score` (larger = more normal),
    `p_value` where MODEL was fitted with --calibration, `outlier`, and `reason` of the outliers
    where --explain is given. Scores of arrays, images and sounds are a CSV. DATA of any size is read in
    blocks, and as a whole where --report or --answers is given, which says how many of them MODEL agrees
    with.
    """
    import_libraries()
    import numpy as np

    from robustgen.cli.fitted_model import FittedModel, reasons
    from robustgen.inputs import Part, open_input

    if fdr is not None and not 0 < fdr < 1:
        raise UsageError(f"got --fdr {fdr}, expected a rate between 0 and 1, such as 0.1")
    expect_no_learning(tables)
    fitted = FittedModel.read(model).reading(tables)
    expect_apart([model, data, answers], {"--output": output, "--report": report})
    source = open_input(data, tables.reading(fitted.text_columns), rows, fitted.row_options)
    calibrated = ("p_value",) if fitted.calibrated else ()
    explained = () if explain is None else ("reason",)
    source.expect_scorable(output, ("score", *calibrated, "outlier", *explained))
    told = agreement(answers, data, tables)
    scores = fitted.scores(source)
    p_values = fitted.p_values(scores)
    outlier = fitted.outliers(scores, p_values, fdr)
    values = {"score": scores, **p_values, "outlier": outlier}
    if explain is not None:
        fitted.expect_columns(source)
        values["reason"] = reasons(fitted.model, source.blocks(), outlier, explain)
    with ExitStack() as stack:
        if report is not None:
            page = _page(fitted, source, scores, outlier, p_values.get("p_value"), fdr)
            stack.enter_context(whole_file(report)).write_text(page, encoding="utf-8")
        temporary = stack.enter_context(whole_file(output))
        source.write([Part(temporary, np.ones(scores.size, dtype=bool), values)])
    counts = f"{scores.size} rows, {np.count_nonzero(outlier)} outliers"
    if fdr is not None and (why := fitted.why_none(p_values, outlier, fdr)):
        click.echo(f"Warning: {why}", err=True)
    click.echo(f"{shown(output)}: {counts}{told(outlier)}{summary(source)}")
    next_step(f"look at the lowest scores, in {shown(output if report is None else report)}")


def _page(
    fitted: FittedModel,
    source: Input,
    scores: NDArray[np.float64],
    outlier: NDArray[np.bool_],
    p_values: NDArray[np.float64] | None,
    fdr: float | None,
) -> str:
    from robustgen.triage.pages import page_of
    from robustgen.triage.table_audit import audit_of_scores

    rows = source.whole()
    audit = audit_of_scores(
        fitted.model,
        rows,
        scores,
        outlier,
        name=shown(source.path.name),
        decided_by="the model's threshold" if fdr is None else f"at most {100 * fdr:.3g} % of these false",
        p_values=p_values,
        row_names=source.row_names(scores.size),
    )
    return page_of(audit).html()
