"""The catalog: what is known of each data set before its file is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from robustgen.data.content import content_folder, read_toml
from robustgen.data.dataset import Kind


@dataclass(frozen=True)
class Entry:
    """One data set of the catalog.

    Parameters
    ----------
    name : str
        Its name, and that of its file without ``.npz``.
    kind : {"tabular", "image", "text", "embedding"}
        What the rows are.
    rows : int
        The number of rows.
    shape : tuple of int
        The shape of one row: ``(d,)`` for vectors, ``(H, W)`` for images.
    source : str
        The address that it comes from.
    licence : str
        The terms of its use.
    outlier_rate : float in [0, 1] or None
        The share of outliers, where it comes with outlier labels.
    classes : int or None
        The number of classes, where it comes with classes.
    class_names : tuple of str or None
        The names of the classes, where the labels alone would not say.
    sha256 : str or None
        The hash of the file; None for the sets that ship inside scikit-learn.
    aliases : tuple of str
        Shorter names that mean the same set.
    note : str
        What one should know before using it.
    """

    name: str
    kind: Kind
    rows: int
    shape: tuple[int, ...]
    source: str
    licence: str
    outlier_rate: float | None = None
    classes: int | None = None
    class_names: tuple[str, ...] | None = None
    sha256: str | None = None
    aliases: tuple[str, ...] = ()
    note: str = ""


def catalog() -> Mapping[str, Entry]:
    """Return every entry of ``datasets/catalog.toml`` under its name.

    Returns
    -------
    Mapping of str to Entry
        Read-only, in the order of the file.

    Examples
    --------
    >>> catalog()["digits"].classes
    10
    """
    return _read_catalog()


def names() -> tuple[str, ...]:
    """Return the names of all data sets in the catalog.

    Returns
    -------
    tuple of str
        In the order of the catalog, without the aliases.

    Examples
    --------
    >>> names()[:3]
    ('digits', 'breast_cancer', 'wine')
    """
    return tuple(catalog())


def find(name: str) -> Entry | None:
    """Return the entry called `name` or having it as an alias; None if there is none.

    Examples
    --------
    >>> find("cardio").name
    'ad_6_cardio'
    """
    entries = catalog()
    if name in entries:
        return entries[name]
    return next((entry for entry in entries.values() if name in entry.aliases), None)


def known_names() -> tuple[str, ...]:
    """Return all names and aliases, for the hint after a misspelt one."""
    return names() + tuple(alias for entry in catalog().values() for alias in entry.aliases)


@lru_cache(maxsize=1)
def _read_catalog() -> Mapping[str, Entry]:
    tables = read_toml(content_folder("datasets") / "catalog.toml")["dataset"]
    entries = (_entry(table) for table in tables)
    return MappingProxyType({entry.name: entry for entry in entries})


def _entry(table: dict[str, Any]) -> Entry:
    """Turn TOML's lists into the tuples of a frozen entry."""
    frozen: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}
    return Entry(**frozen)
