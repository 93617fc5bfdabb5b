"""What is remarkable in a table before any detector has looked at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

NAMED = 3
"""Values that a sentence names at most."""


@dataclass(frozen=True)
class Finding:
    """Something remarkable in a table.

    Attributes
    ----------
    kind : str
        What it is, such as "exact duplicates".
    columns : tuple of str
        Where; none where whole rows are meant.
    rows : tuple of int
        The places of the rows that it concerns, from 0; none where a column as a whole is meant.
    sentence : str
        The same for people.

    Examples
    --------
    >>> one = Finding("sentinel", ("flow",), (20, 21), "flow is -999 in 2 rows, far from all other numbers")
    >>> one.kind, len(one.rows)
    ('sentinel', 2)
    """

    kind: str
    columns: tuple[str, ...]
    rows: tuple[int, ...]
    sentence: str


def places(marked: Iterable[bool]) -> tuple[int, ...]:
    """Return where marks (n,) are set.

    Examples
    --------
    >>> places([False, True, True])
    (1, 2)
    """
    return tuple(np.flatnonzero(np.asarray(marked, dtype=bool)).tolist())


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, which takes an s but for 1.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def quoted(values: Iterable[object]) -> str:
    """Return some different values for a sentence, the most frequent first.

    Examples
    --------
    >>> quoted(["x", "?", "?", "-", "n/a"])
    "'?', 'x', '-' and others"
    """
    texts = [str(value) for value in values]
    different = sorted(set(texts), key=lambda text: (-texts.count(text), texts.index(text)))
    shown = ", ".join(f"'{text}'" for text in different[:NAMED])
    return f"{shown} and others" if len(different) > NAMED else shown
