"""What a cell may use and what it used: threads, time, memory."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


class OutOfTimeError(Exception):
    """A cell took longer than its suite allows."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the libraries loaded so far compute on one thread, and give the others back afterwards.

    A sum over several threads is rounded in another order, and a long training carries that into
    every digit: on one thread a result is the same however many cells run beside it. The cells of
    a suite keep the cores busy.
    """
    from threadpoolctl import threadpool_limits

    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 1
    with threadpool_limits(limits=1):
        if torch:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTimeError` inside the block once it has taken so many seconds.

    Does nothing without a limit, and where the system has no alarm to set (Windows, threads other
    than the main one).
    """
    in_main = threading.current_thread() is threading.main_thread()
    if seconds is None or not in_main or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTimeError(f"given up after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


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
