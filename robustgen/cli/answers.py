"""The option ``--answers``: what a person said of the rows of a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from robustgen.data.files import TableOptions
    from robustgen.detectors.answers import Answers

answers_option = click.option(
    "--answers",
    type=click.Path(path_type=Path),
    help="What you said of some rows in robustgen review (.csv).",
)


def given_answers(path: Path | None, rows: Any) -> Answers | None:
    """Return the answers of a file for rows as they were read, or None where no file is named."""
    from robustgen.inputs.answers import answers_of, read_answers

    return None if path is None else answers_of(read_answers(path, rows))


def agreement(path: Path | None, data: Path, tables: TableOptions) -> Callable[[NDArray[Any]], str]:
    """Return what says of outliers (n,) how many of the answers for the rows of a file they agree with."""
    from robustgen.inputs import open_input
    from robustgen.inputs.answers import read_answers

    if path is None:
        return lambda outlier: ""
    verdicts = read_answers(path, open_input(data, tables.reading()).whole())
    sure = {place: verdict == "outlier" for place, verdict in verdicts.items() if verdict != "unsure"}
    return lambda outlier: (
        f"; agrees with {sum(outlier[place] == said for place, said in sure.items())} of {len(sure)} answers"
    )
