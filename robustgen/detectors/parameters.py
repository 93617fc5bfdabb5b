"""Checks of a detector's parameters, each with one clear line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

from robustgen._checks import UsageError, is_count, is_number, suggest
from robustgen.training import RobustTraining


def check_choice(name: str, value: Any, choices: Iterable[Any]) -> None:
    """Raise unless a parameter is one of some values.

    Examples
    --------
    >>> check_choice("loss", "l22", ["l2", "l21"])
    Traceback (most recent call last):
        ...
    robustgen._checks.UsageError: got loss='l22', expected one of 'l2', 'l21'; did you mean 'l2' or 'l21'?
    """
    known = list(choices)
    if value not in known:
        hint = (
            suggest(value, [one for one in known if isinstance(one, str)]) if isinstance(value, str) else ""
        )
        raise UsageError(f"got {name}={value!r}, expected one of {', '.join(map(repr, known))}{hint}")


def check_choices(name: str, values: Any, choices: Iterable[Any]) -> None:
    """Raise unless a parameter is a sequence of one or more of some values."""
    known = list(choices)
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise UsageError(f"got {name}={values!r}, expected a sequence of {', '.join(map(repr, known))}")
    for value in values:
        check_choice(name, value, known)


def check_count(name: str, value: Any, *, least: int = 1) -> None:
    """Raise unless a parameter is an integer of at least ``least``."""
    if not is_count(value, least):
        raise UsageError(f"got {name}={value!r}, expected an integer of {least} or more")


def check_at_least_zero(name: str, value: Any) -> None:
    """Raise unless a parameter is a number of at least 0."""
    if not is_number(value) or value < 0:
        raise UsageError(f"got {name}={value!r}, expected a number of 0 or more")


def check_share(name: str, value: Any, *, zero: bool = False) -> None:
    """Raise unless a parameter is a share in (0, 1], or 0 where that is one too."""
    share = float(value) if isinstance(value, Real) else math.nan
    if not (0 < share <= 1 or (zero and share == 0)):
        raise UsageError(f"got {name}={value!r}, expected a share in {'[' if zero else '('}0, 1]")


def check_ratio(name: str, value: Any) -> None:
    """Raise unless a parameter is a ratio of at least 1, or 0 for none."""
    if not isinstance(value, Real) or not (float(value) >= 1 or float(value) == 0):
        raise UsageError(f"got {name}={value!r}, expected a ratio of 1 or more, or 0")


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


def robust_training(value: Any) -> RobustTraining | None:
    """Return what the parameter ``robust`` asks for: the defaults, settings of one's own, or none.

    Examples
    --------
    >>> robust_training(True).keep
    0.5
    """
    if isinstance(value, RobustTraining):
        return value
    if not isinstance(value, bool):
        raise UsageError(f"got robust={value!r}, expected True, False or a RobustTraining")
    return RobustTraining() if value else None
