"""The options of a folder of images, which every command takes that reads one."""

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


def image_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of an `ImageReading`, which it gets as its argument ``images``."""

    @click.option("--resize", type=Size(), help="Make all images this size: height x width, as 64x64.")
    @click.option(
        "--skip-unreadable", is_flag=True, help="Pass over images that cannot be read, and name them."
    )
    @wraps(command)
    def with_images(resize: tuple[int, int] | None, skip_unreadable: bool, **others: Any) -> Any:
        from robustgen.inputs import ImageReading

        return command(images=ImageReading(size=resize, skip_unreadable=skip_unreadable), **others)

    return with_images


def summary(source: Input) -> str:
    """Return what was passed over, to stand behind the summary of a command: nothing, or a line a file."""
    skipped = source.skipped()
    if not skipped:
        return ""
    more = [f"... and {len(skipped) - NAMED_FILES} more"] if len(skipped) > NAMED_FILES else []
    return "\n  ".join([f"; {len(skipped)} passed over:", *skipped[:NAMED_FILES], *more])
