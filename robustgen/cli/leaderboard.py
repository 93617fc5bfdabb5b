"""``robustgen leaderboard``: one page from published results."""

from __future__ import annotations

from pathlib import Path

import click

from robustgen.cli.interrupts import interrupts_kept
from robustgen.cli.outputs import expect_apart


@click.command()
@click.argument("files", metavar="FILES...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="The page to write, as page.html."
)
def leaderboard(files: tuple[Path, ...], output: Path) -> None:
    """Build a page that ranks the detectors of FILES, written by 'robustgen bench publish'.

    The page needs nothing beside it and no network. A cell that several files give counts once, by the first
    of them: name the most trusted first. What is given twice or at odds is said here and on the page.
    """
    with interrupts_kept():
        from robustgen._files import expect_writable
        from robustgen.reporting.leaderboard import read_leaderboard, write_leaderboard

    expect_apart(files, {"--output": output})
    expect_writable(output)
    board = read_leaderboard(files)
    write_leaderboard(board, output)
    for note in board.notes:
        click.echo(f"Warning: {note}", err=True)
    click.echo(f"leaderboard: {output}")
