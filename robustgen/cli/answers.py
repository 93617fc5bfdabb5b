"""The option ``--answers``: what a person said of the rows of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
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
