"""The user's cache: what is downloaded is packed once into the ``.npz`` form, and loads by it from then on.

Beside ``<name>.npz`` lies ``<name>.json``: the addresses and hashes of the files as they were
received, and the hash of the packed file, which every later load compares with. So a set without
a published hash is trusted on first use, and a damaged file is never taken for data.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import file_hash, whole_file
from robustgen.data.catalog import Entry
from robustgen.data.remote.download import download, download_bar
from robustgen.data.remote.recipes import RECIPES

CACHE_VARIABLE = "ROBUSTGEN_CACHE"
"""The environment variable that names another cache than the user's own."""

OFFLINE_VARIABLE = "ROBUSTGEN_OFFLINE"
"""The environment variable that forbids downloads, whatever it says."""

_DAMAGED = (OSError, ValueError, KeyError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile)


def cache_folder() -> Path:
    """Return where downloads are kept: ``$ROBUSTGEN_CACHE``, or the user's cache of this machine."""
    import pooch

    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("robustgen"))


def is_cached(entry: Entry) -> bool:
    """Say whether a set was fetched; whether its file is sound, `cached` tells."""
    return _packed(entry).is_file()


def cached(entry: Entry) -> Path | None:
    """Return the packed file of a set, or None if it was not fetched yet.

    Raises
    ------
    UsageError
        If the file is not the one that was packed.
    """
    if not is_cached(entry):
        return None
    path = _packed(entry)
    if _received(entry).get("packed_sha256") != file_hash(path):
        raise UsageError(f"'{path}' is damaged: delete it, and fetch '{entry.name}' again")
    return path


def fetch(entry: Entry) -> Path:
    """Return the packed file of a set, downloaded if it is not there.

    Parameters
    ----------
    entry : Entry
        A set of the catalog with a recipe.

    Returns
    -------
    Path
        The file ``<name>.npz`` in the cache.

    Raises
    ------
    UsageError
        If the set cannot be downloaded, with the address and where its files would be looked for;
        or if the rows are not those of the catalog.
    """
    if entry.recipe is None:
        raise UsageError(f"dataset '{entry.name}' cannot be built from its source, {entry.source}")
    folder = cache_folder() / "raw" / entry.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{entry.name}.lock")):  # a second process waits, and finds it done
        path = cached(entry)
        if path is not None:
            return path
        _download_files(entry, folder)
        arrays = _unpacked(entry, folder)
        _check_rows(entry, arrays)
        _pack(entry, arrays, folder)
    return _packed(entry)


def rows_hash(arrays: Mapping[str, NDArray]) -> str:
    """Return the SHA-256 of the numbers of a packed set, however its file is compressed.

    Of each array of numbers, in the order of their names: the name, the type, the shape and the
    bytes.

    Examples
    --------
    >>> rows_hash({"X": np.zeros((2, 3))}) == rows_hash({"X": np.zeros((3, 2))})
    False
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        if array.dtype.kind in "biuf":
            array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()


def _download_files(entry: Entry, folder: Path) -> None:
    """Download what is not there; files that were put there by hand are as good as downloaded ones."""
    paths = [folder / file.name for file in entry.files]
    if OFFLINE_VARIABLE in os.environ and not (paths and all(path.is_file() for path in paths)):
        raise UsageError(
            f"{OFFLINE_VARIABLE} is set, and '{folder}' does not hold the files of {entry.source}"
        )
    for file, path in zip(entry.files, paths, strict=True):
        with download_bar(f"{entry.name}: {file.name}") as on_bytes:
            try:
                download(file.url, path, file.hash, on_bytes)
            except UsageError as error:
                raise UsageError(f"{error}; put the file there by hand as '{path}'") from None


def _unpacked(entry: Entry, folder: Path) -> dict[str, NDArray]:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return RECIPES[entry.recipe or ""](folder)
    except URLError as error:  # of scikit-learn's fetchers, which download by themselves
        raise UsageError(f"{entry.source} cannot be reached ({error.reason})") from None
    except _DAMAGED as error:
        raise UsageError(
            f"what lies in '{folder}' cannot be made into '{entry.name}' "
            f"({type(error).__name__}: {error}): delete it, and fetch the set again"
        ) from None


def _check_rows(entry: Entry, arrays: Mapping[str, NDArray]) -> None:
    shape = tuple(map(int, arrays["X_shape"] if "X_shape" in arrays else arrays["X"].shape))
    expected = (entry.rows or shape[0], *entry.shape)
    if shape != expected:
        raise UsageError(f"the rows of '{entry.name}' are {shape}, and the catalog expects {expected}")
    found = rows_hash(arrays)
    if entry.rows_sha256 and found != entry.rows_sha256:
        raise UsageError(
            f"the rows of '{entry.name}' are not those of the catalog: their sha256 is {found[:12]}..., "
            f"expected {entry.rows_sha256[:12]}..."
        )


def _pack(entry: Entry, arrays: Mapping[str, Any], folder: Path) -> None:
    """Write the arrays and what they were made of; the files as received are no longer needed then."""
    path = _packed(entry)
    with whole_file(path) as packed:
        np.savez_compressed(packed, **arrays)
        received = {
            "files": {file.url: file_hash(folder / file.name) for file in entry.files},
            "rows_sha256": rows_hash(arrays),
            "packed_sha256": file_hash(packed),
        }
        with whole_file(_note(entry)) as note:
            note.write_text(json.dumps(received, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)


def _packed(entry: Entry) -> Path:
    return cache_folder() / f"{entry.name}.npz"


def _note(entry: Entry) -> Path:
    return cache_folder() / f"{entry.name}.json"


def _received(entry: Entry) -> dict[str, str]:
    try:
        return dict(json.loads(_note(entry).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
