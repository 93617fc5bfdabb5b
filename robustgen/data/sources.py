"""Where rows come from: scikit-learn, a generator, a folder of ``.npz`` files, the cache, the network."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, NoReturn

import numpy as np

from robustgen._checks import UsageError, suggest
from robustgen._files import file_hash
from robustgen.data.archive import dataset_from, read_arrays
from robustgen.data.catalog import Entry, find, known_names
from robustgen.data.dataset import Dataset
from robustgen.data.moving_shapes import moving_shapes
from robustgen.data.remote import cache_folder, cached, fetch, is_cached, rows_hash

FOLDER_VARIABLE = "ROBUSTGEN_DATA"
"""The environment variable that names the local folder."""

Whereabouts = Literal["scikit-learn", "generated", "folder", "cache", "to fetch", "by hand"]
"""In scikit-learn, generated, in that folder, in the cache, to be downloaded, or asked for at its source."""


def load(name: str) -> Dataset:
    """Load a data set by name.

    The sets ``digits``, ``breast_cancer`` and ``wine`` ship inside scikit-learn, and ``moving_shapes``
    (:func:`robustgen.data.moving_shapes.moving_shapes`) is generated. Every other name is a file
    ``<name>.npz``, looked for first in the folder that the environment variable ``ROBUSTGEN_DATA`` names and
    then in the cache, where a set of the catalog is downloaded to. It holds the arrays ``X`` (or ``X_data``,
    ``X_indices``, ``X_indptr``, ``X_shape`` of a CSR matrix) and ``y``: two labels 0 and 1 mean inlier and
    outlier, more are classes, which ``class_names`` may name. A file of the catalog is checked against its
    hash.

    Parameters
    ----------
    name : str
        A name or alias of the catalog, or a file of the folder; ``name:train`` and
        ``name:test`` take one part of a set whose file holds the array ``split``
        (0 = train, 1 = test).

    Returns
    -------
    Dataset
        Under its full name: an alias draws the same samples.

    Raises
    ------
    UsageError
        If the name is unknown (with the nearest ones), the file is missing and cannot be downloaded
        (with where it was looked for and how to get it), unreadable, or not the file of the catalog.

    Examples
    --------
    >>> digits = load("digits")
    >>> digits.X.shape, digits.classes[:2]
    ((1797, 8, 8), ('0', '1'))
    """
    base, _, part = name.partition(":")
    entry = find(base)
    full_name = entry.name if entry else base
    if full_name in _BUILT_IN:
        if part:
            raise UsageError(f"dataset '{base}' has no parts: write '{base}', not '{name}'")
        return _BUILT_IN[full_name]()
    return _load_file(full_name, part, entry)


def _digits() -> Dataset:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return Dataset("digits", bunch.images, bunch.target, tuple(map(str, bunch.target_names)), "image")


def _breast_cancer() -> Dataset:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    malignant = list(bunch.target_names).index("malignant")
    return Dataset("breast_cancer", bunch.data, (bunch.target == malignant).astype(np.uint8))


def _wine() -> Dataset:
    from sklearn.datasets import load_wine

    bunch = load_wine()
    return Dataset("wine", bunch.data, bunch.target, tuple(map(str, bunch.target_names)))


def _moving_shapes() -> Dataset:
    X, kinds = moving_shapes(1200, 600)
    return Dataset("moving_shapes", X, (kinds > 0).astype(np.uint8), kind="clip")


_BUILT_IN: Mapping[str, Callable[[], Dataset]] = {
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "wine": _wine,
    "moving_shapes": _moving_shapes,
}


def _load_file(name: str, part: str, entry: Entry | None) -> Dataset:
    path = _find_file(name, entry)
    arrays = read_arrays(path)
    if entry is None:
        return dataset_from(arrays, name, path, part=part)
    return dataset_from(arrays, name, path, part=part, kind=entry.kind, class_names=entry.class_names)


def place(entry: Entry) -> Path | None:
    """Return the file that a set of the catalog loads from, or None if it would have to be downloaded.

    Raises
    ------
    UsageError
        If the file is not the one of the catalog, or damaged.
    """
    path = _in_folder(entry.name)
    if path is None:
        return cached(entry)
    if entry.sha256:
        _check_hash(path, entry, path.stat().st_mtime_ns)
    return path


def whereabouts(entry: Entry) -> Whereabouts:
    """Say where a set of the catalog is, without opening anything.

    Examples
    --------
    >>> whereabouts(find("digits"))
    'scikit-learn'
    """
    if entry.name in _BUILT_IN:
        return "scikit-learn" if entry.source.startswith("scikit-learn") else "generated"
    if _in_folder(entry.name):
        return "folder"
    if is_cached(entry):
        return "cache"
    return "to fetch" if entry.recipe else "by hand"


def _find_file(name: str, entry: Entry | None) -> Path:
    if entry is None:
        return _in_folder(name) or _refuse_unknown(name)
    path = place(entry)
    if path is not None:
        return path
    try:
        return fetch(entry)
    except UsageError as error:
        folder = os.environ.get(FOLDER_VARIABLE)
        looked = f"not in '{folder}' ({FOLDER_VARIABLE})" if folder else f"{FOLDER_VARIABLE} is not set"
        raise UsageError(
            f"dataset '{name}' needs the file {name}.npz: {looked}, not in the cache '{cache_folder()}', "
            f"and not to be downloaded: {error}"
        ) from None


def _in_folder(name: str) -> Path | None:
    folder = os.environ.get(FOLDER_VARIABLE)
    path = Path(folder or ".", f"{name}.npz")
    return path if folder and path.is_file() else None


def _refuse_unknown(name: str) -> NoReturn:
    folder = os.environ.get(FOLDER_VARIABLE)
    local = [file.stem for file in Path(folder).glob("*.npz")] if folder else []
    raise UsageError(f"unknown dataset '{name}'{suggest(name, {*known_names(), *local})}")


@lru_cache(maxsize=256)
def _check_hash(path: Path, entry: Entry, modified_ns: int) -> None:
    """Compare the file's hash; the time of its last change makes a changed file a new question.

    A file of the same rows, as the cache packs it, will do as well.
    """
    found = file_hash(path)
    if found == entry.sha256 or rows_hash(read_arrays(path)) == entry.rows_sha256:
        return
    raise UsageError(
        f"'{path}' is not the file of the catalog: its sha256 is {found[:12]}..., "
        f"expected {str(entry.sha256)[:12]}...; fetch it again, or give another file another name"
    )
