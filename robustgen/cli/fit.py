"""``robustgen fit``: learn from a file, and write the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from robustgen._checks import UsageError
from robustgen._files import expect_writable, shown
from robustgen.cli.answers import answers_option, given_answers
from robustgen.cli.model import Recipe, detector_of, import_libraries, left_out, one_line, recipe_options
from robustgen.cli.outputs import expect_apart, next_step
from robustgen.cli.rows import row_options, summary
from robustgen.cli.series import SeriesOptions, series_options
from robustgen.cli.tables import DataPath, notes

if TYPE_CHECKING:
    from robustgen.inference.corruption import Corruption
    from robustgen.inputs import Input, RowOptions


@click.command()
@click.argument("data", type=DataPath())
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The model's file.")
@click.option(
    "--calibration", type=float, metavar="SHARE", help="Keep this share of the rows aside, for p-values."
)
@answers_option
@series_options
@row_options
@recipe_options
def fit(
    data: Path,
    output: Path,
    calibration: float | None,
    answers: Path | None,
    series: SeriesOptions,
    rows: RowOptions,
    recipe: Recipe,
) -> None:
    """Learn what the rows of DATA have in common, outliers among them or not.

    DATA is a table (.csv, .tsv, these with .gz, .bz2, .xz or .zip, .jsonl, .parquet, .feather, .xlsx, or
    - for the standard input), an .npy or .npz file or a folder of images or sounds. Numbers, booleans,
    dates and categories of a table are all used; the model remembers how they are written. With --window
    the rows are the points of a series, each of which is scored.
    """
    import_libraries()
    from robustgen.cli.progress import stages
    from robustgen.inputs import open_input
    from robustgen.storage import save

    if answers is not None and series.window is not None:
        raise UsageError("got --answers and --window, expected one: points of a series are not judged")
    if answers is not None and calibration is not None:
        raise UsageError(
            "got --answers and --calibration, expected one: rows kept aside cannot be asked about"
        )
    if calibration is not None and not 0 < calibration < 1:
        raise UsageError(f"got --calibration {calibration}, expected a share of the rows, such as 0.3")
    expect_apart([data, answers], {"--output": output})
    expect_writable(output)
    source = open_input(data, recipe.tables.reading(), rows)
    with stages() as stage:
        stage("reading")
        X = source.whole()
        model = _model(recipe, source, series, calibration)
        stage(f"learning from {X.shape[0]:,} rows")
        with one_line():
            model.fit(X, given_answers(answers, X))
        fitted = model.parts_[0].detector if hasattr(model, "parts_") else model
        share, (lower, upper) = _judged(fitted, recipe.contamination, answered=answers is not None)
        stage("saving")
        save(model, output)
    notes(fitted)
    click.echo(
        f"{shown(output)}: {type(detector_of(fitted)).__name__} of {X.shape[0]} rows; "
        f"estimated contamination {100 * share:.1f} % ({100 * lower:.1f} to {100 * upper:.1f})"
        f"{left_out(fitted)}{summary(source)}"
    )
    next_step(f"robustgen score {shown(output)} NEW_ROWS -o scored.csv --report page.html")


def _judged(fitted: Any, contamination: float | str, *, answered: bool) -> Corruption:
    """Let the model of a table mark the rows that ``clean`` calls outliers; return their estimated share."""
    from robustgen.inference.corruption import Corruption
    from robustgen.triage.verdict import verdict

    detector = detector_of(fitted)
    if detector is fitted:
        return Corruption(detector.contamination_, detector.contamination_interval_)
    found = verdict(detector, detector.training_scores_, contamination, by_score=not answered)
    detector.offset_ = found.threshold
    return found.estimate


def _model(recipe: Recipe, source: Input, series: SeriesOptions, calibration: float | None) -> Any:
    """Return the unfitted model: of a series, or of rows, some of which may be kept aside."""
    from robustgen.inference.conformal import ConformalDetector

    if series.window is not None:
        return series.model(recipe, calibration)
    model = recipe.build(source)
    if calibration is None:
        return model
    return ConformalDetector(model, calibration=calibration, random_state=recipe.random_state)
