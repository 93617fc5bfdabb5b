"""The catalog: what is known of each data set before its file is opened."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from robustgen._checks import UsageError, suggest
from robustgen.data.dataset import Kind

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def content_folder(name: str) -> Path:
    """Return the folder of content called `name`, in the wheel or in the checkout.

    Examples
    --------
    >>> (content_folder("datasets") / "catalog.toml").is_file()
    True
    """
    package = Path(str(files("robustgen")))
    inside = package / "_content" / name
    return inside if inside.is_dir() else package.parent / name


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    UsageError
        If there is no such file, or it is not TOML (with the line that breaks it).
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"there is no file '{path}'") from None
    except IsADirectoryError:
        raise UsageError(f"'{path}' is a folder, not a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"'{path}' is not valid TOML: {error}") from None


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set as it is published.

    Parameters
    ----------
    url : str
        Its address.
    hash : str or None
        ``"sha256:..."`` or ``"md5:..."``, where one is published; None where none is known.
    """

    url: str
    hash: str | None = None

    @property
    def name(self) -> str:
        """The name of the file without its address.

        Examples
        --------
        >>> RemoteFile("https://example.org/a/KDDTrain%2B.txt?download=1").name
        'KDDTrain+.txt'
        """
        return PurePosixPath(unquote(urlsplit(self.url).path)).name


@dataclass(frozen=True)
class Entry:
    """One data set of the catalog.

    Parameters
    ----------
    name : str
        Its name, and that of its file without ``.npz``.
    kind : {"tabular", "image", "signal", "clip", "text", "embedding"}
        What the rows are.
    shape : tuple of int
        The shape of one row: ``(d,)`` for vectors, ``(H, W)``, ``(H, W, C)`` or ``(C, H, W)`` for images.
    source : str
        The place that it comes from, for people.
    licence : str
        The terms of its use.
    rows : int or None
        The number of rows; None where only the download tells.
    outlier_rate : float in [0, 1] or None
        The share of outliers, where it comes with outlier labels.
    classes : int or None
        The number of classes, where it comes with classes.
    class_names : tuple of str or None
        The names of the classes, where the labels alone would not say.
    sha256 : str or None
        The hash of the file ``<name>.npz`` that our published results were made with, where there is one.
    rows_sha256 : str or None
        The hash of its rows, however the file is compressed; see `robustgen.data.remote.rows_hash`.
    files : tuple of RemoteFile
        What is downloaded.
    recipe : str or None
        The function of `robustgen.data.remote.recipes` that makes the arrays of the files; None for a
        set that cannot be built from its source, or ships inside scikit-learn.
    aliases : tuple of str
        Shorter names that mean the same set.
    note : str
        What one should know before using it.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    source: str
    licence: str
    rows: int | None = None
    outlier_rate: float | None = None
    classes: int | None = None
    class_names: tuple[str, ...] | None = None
    sha256: str | None = None
    rows_sha256: str | None = None
    files: tuple[RemoteFile, ...] = ()
    recipe: str | None = None
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


def entry_of(name: str) -> Entry:
    """Return the entry called `name` or having it as an alias.

    Raises
    ------
    UsageError
        If there is none, with the nearest names.
    """
    entry = find(name)
    if entry is None:
        raise UsageError(f"unknown dataset '{name}'{suggest(name, known_names())}")
    return entry


def known_names() -> tuple[str, ...]:
    """Return all names and aliases, for the hint after a misspelt one."""
    return names() + tuple(alias for entry in catalog().values() for alias in entry.aliases)


@lru_cache(maxsize=1)
def _read_catalog() -> Mapping[str, Entry]:
    tables = read_toml(content_folder("datasets") / "catalog.toml")["dataset"]
    entries = (_entry(table) for table in tables)
    return MappingProxyType({entry.name: entry for entry in entries})


def _entry(table: dict[str, Any]) -> Entry:
    """Turn TOML's lists into the tuples of a frozen entry, and its tables into files."""
    files = tuple(RemoteFile(**one) for one in table.pop("files", ()))
    frozen: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}
    return Entry(**frozen, files=files)
