"""Fuzzers: whatever bytes come in, rows come out or one line that says what is wrong.

They run seconds by fixed seeds; ``make fuzz`` runs ``ROBUSTGEN_FUZZ`` examples of each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from robustgen._checks import UsageError

EXAMPLES = int(os.environ.get("ROBUSTGEN_FUZZ", "100"))


def draws(name: str) -> Iterator[np.random.Generator]:
    """Yield a generator for each example, the same in every run."""
    for example in range(EXAMPLES):
        yield np.random.default_rng([example, *name.encode()])


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Return bytes with some of them changed, cut out, doubled or cut off."""
    some = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        start, length = rng.integers(len(some) + 1), rng.integers(1, 20)
        match rng.integers(5):
            case 0 | 1:
                some[start : start + length] = rng.bytes(length)
            case 2:
                del some[start : start + length]
            case 3:
                some[start:start] = some[: 4 * length]
            case 4 if rng.random() < 0.3:
                del some[start:]
    return bytes(some)


def rows_or_one_line(read: Callable[[], Any]) -> Any:
    """Return what is read, or None where it is refused as it should be."""
    try:
        return read()
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017
        assert len(str(error)) < 1000  # noqa: PT017
        return None
