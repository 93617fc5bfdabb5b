"""``robustgen review``: a person judges a few rows, in the terminal or on a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from robustgen._checks import UsageError
from robustgen._files import expect_writable, shown, whole_file
from robustgen._text import legible
from robustgen.cli.interrupts import interrupts_kept
from robustgen.cli.model import Recipe, recipe_options
from robustgen.cli.outputs import expect_apart, next_step
from robustgen.cli.rows import row_options

if TYPE_CHECKING:
    from robustgen.cli.review_session import ReviewSession
    from robustgen.inputs import RowOptions
    from robustgen.reporting.review import Cell, Question

KEYS = {"n": "normal", "o": "outlier", "?": "unsure"}
PROMPT = "[n]ormal, [o]utlier, [?] not sure, [b]ack, [s]top: "


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("answers.csv"),
    show_default=True,
    help="The file of answers; what is in it already is kept.",
)
@click.option(
    "-n", "n_rows", type=click.IntRange(min=1), default=10, show_default=True, help="Rows to judge."
)
@click.option(
    "--page",
    type=click.Path(path_type=Path),
    help="Write a page (.html) to judge on, in place of asking here.",
)
@row_options
@recipe_options
def review(
    data: Path, output: Path, n_rows: int, page: Path | None, rows: RowOptions, recipe: Recipe
) -> None:
    """Judge a few rows of DATA, so that clean, fit and score know what is normal (--answers).

    The rows are the middles of the groups that DATA comes in, the largest group first. Each answer is written
    as it is given: come back and go on. Images, sounds (by their spectrograms) and clips are
    judged on a page.
    """
    if str(data) == "-":
        raise UsageError("got -, expected a file: the answers are read from the standard input")
    with interrupts_kept():
        from robustgen.cli.review_session import ReviewSession
        from robustgen.inputs import open_input

    expect_apart([data], {"--output": output, "--page": page})
    expect_writable(output if page is None else page)
    session = ReviewSession.opened(open_input(data, recipe.tables.reading(), rows), output, recipe)
    asked = session.asked(n_rows)
    if page is None and not session.pictures:
        _converse(session, asked)
        click.echo(session.summary())
        next_step(f"robustgen clean {shown(data)} -o judged.csv --answers {shown(output)}")
    else:
        page = page or Path("review.html")
        expect_apart([data], {"--output": output, "--page": page})
        _write_page(session, asked, page)


def _converse(session: ReviewSession, asked: Sequence[int]) -> None:
    at = 0
    while at < len(asked):
        question = session.question(asked[at])
        click.echo(legible(f"\n{question.heading} ({at + 1} of {len(asked)})\n{_shown(question)}"))
        key = _key()
        if key == "s":
            return
        if key == "b":
            at = max(at - 1, 0)
            continue
        session.record(asked[at], KEYS[key])
        at += 1


def _key() -> str:
    """Wait for a key that means something; the end of the input stops."""
    click.echo(PROMPT, nl=False)
    while (key := click.getchar().lower()) not in (*KEYS, "b", "s", ""):
        pass
    click.echo(key)
    return key or "s"


def _shown(question: Question) -> str:
    """Return a question as text: the group, and the columns in which the row is most unusual."""
    share = f"{100 * question.share:.2g} %"
    lines = [f"It stands for {question.n_rows:,} rows ({share}).", ""]
    normal = any(cell.normal for cell in question.cells)
    header = ("column", "this row", *(["nearest normal row"] if normal else []), "deviation")
    table = [header, *(_texts(cell, normal) for cell in question.cells)]
    widths = [max(len(line[j]) for line in table) for j in range(len(header))]
    lines += [
        "  " + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True))
        for line in table
    ]
    return "\n".join(line.rstrip() for line in lines)


def _texts(cell: Cell, normal: bool) -> tuple[str, ...]:
    return (cell.column, cell.value, *([cell.normal] if normal else []), f"{cell.deviation:+.1f}")


def _write_page(session: ReviewSession, asked: Sequence[int], path: Path) -> None:
    from robustgen.reporting.review import review_page

    kept = [[str(session.names[i]), said, session.contents[i]] for i, said in session.verdicts.items()]
    questions = [session.question(place) for place in asked]
    with whole_file(path) as temporary:
        temporary.write_text(review_page(session.source.path.name, questions, kept), encoding="utf-8")
    click.echo(f"{path}: {len(asked)} rows to judge; save answers.csv there, and give it as --answers")
    next_step(f"open {shown(path)}, then robustgen clean DATA -o judged.csv --answers answers.csv")
