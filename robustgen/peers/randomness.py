"""Other libraries draw from the global generators; here they do it without anybody noticing."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def isolated_randomness(seed: int) -> Iterator[None]:
    """Seed every global generator for the block, and give the caller's back afterwards.

    They are those of ``random``, of numpy, of torch where it is loaded (with its CUDA devices), and the
    variable ``PYTHONHASHSEED``, which PyOD sets although no running process reads it.

    Parameters
    ----------
    seed
        In [0, 2**32), numpy's range.

    Examples
    --------
    >>> before = random.getstate()
    >>> with isolated_randomness(0):
    ...     drawn = random.random()
    >>> random.getstate() == before
    True
    """
    torch = sys.modules.get("torch")
    python, numpy, hash_seed = random.getstate(), np.random.get_state(), os.environ.get("PYTHONHASHSEED")
    cpu = torch.get_rng_state() if torch else None
    devices = torch.cuda.get_rng_state_all() if torch and torch.cuda.is_initialized() else []
    random.seed(seed)
    np.random.seed(seed)
    if torch:
        torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        if torch:
            torch.set_rng_state(cpu)
            torch.cuda.set_rng_state_all(devices)
        _restore_hash_seed(hash_seed)


def _restore_hash_seed(value: str | None) -> None:
    if value is None:
        os.environ.pop("PYTHONHASHSEED", None)
    else:
        os.environ["PYTHONHASHSEED"] = value
