"""The columns that our own commands append to a table, which are no part of what is to be learnt."""

from __future__ import annotations

from collections.abc import Sequence

CLEAN = ("verdict", "score", "p_value", "reason", "group")
"""What ``robustgen clean`` appends; without p-values where no folds are."""
SCORE = ("score", "p_value", "outlier", "reason")
"""What ``robustgen score`` appends; without p-values where the model has none, and reasons as asked for."""
PREFIX = "audit_"
"""What the columns of `CLEAN` are called by where a table has columns of their names."""

_APPENDED = (
    CLEAN,
    tuple(name for name in CLEAN if name != "p_value"),
    tuple(PREFIX + name for name in CLEAN),
    tuple(PREFIX + name for name in CLEAN if name != "p_value"),
    SCORE,
    SCORE[:-1],
    ("score", "outlier", "reason"),
    ("score", "outlier"),
)


def judged_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return which columns of a table are those that our commands append: the last ones, in order.

    Examples
    --------
    >>> judged_columns(["heat", "verdict", "score", "reason", "group"])
    ('verdict', 'score', 'reason', 'group')
    >>> judged_columns(["score", "heat"])
    ()
    """
    left = list(names)
    while ending := next((one for one in _APPENDED if tuple(left[-len(one) :]) == one), ()):
        del left[-len(ending) :]
    return tuple(names[len(left) :])
