"""``robustgen clean``: a file without its outliers, and a report that says which they were and why."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from robustgen._files import expect_writable, shown
from robustgen.cli.answers import answers_option, given_answers
from robustgen.cli.images import image_options, summary
from robustgen.cli.model import Recipe, detector_of, import_libraries, one_line, recipe_options
from robustgen.cli.outputs import expect_apart
from robustgen.cli.tables import DataPath, notes

if TYPE_CHECKING:
    from robustgen.inputs import ImageReading, Input

NAMED_COLUMNS = 3


@click.command()
@click.argument("data", type=DataPath())
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The kept rows.")
@click.option(
    "--removed", type=click.Path(path_type=Path), help="The removed rows, with score, p-value and reason."
)
@click.option(
    "--report", type=click.Path(path_type=Path), help="A page (.html) that says what was removed and why."
)
@answers_option
@image_options
@recipe_options
def clean(
    data: Path,
    output: Path,
    removed: Path | None,
    report: Path | None,
    answers: Path | None,
    images: ImageReading,
    recipe: Recipe,
) -> None:
    """Write the rows of DATA that are taken as inliers, as they are.

    A detector is trained on all rows, robustly, and scores them. The kept rows of a table are copied
    unchanged; of a folder of images the files are. DATA is read twice: to learn from, and to be copied.
    """
    import_libraries()
    import numpy as np

    from robustgen.inputs import open_input

    expect_apart([data, answers], {"--output": output, "--removed": removed, "--report": report})
    source = open_input(data, recipe.tables.reading(), images)
    model = recipe.build(source)
    source.expect_writable(output)
    if report is not None:
        expect_writable(report)
    rows = source.whole()
    if removed is not None:
        source.expect_scorable(removed, ("score", "p_value", "reason"))
    with one_line():
        model.fit(rows, given_answers(answers, rows))
    notes(model)
    detector = detector_of(model)
    outlier = detector.training_scores_ < detector.offset_
    values = _values(model, rows if source.tabular else None, outlier)
    _write(source, model, outlier, values, (output, removed, report))
    counts = f"{np.count_nonzero(~outlier)} rows kept, {np.count_nonzero(outlier)} removed"
    click.echo(f"{shown(output)}: {counts}{summary(source)}")


def _values(model: Any, table: Any, outlier: Any) -> dict[str, Any]:
    from robustgen.cli.fitted_model import reasons
    from robustgen.inference.p_values import conformal_p_values, trimmed

    detector = detector_of(model)
    scores = detector.training_scores_
    reference = trimmed(scores, detector.contamination_interval_[0])
    values = {"score": scores, "p_value": conformal_p_values(scores, reference)}
    return values if table is None else values | {"reason": reasons(model, [table], outlier, NAMED_COLUMNS)}


def _write(
    source: Input,
    model: Any,
    outlier: Any,
    values: dict[str, Any],
    paths: tuple[Path, Path | None, Path | None],
) -> None:
    """Write all results, and let them appear together once the input is known to be what was read."""
    from robustgen._files import whole_file
    from robustgen.inputs import Part

    output, removed, report = paths
    with ExitStack() as stack:
        parts = [Part(stack.enter_context(source.staged(output)), ~outlier)]
        if removed is not None:
            parts.append(Part(stack.enter_context(whole_file(removed)), outlier, values))
        if report is not None:
            page = _page(source, detector_of(model), outlier, values)
            stack.enter_context(whole_file(report)).write_text(page, encoding="utf-8")
        source.write(parts)


def _page(source: Input, detector: Any, outlier: Any, values: dict[str, Any]) -> str:
    from robustgen.reporting.audit import Audited, audit_page

    audited = Audited(
        name=shown(source.path.name),
        method=type(detector).__name__,
        names=source.row_names(outlier.size),
        values=values,
        outlier=outlier,
        threshold=detector.offset_,
        share=detector.contamination_,
        interval=detector.contamination_interval_,
        given=None if isinstance(detector.contamination, str) else detector.contamination,
    )
    return audit_page(audited)
