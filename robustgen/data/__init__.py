"""Data sets by name or from files, and their corrupted draws; nothing here knows a detector."""

from __future__ import annotations

from robustgen.data.catalog import Entry, catalog, names
from robustgen.data.corruption import largest_corruption, outliers_needed
from robustgen.data.dataset import Dataset
from robustgen.data.files import read
from robustgen.data.sources import load
from robustgen.data.splits import Split, draw

__all__ = [
    "Dataset",
    "Entry",
    "Split",
    "catalog",
    "draw",
    "largest_corruption",
    "load",
    "names",
    "outliers_needed",
    "read",
]
