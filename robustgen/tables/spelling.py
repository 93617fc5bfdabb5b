"""Which of a column's values are others with a slip of the hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LEAST_LETTERS = 4
"""Of a word in which a letter may be wrong: shorter ones are codes, and each of them is meant."""
WORDS = re.compile(r"[^\W\d_]{2,}")
CODES = re.compile(r"\d+|(?<![^\W\d_])[^\W\d_](?![^\W\d_])")
"""Numbers and single letters, as in "op-28" and "ward B"."""


def misspelt(values: Iterable[str], right: Iterable[str]) -> list[bool]:
    """Tell which values are spelt like one of the right ones.

    They are so where their words are the same but for capitals, spaces and signs, and, of four letters or
    more, one letter, left out, put in, exchanged or swapped with the next; their numbers and single letters
    are the same.

    Parameters
    ----------
    values, right : iterable of str
        The values, and those that are known to be right.

    Returns
    -------
    list of bool
        One a value.

    Examples
    --------
    >>> misspelt(["gdansk", "Gdansk?", "Gdnask", "Gdynia", "op-28"], ["Gdansk", "op-08"])
    [True, True, True, False, False]
    """
    known = {variant for value in right for variant in _variants(value)}
    return [any(variant in known for variant in _variants(value)) for value in values]


def _variants(value: str) -> Iterator[tuple[str, str]]:
    """Yield a value's words with no letter or one left out, and its codes: what slips have in common."""
    word, codes = "".join(WORDS.findall(value.casefold())), " ".join(CODES.findall(value.casefold()))
    if word:
        yield word, codes
    if len(word) >= LEAST_LETTERS:
        yield from ((word[:k] + word[k + 1 :], codes) for k in range(len(word)))
