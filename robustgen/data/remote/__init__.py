"""Data sets from public addresses: downloaded, verified, and packed into the user's cache."""

from __future__ import annotations

from robustgen.data.remote.cache import (
    CACHE_VARIABLE,
    OFFLINE_VARIABLE,
    cache_folder,
    cached,
    fetch,
    is_cached,
    rows_hash,
)

__all__ = ["CACHE_VARIABLE", "OFFLINE_VARIABLE", "cache_folder", "cached", "fetch", "is_cached", "rows_hash"]
