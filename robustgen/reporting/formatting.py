"""Numbers as readers see them: counts with their noun, shares, scores, corruptions."""

from __future__ import annotations

import math
from collections.abc import Sequence


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "set"), count(2, "repetition"), count(3, "class")
    ('1 set', '2 repetitions', '3 classes')
    """
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{ending}"


def score(value: float, digits: int = 3) -> str:
    """Return a score, or nothing where there is none.

    Examples
    --------
    >>> score(0.91249), score(float("nan"))
    ('0.912', '')
    """
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def percent(share: float) -> str:
    """Return a share in percent with at most three figures, or nothing where there is none.

    Examples
    --------
    >>> percent(0.5646), percent(0.005), percent(-0.5), percent(-0.0001), percent(float("nan"))
    ('56 %', '0.5 %', '\N{MINUS SIGN}50 %', '0 %', '')
    """
    if math.isnan(share):
        return ""
    tenths = round(100 * share, 1)
    digits = 0 if abs(tenths) >= 10 or tenths == int(tenths) else 1
    return f"{round(100 * share, digits) + 0.0:.{digits}f} %".replace("-", "\N{MINUS SIGN}")


def points(difference: float) -> str:
    """Return a difference of two scores in points, with its sign.

    Examples
    --------
    >>> points(0.0312), points(-0.2), points(-0.0001), points(float("nan"))
    ('+3.1', '\N{MINUS SIGN}20.0', '0.0', '')
    """
    if math.isnan(difference):
        return ""
    rounded = round(100 * difference, 1) + 0.0
    return f"{rounded:+.1f}".replace("-", "\N{MINUS SIGN}") if rounded else "0.0"


def seconds(value: float) -> str:
    """Return a time with three figures.

    Examples
    --------
    >>> seconds(0.0123), seconds(12.34), seconds(1234.5)
    ('0.0123', '12.3', '1234')
    """
    if math.isnan(value):
        return ""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names as a list in words, cut after `most`.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"]), listed(["a", "b", "c", "d"], most=2)
    ('a', 'a, b and c', 'a, b and 2 more')
    """
    shown = list(names[:most])
    if hidden := len(names) - len(shown):
        shown.append(f"{hidden} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
