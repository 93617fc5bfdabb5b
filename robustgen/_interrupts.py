"""An interrupt at the wrong moment: it waits for the import that it fell into."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

PATIENCE = 0.05
"""Seconds after which an interrupt is sent again."""


@contextmanager
def interrupts_between_imports() -> Iterator[None]:
    """Raise no interrupt inside an import, but when it has ended.

    Libraries in C that are interrupted while they are imported answer with tracebacks of their own. Where
    interrupts are ignored, or somebody else's, they stay so.
    """
    main = threading.current_thread() is threading.main_thread()  # no other thread is interrupted
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupted(number: int, frame: FrameType | None) -> None:
    if not _is_import(frame):
        raise KeyboardInterrupt
    # not a Thread: what was interrupted may hold the locks that one needs to start
    _thread.start_new_thread(_interrupt_later, ())


def _is_import(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _interrupt_later() -> None:
    time.sleep(PATIENCE)
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:  # ends what the thread waits for, too
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
