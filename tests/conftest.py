"""No test may reach the network, the cache of whoever runs it, or chance."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _no_network(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("ROBUSTGEN_OFFLINE", "1")
    monkeypatch.setenv("ROBUSTGEN_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(autouse=True)
def _no_chance():
    """Draw the same where a test draws from torch's global generator, whatever ran before it."""
    torch.manual_seed(0)
