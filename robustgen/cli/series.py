"""The options that make a series of the rows of a file: ``--window`` and ``--time``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from robustgen._checks import UsageError
from robustgen.cli.tables import LEARNT

if TYPE_CHECKING:
    from robustgen.cli.model import Recipe


@dataclass(frozen=True)
class SeriesOptions:
    """How rows are a series.

    Attributes
    ----------
    window : int or None
        The points of a window; None where rows are no series.
    time : str or None
        The column with the time.
    """

    window: int | None
    time: str | None

    def model(self, recipe: Recipe, calibration: float | None) -> Any:
        """Return the unfitted model of a series, around the detector of a recipe."""
        from robustgen.series import SeriesDetector

        assert self.window is not None
        for option in LEARNT:
            if option in recipe.tables.given:
                raise UsageError(
                    f"got --{option} with --window, but a series has numbers in every column: leave it out"
                )
        return SeriesDetector(
            recipe.detector_alone(),
            window=self.window,
            time=self.time,
            contamination=recipe.contamination,
            calibration=calibration,
        )


def series_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a series, which it gets as its argument ``series``."""

    @click.option("--window", type=int, metavar="POINTS", help="Rows are a series: learn windows of it.")
    @click.option("--time", metavar="COLUMN", help="Of a series, the column that holds the time.")
    @wraps(command)
    def with_series(window: int | None, time: str | None, **others: Any) -> Any:
        if time is not None and window is None:
            raise UsageError(f"got --time {time} without --window, expected both, such as --window 64")
        return command(series=SeriesOptions(window, time), **others)

    return with_series
