"""Errors that a user can act on, and the little that words them alike."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any


class UsageError(ValueError):
    """An error whose text is one clear line: what was got, what was expected, what to do.

    Raised at the border, where a user's input comes in. The command line prints its text
    alone; in Python it is an ordinary ``ValueError``.
    """


def require(holds: bool, got: str, expected: str) -> None:
    """Raise a `UsageError` unless a condition holds.

    Examples
    --------
    >>> require(False, "decay=2", "a decay in [0, 1)")
    Traceback (most recent call last):
        ...
    robustgen._checks.UsageError: got decay=2, expected a decay in [0, 1)
    """
    if not holds:
        raise UsageError(f"got {got}, expected {expected}")


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the nearest known names as the end of a sentence, or an empty string.

    Examples
    --------
    >>> suggest("rsre", ["rsrae", "knn"])
    "; did you mean 'rsrae'?"
    >>> suggest("xyzzy", ["rsrae", "knn"])
    ''
    """
    near = difflib.get_close_matches(name.lower(), list(known), n=3, cutoff=0.5)
    if not near:
        return ""
    return "; did you mean " + " or ".join(f"'{one}'" for one in near) + "?"


def is_count(value: Any, least: int = 1) -> bool:
    """Tell whether a value is an integer of at least ``least``, Python's or numpy's.

    Examples
    --------
    >>> is_count(3), is_count(0, least=0), is_count(2.0), is_count(True)
    (True, True, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def is_number(value: Any) -> bool:
    """Tell whether a value is a real number, Python's or numpy's: infinity is one, NaN is none.

    Examples
    --------
    >>> is_number(0.5), is_number(float("nan")), is_number("0.5"), is_number(True)
    (True, False, False, False)
    """
    return isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)


def is_numeral(text: str) -> bool:
    """Tell whether text is a number.

    Examples
    --------
    >>> is_numeral("1e3"), is_numeral("1,5")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


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


def check_count(name: str, value: Any, *, least: int = 1) -> None:
    """Raise unless a parameter is an integer of at least ``least``."""
    if not is_count(value, least):
        raise UsageError(f"got {name}={value!r}, expected an integer of {least} or more")


def check_at_least_zero(name: str, value: Any) -> None:
    """Raise unless a parameter is a number of at least 0."""
    if not is_number(value) or value < 0:
        raise UsageError(f"got {name}={value!r}, expected a number of 0 or more")
