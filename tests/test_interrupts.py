"""An interrupt that falls into an import is raised when the import has ended, and no other waits."""

from __future__ import annotations

import importlib
import signal
import subprocess
import sys
import time

import pytest

from robustgen._interrupts import interrupts_between_imports

INTERRUPTED = "import signal\nsignal.raise_signal(signal.SIGINT)\nfinished = True\n"


@pytest.fixture(autouse=True)
def _heard():
    """A shell lets its background jobs, as the tests may be, ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_import_that_is_interrupted_ends_first(tmp_path, monkeypatch):
    (tmp_path / "an_interrupted_library.py").write_text(INTERRUPTED)
    monkeypatch.syspath_prepend(tmp_path)
    imported = []
    with pytest.raises(KeyboardInterrupt), interrupts_between_imports():
        imported.append(importlib.import_module("an_interrupted_library")) or time.sleep(60)
    assert imported[0].finished
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_any_other_interrupt_is_raised_at_once():
    with pytest.raises(KeyboardInterrupt), interrupts_between_imports():
        signal.raise_signal(signal.SIGINT)


def test_ignored_interrupts_stay_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_between_imports():
        signal.raise_signal(signal.SIGINT)


def test_a_command_that_is_interrupted_while_it_is_imported_says_so_in_one_line():
    code = (
        "import runpy, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def hook(event, given):\n"
        "    if event == 'import' and given[0] == 'click':\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "sys.addaudithook(hook)\n"
        "sys.argv[1:] = ['datasets', 'list']\n"
        "runpy.run_module('robustgen', run_name='__main__', alter_sys=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("stopped\n", 130)
