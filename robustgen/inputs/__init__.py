"""A user's files as rows to learn from and to score, and the same rows written back."""

from __future__ import annotations

from robustgen.inputs.base import Input
from robustgen.inputs.opening import open_input

__all__ = ["Input", "open_input"]
