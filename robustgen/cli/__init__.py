"""The command line: thin files, one a command, that import what they need when they run."""

from __future__ import annotations

from robustgen.cli.main import main

__all__ = ["main"]
