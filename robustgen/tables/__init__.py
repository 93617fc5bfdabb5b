"""Tables of a user, with numbers, booleans, dates and categories, as the numbers that detectors take."""

from __future__ import annotations

from robustgen.tables.encoder import TableEncoder

__all__ = ["TableEncoder"]
