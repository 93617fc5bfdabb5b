"""Detectors of other libraries behind this project's contract: larger scores are more normal.

Nothing of PyOD or scikit-learn is imported before a peer is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robustgen.peers.pyod import PyODPeer
    from robustgen.peers.sklearn import SklearnPeer
    from robustgen.peers.trimmed import Trimmed

__all__ = ["PyODPeer", "SklearnPeer", "Trimmed"]

_HOMES = {
    "PyODPeer": "robustgen.peers.pyod",
    "SklearnPeer": "robustgen.peers.sklearn",
    "Trimmed": "robustgen.peers.trimmed",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
