"""No test may reach the network, a user's cache, or chance; tests share the processes that they start."""

from __future__ import annotations

import io
from contextlib import nullcontext
from multiprocessing import get_context

import pytest
import torch
from PIL import Image


@pytest.fixture(autouse=True)
def _no_network(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("ROBUSTGEN_OFFLINE", "1")
    monkeypatch.setenv("ROBUSTGEN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def _no_chance():
    """Draw the same where a test draws from torch's global generator, whatever ran before it."""
    torch.default_generator.manual_seed(0)  # torch.manual_seed notes the stack for every kind of device


@pytest.fixture(scope="session")
def _workers():
    from joblib.externals.loky import ProcessPoolExecutor

    from robustgen.bench import processes

    executor = ProcessPoolExecutor(2, env=processes._ONE_THREAD)
    yield executor
    executor.shutdown(kill_workers=True)


@pytest.fixture
def shared_workers(_workers, monkeypatch):
    """Let runs of the bench share two processes, whose start takes seconds, where no test is of their end."""
    monkeypatch.setattr("robustgen.bench.processes._processes", lambda number: nullcontext(_workers))


@pytest.fixture(scope="session")
def forks():
    """Give processes that start with the libraries imported, which takes seconds otherwise."""
    context = get_context("forkserver")
    context.set_forkserver_preload(
        ["robustgen.cli.review_session", "robustgen.reporting.compare", "robustgen.storage"]
    )
    return context


@pytest.fixture
def without_drawings(monkeypatch):
    """Let the figures of a report be blank, where no test is of them: to draw them takes most of its time."""
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1)).save(buffer, format="png")
    blank = {"png": buffer.getvalue(), "svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'}
    monkeypatch.setattr(
        "robustgen.reporting.figures.svg._saved", lambda figure, **options: blank[options["format"]]
    )
