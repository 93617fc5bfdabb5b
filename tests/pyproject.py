"""What pyproject.toml declares."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT: dict[str, Any] = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text())[
    "project"
]


def package(requirement: str) -> str:
    """Return the name at the front of a requirement."""
    match = re.match(r"[\w.-]+", requirement)
    assert match
    return match.group()
