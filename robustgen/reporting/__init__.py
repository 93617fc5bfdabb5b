"""From the records of a run to tables, figures and documents."""

from __future__ import annotations

from robustgen.reporting.build import build_report

__all__ = ["build_report"]
