"""What a cell may take: time and memory, each ended by an error inside the cell."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from robustgen._checks import UsageError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

GRACE = 10.0
"""Seconds beyond its limit after which a process is ended."""
PR_SET_PDEATHSIG = 1
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
    n_bytes = _status("VmHWM")
    return _peak_of_process() if n_bytes is None else n_bytes / 2**20


def _status(entry: str) -> int | None:
    """Return the bytes that the kernel states of this process; None where it states none."""
    try:
        found = re.search(rf"{entry}:\s+(\d+) kB", _STATUS.read_text())
    except OSError:
        return None
    return 1024 * int(found[1]) if found else None


def _peak_of_process() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


class OutOfTimeError(Exception):
    """A cell took longer than its suite allows."""


class OutOfMemoryError(Exception):
    """A cell asked for more memory than its suite allows."""


@contextmanager
def limits(seconds: float | None, n_bytes: int | None) -> Iterator[None]:
    """Keep the block to a time and to a memory; see `time_limit` and `memory_limit`."""
    with time_limit(seconds), memory_limit(n_bytes):
        yield


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTimeError` inside the block once it has taken so many seconds.

    It is raised between two steps of Python: a call into a library ends first. In the main thread an
    alarm of the system also wakes a call that waits; in other threads, and without alarms (Windows), a
    second thread watches the clock. A block that swallowed the error is out of time all the same when it
    ends, and in a process of :func:`expendable` it is ended from outside, 10 seconds late.
    """
    start = time.monotonic()
    with _hard_stop(seconds), _soft_stop(seconds):
        yield
    if seconds is not None and time.monotonic() - start > seconds:
        raise OutOfTimeError(f"given up after {seconds:g} s")


_expendable = False


def expendable(parent: int) -> None:
    """Declare that this process may be ended where nothing else stops a block, and end it with its parent.

    Parameters
    ----------
    parent : int
        The process that started this one.
    """
    global _expendable
    _expendable = True
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before it could be watched
            os._exit(1)


@contextmanager
def _hard_stop(seconds: float | None) -> Iterator[None]:
    """End the process by a thread of the interpreter's own, which no detector can hold up."""
    if seconds is None or not _expendable:
        yield
        return
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def _soft_stop(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTimeError` in the block."""
    in_main = threading.current_thread() is threading.main_thread()
    if seconds is None:
        yield
    elif in_main and hasattr(signal, "setitimer"):
        with _alarm(seconds):
            yield
    else:
        with _watch(seconds):
            yield


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTimeError(f"given up after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _watch(seconds: float) -> Iterator[None]:
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    here = ctypes.c_ulong(threading.get_ident())
    clock = threading.Timer(seconds, raise_in, (here, ctypes.py_object(OutOfTimeError)))
    clock.start()
    try:
        yield
    except OutOfTimeError:  # raised from outside, it carries no words
        raise OutOfTimeError(f"given up after {seconds:g} s") from None
    finally:
        clock.cancel()
        clock.join()
        raise_in(here, None)  # what was not delivered by now is taken back


def check_memory_limits() -> None:
    """Refuse limits where the system does not keep them.

    Raises
    ------
    UsageError
        Anywhere but on Linux.
    """
    if not sys.platform.startswith("linux"):
        raise UsageError(
            f"got a memory limit on {sys.platform}, expected Linux, which alone keeps it: leave it out"
        )


@contextmanager
def memory_limit(n_bytes: int | None) -> Iterator[None]:
    """Raise `OutOfMemoryError` inside the block once it asks for more memory than so many bytes.

    The kernel refuses what goes beyond (``RLIMIT_DATA``: the private, writable memory of the process), so
    that not even one huge array gets further. The block may have what its process holds already and so much
    more; memory that the process keeps for reuse, up to some MiB, is counted as held. Files in memory maps,
    shared memory and memory of GPUs do not count. A library that does not survive being refused memory
    takes the process with it.

    Parameters
    ----------
    n_bytes
        The limit; None for none.
    """
    if n_bytes is None:
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_held_bytes() + n_bytes, before[1]))
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _is_of_memory(error):
            raise
        raise OutOfMemoryError(f"it asked for more than {n_bytes / 2**20:,.0f} MiB of memory") from None
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _held_bytes() -> int:
    n_bytes = _status("VmData")
    if n_bytes is None:
        raise OSError(f"{_STATUS} does not say how much memory is held (VmData)")
    return n_bytes


def _is_of_memory(error: Exception) -> bool:
    """Say whether memory was refused; torch says so by a RuntimeError."""
    return isinstance(error, MemoryError) or "allocate memory" in str(error)


def parse_size(text: str) -> int:
    """Return the number of bytes that a text as "4GiB", "500 MB" or "1.5G" says.

    Raises
    ------
    UsageError
        If it is no size, or none above 0.

    Examples
    --------
    >>> parse_size("4GiB") == 4 * 2**30
    True
    >>> parse_size("500 MB")
    500000000
    """
    found = re.fullmatch(r"(\d+\.?\d*)\s*([kmgt]?)(i?)b?", text.strip(), re.IGNORECASE)
    size = (
        float(found[1]) * (1024 if found[3] else 1000) ** " kmgt".index(found[2].lower() or " ")
        if found
        else 0
    )
    if size < 1:
        raise UsageError(f"got a size of '{text}', expected a number with a unit: write 4GiB or 500MB")
    return int(size)
