"""From the options of a command to a model, and from a model to scores."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from robustgen._checks import UsageError, suggest
from robustgen.cli.interrupts import interrupts_kept
from robustgen.cli.tables import table_options

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from robustgen.data.files import TableOptions
    from robustgen.inputs import Input


@dataclass(frozen=True)
class Recipe:
    """What to learn with.

    Attributes
    ----------
    detector : str
        Name of a detector.
    contamination : str or float
        Its share of outliers, or "auto".
    random_state : int
        Its seed.
    settings : tuple of str
        "key=value" of its other parameters.
    tables : TableOptions
        How a table is read and encoded.
    """

    detector: str
    contamination: str | float
    random_state: int
    settings: tuple[str, ...]
    tables: TableOptions

    def build(self, source: Input) -> Any:
        """Return the unfitted model for rows: a detector, behind an encoder where the rows are a table's."""
        detector = self.detector_alone()
        if not source.tabular:
            if self.tables.given:
                option = min(self.tables.given).replace("_", "-")
                raise UsageError(f"'{source.path}' is no table: it has no columns, leave out --{option}")
            return detector
        from sklearn.pipeline import Pipeline

        categories = "indicators" if hasattr(detector, "sample") else "groups"  # new rows have cells
        return Pipeline(
            [("table", self.tables.encoder(source.column_names(), categories)), ("detector", detector)]
        )

    def detector_alone(self) -> Any:
        """Return the unfitted detector, with no encoder before it."""
        from robustgen.registry import DETECTORS, build, resolve

        own = [name for name, spec in DETECTORS.items() if spec.use.startswith("robustgen:")]
        if self.detector not in own:
            hint = suggest(self.detector, own) or f"; known are {', '.join(own)}"
            raise UsageError(f"no detector '{self.detector}' can be saved to a file{hint}")
        given = {"contamination": self.contamination, **_settings(self.settings)}
        return build(resolve(self.detector, parameters=given), random_state=self.random_state)


def _settings(texts: tuple[str, ...]) -> dict[str, Any]:
    """Read all "key=value"; "sets.outlier_share=0.1" is an entry of the dict ``sets``."""
    given: dict[str, Any] = {}
    for text in texts:
        key, value = _setting(text)
        *groups, name = key.split(".")
        place = given
        for group in groups:
            place = place.setdefault(group, {})
            if not isinstance(place, dict):
                raise UsageError(f"got --set {text} after --set {group}={place}, expected one of them")
        place[name] = value
    return given


def _setting(text: str) -> tuple[str, Any]:
    """Read "key=value"; the value is TOML (3, 0.5, true, [64, 32]), none, or else text."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"got --set {text}, expected key=value, such as epochs=50")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, None if value == "none" else value


class Contamination(click.ParamType):
    """A share, or "auto"."""

    name = "share"

    def convert(self, value: Any, param: Any, ctx: Any) -> str | float:
        """Read the option."""
        if value == "auto" or isinstance(value, float):
            return value
        try:
            return float(value)
        except ValueError:
            raise UsageError(f"got --contamination {value}, expected a share in (0, 0.5] or auto") from None


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a `Recipe`, which it gets as its argument ``recipe``."""

    @wraps(command)
    def with_recipe(
        detector: str,
        contamination: str | float,
        random_state: int,
        settings: tuple[str, ...],
        tables: TableOptions,
        **others: Any,
    ) -> Any:
        recipe = Recipe(detector, contamination, random_state, settings, tables)
        return command(recipe=recipe, **others)

    options = (
        click.option(
            "-d", "--detector", default="robust", show_default=True, help="robust, rsrae, maw, vae, ..."
        ),
        click.option(
            "--contamination",
            type=Contamination(),
            default="auto",
            show_default=True,
            help="Share of outliers; auto estimates it.",
        ),
        click.option("--random-state", type=int, default=0, show_default=True, help="Seed."),
        click.option(
            "--set",
            "settings",
            metavar="KEY=VALUE",
            multiple=True,
            help="Another parameter of the detector; group.key=value of a group of settings.",
        ),
        table_options,
    )
    for option in reversed(options):
        with_recipe = option(with_recipe)
    return with_recipe


def import_libraries() -> None:
    """Import what learns and scores, without an interrupt in between."""
    with interrupts_kept():
        import robustgen.cli.progress
        import robustgen.detectors
        import robustgen.inputs
        import robustgen.storage  # noqa: F401


@contextmanager
def one_line() -> Iterator[None]:
    """Let what scikit-learn refuses be an error of the user's, as what we refuse is."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from error


def detector_of(model: Any) -> Any:
    """Return the detector of a model, which is the last step of a pipeline."""
    return model[-1] if hasattr(model, "named_steps") else model


def left_out(model: Any) -> str:
    """Return which columns of a table were left out because they name their rows, for a summary."""
    names = model[0].identifiers_ if hasattr(model, "named_steps") else ()
    columns = ", ".join(f"'{name}'" for name in names)
    return f"; left out {columns}, with another value in nearly every row" if names else ""
