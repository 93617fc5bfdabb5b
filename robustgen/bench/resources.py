"""What a cell computes on and what it used: threads, memory."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the libraries loaded so far compute on one thread, and give the others back afterwards.

    A sum over several threads is rounded in another order, and a long training carries that into
    every digit: on one thread a result is the same however many cells run beside it. The cells of
    a suite keep the cores busy.
    """
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 1
    with _libraries(len(sys.modules)).limit(limits=1):
        if torch:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)


@lru_cache(maxsize=1)
def _libraries(n_modules: int) -> ThreadpoolController:
    """Find the libraries that compute on threads, once for what is imported: a small fit is faster."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def forget_peak_memory() -> None:
    """Let the next `peak_memory_mib` count from now, where the system can (Linux)."""
    try:
        _CLEAR.write_text("5")
    except OSError:  # no /proc, or a container that forbids it: the peak is that of the process
        return


def peak_memory_mib() -> float | None:
    """Return the largest resident memory of this process, in MiB; None where nobody counts it."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
    except OSError:
        return _peak_of_process()
    return int(found[1]) / 1024 if found else _peak_of_process()


def _peak_of_process() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
