"""A server for the tests of downloads."""

from __future__ import annotations

import threading

import pytest

from tests.data.remote.server import Server


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, into which may be downloaded."""
    monkeypatch.delenv("ROBUSTGEN_OFFLINE")
    monkeypatch.setenv("ROBUSTGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
