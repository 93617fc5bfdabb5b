"""Where results come from: versions, machine, commit, command, and when."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from robustgen._files import whole_file

FILE_NAME = "manifest.json"
"""The file of a run folder that says how its records came about."""

_PACKAGES = ("robustgen", "torch", "scikit-learn", "pyod", "numpy", "scipy", "pandas", "joblib")


def surroundings(device: str | None) -> dict[str, Any]:
    """Return what a result may depend on besides its suite.

    Parameters
    ----------
    device
        The device that was asked for; None for the detectors' own choice.

    Returns
    -------
    dict
        "versions", "platform", "device" and "git" (commit and whether files differ from it, or
        None outside a checkout).
    """
    return {
        "versions": {"python": platform.python_version(), **_versions()},
        "platform": {
            "system": platform.platform(),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
        },
        "device": device or "auto",
        "git": _git(Path(str(files("robustgen"))).parent),
    }


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def write_manifest(path: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest so that a crash leaves the old one or the new one, never half of it."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _git(folder: Path) -> dict[str, Any] | None:
    """Return the commit of a checkout; None for an installed package or a machine without git."""
    if not (folder / ".git").exists():
        return None
    try:
        commit = _git_output(folder, "rev-parse", "HEAD")
        changed = _git_output(folder, "status", "--porcelain")
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "dirty": bool(changed)}


def _git_output(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
