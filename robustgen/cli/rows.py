"""The options of arrays and folders, which every command takes that reads them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from robustgen._checks import UsageError

if TYPE_CHECKING:
    from robustgen.inputs import Input

NAMED_FILES = 20


class Size(click.ParamType):
    """Height and width in pixels."""

    name = "HxW"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        """Read the option."""
        height, _, width = str(value).lower().partition("x")
        if (
            height.isdecimal()
            and width.isdecimal()
            and 0 < int(height) <= 10_000
            and 0 < int(width) <= 10_000
        ):
            return int(height), int(width)
        raise UsageError(f"got --resize {value}, expected height x width in pixels, such as 64x64")


def row_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a `RowOptions`, which it gets as its argument ``rows``."""

    @wraps(command)
    def with_rows(
        row_type: str | None,
        resize: tuple[int, int] | None,
        rate: int | None,
        seconds: float | None,
        mono: bool,
        skip_unreadable: bool,
        **others: Any,
    ) -> Any:
        from robustgen.inputs import RowOptions

        if seconds is not None and not 0 < seconds < float("inf"):
            raise UsageError(f"got --seconds {seconds:g}, expected how much of each sound is taken, as 2.5")
        given = RowOptions(row_type, resize, None, rate, seconds, mono, skip_unreadable)
        return command(rows=given, **others)

    options = (
        click.option(
            "--row-type",
            type=click.Choice(["signals", "clips"]),
            help="What the rows of an array are: signals (n, C, T), or clips (n, C, T, H, W).",
        ),
        click.option("--resize", type=Size(), help="Make all images this size: height x width, as 64x64."),
        click.option(
            "--rate", type=click.IntRange(1, 10_000_000), help="Resample all sounds to these points a second."
        ),
        click.option("--seconds", type=float, help="Take so much of the beginning of each sound."),
        click.option("--mono", is_flag=True, help="Average the channels of each sound."),
        click.option(
            "--skip-unreadable", is_flag=True, help="Pass over files that cannot be read, and name them."
        ),
    )
    for option in reversed(options):
        with_rows = option(with_rows)
    return with_rows


def summary(source: Input) -> str:
    """Return what was passed over, to stand behind the summary of a command: nothing, or a line a file."""
    skipped = source.skipped()
    if not skipped:
        return ""
    more = [f"... and {len(skipped) - NAMED_FILES} more"] if len(skipped) > NAMED_FILES else []
    return "\n  ".join([f"; {len(skipped)} passed over:", *skipped[:NAMED_FILES], *more])
