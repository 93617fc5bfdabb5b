"""Errors that a user can act on, and the little that words them alike."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UsageError(ValueError):
    """An error whose text is one clear line: what was got, what was expected, what to do.

    Raised at the border, where a user's input comes in. The command line prints its text
    alone; in Python it is an ordinary ``ValueError``.
    """


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
