"""Learned inverses: from what is observed back to what caused it."""

from __future__ import annotations

from robustgen.inverse.regressor import InverseRegressor

__all__ = ["InverseRegressor"]
