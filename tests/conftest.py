"""No test may reach the network, or the cache of whoever runs it."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_network(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("ROBUSTGEN_OFFLINE", "1")
    monkeypatch.setenv("ROBUSTGEN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
