"""Checks of a detector's parameters, each with one clear line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from numbers import Real
from typing import Any, TypeVar

from robustgen._checks import UsageError, check_choice, check_count, is_number, suggest
from robustgen.training import RobustTraining

Settings = TypeVar("Settings", bound=Any)


def check_choices(name: str, values: Any, choices: Iterable[Any]) -> None:
    """Raise unless a parameter is a sequence of one or more of some values."""
    known = list(choices)
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise UsageError(f"got {name}={values!r}, expected a sequence of {', '.join(map(repr, known))}")
    for value in values:
        check_choice(name, value, known)


def check_share(name: str, value: Any) -> None:
    """Raise unless a parameter is a share in (0, 1]."""
    share = float(value) if isinstance(value, Real) else math.nan
    if not 0 < share <= 1:
        raise UsageError(f"got {name}={value!r}, expected a share in (0, 1]")


def check_contamination(value: Any) -> None:
    """Raise unless a contamination is "auto" or lies in (0, 0.5]."""
    automatic = isinstance(value, str) and value == "auto"
    if not automatic and (not is_number(value) or not 0 < value <= 0.5):
        raise UsageError(
            f"got contamination={value!r}, expected a share in (0, 0.5] or 'auto': "
            "the outliers are the minority"
        )


def check_dims(name: str, value: Any, *, least: int = 1) -> None:
    """Raise unless a parameter is a sequence of at least so many widths."""
    widths = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else None
    if widths is None or len(widths) < least:
        raise UsageError(f"got {name}={value!r}, expected a sequence of layer widths such as (64, 32)")
    for width in widths:
        check_count(name, width)


def settings(name: str, value: Any, usual: Settings) -> Settings:
    """Return the settings that a parameter asks for: the usual ones, these but for some, or one's own.

    Parameters
    ----------
    name : str
        The parameter.
    value : object
        ``None``, a dict of those that differ from the usual ones, or settings.
    usual : dataclass
        What ``None`` stands for.

    Raises
    ------
    UsageError
        When the value is something else, or names a setting that there is not.

    Examples
    --------
    >>> settings("robust", {"keep": 0.7}, RobustTraining()).keep
    0.7
    """
    kind = type(usual)
    if value is None:
        return usual
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise UsageError(f"got {name}={value!r}, expected a {kind.__name__} or a dict of its settings")
    known = [field.name for field in fields(usual)]
    for key in value:
        if key not in known:
            hint = suggest(str(key), known) or f"; known are {', '.join(known)}"
            raise UsageError(f"got the setting {key!r} of {name}, expected one of {kind.__name__}{hint}")
    return replace(usual, **value)


def robust_training(value: Any) -> RobustTraining | None:
    """Return what the parameter ``robust`` asks for: the defaults, settings of one's own, or none.

    Examples
    --------
    >>> robust_training(True).keep, robust_training({"keep": 0.7}).keep
    (0.5, 0.7)
    """
    if isinstance(value, bool):
        return RobustTraining() if value else None
    if not isinstance(value, RobustTraining | Mapping):
        raise UsageError(f"got robust={value!r}, expected True, False or a RobustTraining")
    return settings("robust", value, RobustTraining())
