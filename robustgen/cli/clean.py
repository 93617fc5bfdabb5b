"""``robustgen clean``: a file without its outliers, and a report that says which they were and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from robustgen._checks import UsageError
from robustgen._files import expect_writable
from robustgen.cli.answers import answers_option, given_answers
from robustgen.cli.model import Recipe, detector_of, one_line, recipe_options

if TYPE_CHECKING:
    from robustgen.inputs import Input

NAMED_COLUMNS = 3


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The kept rows.")
@click.option(
    "--removed", type=click.Path(path_type=Path), help="The removed rows, with score, p-value and reason."
)
@click.option(
    "--report", type=click.Path(path_type=Path), help="A page (.html) that says what was removed and why."
)
@answers_option
@recipe_options
def clean(
    data: Path,
    output: Path,
    removed: Path | None,
    report: Path | None,
    answers: Path | None,
    recipe: Recipe,
) -> None:
    """Write the rows of DATA that are taken as inliers, as they are.

    A detector is trained on all rows, robustly, and judges them. The kept rows of a table are copied
    unchanged; of a folder of images the files are.
    """
    import numpy as np

    from robustgen.cli.fitted_model import FittedModel
    from robustgen.inputs import open_input

    source = open_input(data)
    _expect_places(source, output, removed, report)
    model = recipe.build(source)
    rows = source.whole()
    with one_line():
        model.fit(rows, given_answers(answers, rows))
    judge = FittedModel(str(data), model)
    scores = judge.scores(source)
    outlier = judge.outliers(scores)
    values = _values(model, source, scores, outlier)
    if removed is not None:
        source.write_scored(removed, values, outlier)
    if report is not None:
        _write_report(report, source, model, values, outlier)
    source.write_kept(output, ~outlier)
    click.echo(f"{output}: {np.count_nonzero(~outlier)} rows kept, {np.count_nonzero(outlier)} removed")


def _expect_places(source: Input, output: Path, removed: Path | None, report: Path | None) -> None:
    """Raise before the long work where a result could not be written, or would overwrite another."""
    source.expect_writable(output)
    if removed is not None:
        source.expect_scorable(removed, ("score", "p_value", "reason"))
    if report is not None:
        expect_writable(report)
    paths = [path.resolve() for path in (output, removed, report) if path is not None]
    if len(set(paths)) < len(paths):
        raise UsageError("--output, --removed and --report name one file: give each a name of its own")


def _values(model: Any, source: Input, scores: Any, outlier: Any) -> dict[str, Any]:
    from robustgen.cli.fitted_model import reasons
    from robustgen.inference.p_values import conformal_p_values, trimmed

    reference = trimmed(scores, detector_of(model).contamination_interval_[0])
    values = {"score": scores, "p_value": conformal_p_values(scores, reference)}
    return values | ({"reason": reasons(model, source, outlier, NAMED_COLUMNS)} if source.tabular else {})


def _write_report(path: Path, source: Input, model: Any, values: dict[str, Any], outlier: Any) -> None:
    from robustgen._files import whole_file
    from robustgen.reporting.audit import Audited, audit_page

    detector = detector_of(model)
    audited = Audited(
        name=source.path.name,
        method=type(detector).__name__,
        names=source.row_names(outlier.size),
        values=values,
        outlier=outlier,
        threshold=detector.offset_,
        share=detector.contamination_,
        interval=detector.contamination_interval_,
        given=None if isinstance(detector.contamination, str) else detector.contamination,
    )
    with whole_file(path) as temporary:
        temporary.write_text(audit_page(audited), encoding="utf-8")
