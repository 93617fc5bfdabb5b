"""Ctrl-C at any moment of any command: one line, exit status 130, and no file but whole ones.

The signals are real and go to the whole group of a process, as a terminal sends them. Libraries are imported
once, in a server that the commands are forked from.
"""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from robustgen import VAE, TableEncoder, save
from tests.cli.test_outputs import content
from tests.hostile import EXAMPLES, draws
from tests.reporting import fabricate
from tests.reporting.fabricate import line

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no groups of processes")

MOMENTS = max(1, EXAMPLES // 100)
"""How often each command is stopped."""
SLOW_SUITE = """
name = "slow"
corruption = [0.3]
baseline = "centre"
[[dataset]]
name = "wine"
inlier_classes = [0]
[[detector]]
name = "endless"
use = "tests.bench.stubs:Endless"
[[detector]]
name = "centre"
use = "tests.bench.stubs:Centre"
"""
LONG_FIT = ("-d", "rsrae", "--set", "epochs=100000")
COMMANDS = {
    "fit": ("fit", "rows.csv", "-o", "m", *LONG_FIT),
    "clean": (
        "clean",
        "rows.csv",
        "-o",
        "k.csv",
        "--remove",
        "0.1",
        "--removed",
        "r.csv",
        "--report",
        "a.html",
        *LONG_FIT,
    ),
    "score": ("score", "model", "rows.csv", "-o", "s.csv", "--explain", "3"),
    "sample": ("sample", "model", "-n", "1000000", "-o", "s.csv"),
    "review": ("review", "rows.csv", "-o", "answers.csv"),
    "bench": ("bench", "--suite", "slow.toml", "--jobs", "2", "--output", "run"),
    "report": ("report", "done"),
    "compare": ("compare", "done", "done_too", "--output", "compared"),
}


def command_in(folder: Path, arguments: tuple[str, ...], terminal: str) -> None:
    """Run a command as a shell does: in a group of its own, in a folder, at a terminal."""
    from robustgen.cli import main

    hears_interrupts()
    os.setsid()
    os.chdir(folder)
    os.dup2(os.open(terminal, os.O_RDWR), 0)
    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder.parent / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    main(arguments, prog_name="robustgen")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    here = tmp_path_factory.mktemp("here") / "work"
    here.mkdir()
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(20_000, 4)), columns=list("abcd"))
    table.to_csv(here / "rows.csv", index=False)
    encoder = TableEncoder(categories="indicators")
    model = Pipeline([("table", encoder), ("detector", VAE(epochs=1, random_state=0))])
    save(model.fit(table[:100]), here / "model")
    (here / "slow.toml").write_text(SLOW_SUITE)
    for name in ("done", "done_too"):
        fabricate.write(here / name, [line("knn", "wine"), line("pca", "wine")], fabricate.manifest())
    return here


def stopped(forks, folder, name, after):
    """Start a command, interrupt its group, and return how it ended and what it said."""
    keyboard, terminal = pty.openpty()
    process = forks.Process(target=command_in, args=(folder, COMMANDS[name], os.ttyname(terminal)))
    process.start()
    try:
        while process.exitcode is None and os.getpgid(process.pid) != process.pid:
            time.sleep(0.01)
        process.join(after)
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(process.pid, signal.SIGINT)
        process.join(20)
        assert process.exitcode is not None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.join()
        os.close(keyboard)
        os.close(terminal)
    return process.exitcode, (folder.parent / "err").read_text()


def hears_interrupts() -> None:
    """Undo that a shell lets its background jobs, as the tests may be, ignore them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


SAID = re.compile(r"(stopped(: \d+ of \d+ runs are done; the same command goes on)?\n)?")
RESULTS = ("m", "k.csv", "r.csv", "a.html", "s.csv", "answers.csv", "run/", "done/", "done_too/", "compared/")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_stopped_says_so_in_one_line(forks, folder, name):
    before = content(folder)
    for rng, _ in zip(draws(name), range(MOMENTS), strict=False):
        code, said = stopped(forks, folder, name, rng.uniform(0.05, 1.0))
        assert SAID.fullmatch(said), said
        assert code == (130 if said else 0)
        after = content(folder)
        assert not [path for path in after if ".part" in path or ".report" in path]
        assert all(path.startswith(RESULTS) for path, _ in after.items() - before.items())


@pytest.mark.parametrize("after", [1.0, 2.0])
def test_an_interrupt_while_libraries_are_imported_is_one_line_and_leaves_no_file(tmp_path, after):
    rng = np.random.default_rng(0)
    pd.DataFrame(rng.normal(size=(3000, 4)), columns=list("abcd")).to_csv(tmp_path / "d.csv", index=False)
    command = [sys.executable, "-m", "robustgen", "clean", "d.csv", "-o", "k.csv", "--set", "epochs=100000"]
    with subprocess.Popen(
        [*command, "-d", "rsrae"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hears_interrupts,
    ) as started:
        with pytest.raises(subprocess.TimeoutExpired):
            started.wait(after)
        started.send_signal(signal.SIGINT)
        said = started.communicate()[1]
    assert said == "stopped\n"
    assert started.returncode in (130, -signal.SIGINT)  # to a shell both are 130
    assert [path.name for path in tmp_path.iterdir()] == ["d.csv"]
