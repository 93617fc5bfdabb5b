"""Model files: what was fitted, as JSON and safetensors in one file, without pickle."""

from __future__ import annotations

from robustgen.storage.model import load, save

__all__ = ["load", "save"]
