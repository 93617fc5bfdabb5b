"""``robustgen score``: the rows of a file with their scores."""

from __future__ import annotations

from pathlib import Path

import click

from robustgen._checks import UsageError
from robustgen.cli.answers import agreement, answers_option


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The scored rows.")
@click.option(
    "--explain", type=click.IntRange(min=1), metavar="N", help="Name the N columns that speak loudest."
)
@click.option("--fdr", type=float, help="Mark outliers so that this share of false alarms is expected.")
@answers_option
def score(
    model: Path, data: Path, output: Path, explain: int | None, fdr: float | None, answers: Path | None
) -> None:
    """Score the rows of DATA with MODEL.

    The rows of a table come back as they are, with the columns `score` (larger = more normal),
    `p_value` where MODEL was fitted with --calibration, `outlier`, and `reason` of the outliers
    where --explain is given. Scores of arrays and images are a CSV. DATA of any size is read in
    blocks, and as a whole where --answers is given, which says how many of them MODEL agrees with.
    """
    import numpy as np

    from robustgen.cli.fitted_model import FittedModel, reasons
    from robustgen.inputs import open_input

    if fdr is not None and not 0 < fdr < 1:
        raise UsageError(f"got --fdr {fdr}, expected a rate between 0 and 1, such as 0.1")
    judge = FittedModel.read(model)
    source = open_input(data, judge.text_columns)
    calibrated = () if judge.reference is None else ("p_value",)
    explained = () if explain is None else ("reason",)
    source.expect_scorable(output, ("score", *calibrated, "outlier", *explained))
    told = agreement(answers, data)
    scores = judge.scores(source)
    outlier = judge.outliers(scores, fdr)
    values = {"score": scores, **judge.p_values(scores), "outlier": outlier}
    if explain is not None:
        values["reason"] = reasons(judge.model, source, outlier, explain)
    source.write_scored(output, values)
    click.echo(f"{output}: {scores.size} rows, {np.count_nonzero(outlier)} outliers{told(outlier)}")
