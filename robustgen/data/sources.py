"""Where rows come from: the sets inside scikit-learn, and a local folder of ``.npz`` files."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError, suggest
from robustgen.data.catalog import Entry, find, known_names
from robustgen.data.dataset import Dataset, Kind

#: The environment variable that names the local folder.
FOLDER_VARIABLE = "ROBUSTGEN_DATA"

_SPLITS = {"train": 0, "test": 1}


def load(name: str) -> Dataset:
    """Load a data set by name.

    The sets ``digits``, ``breast_cancer`` and ``wine`` ship inside scikit-learn. Every other
    name is a file ``<name>.npz`` in the folder that the environment variable
    ``ROBUSTGEN_DATA`` names, with the arrays ``X`` (or ``X_data``, ``X_indices``,
    ``X_indptr``, ``X_shape`` of a CSR matrix) and ``y``: two labels 0 and 1 mean inlier and
    outlier, more are classes, which ``class_names`` may name. A file of the catalog is
    checked against its hash.

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
        If the name is unknown (with the nearest ones), the file is missing (with where it was
        looked for), unreadable, or not the file of the catalog.

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


_BUILT_IN: Mapping[str, Callable[[], Dataset]] = {
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "wine": _wine,
}


def _load_file(name: str, part: str, entry: Entry | None) -> Dataset:
    path = _find_file(name, entry)
    if entry and entry.sha256:
        _check_hash(path, entry.sha256, path.stat().st_mtime_ns)
    arrays = _read_arrays(path)
    try:
        X, labels = _rows(arrays), arrays["y"]
    except KeyError as error:
        raise UsageError(
            f"'{path}' lacks the array {error}: it needs X (or the parts of a CSR matrix) and y"
        ) from None
    if X.shape[0] != labels.shape[0]:
        raise UsageError(f"'{path}' has {X.shape[0]} rows in X but {labels.shape[0]} in y")
    y, classes = _labels(labels, arrays, entry)
    kind = entry.kind if entry else _guess_kind(X.shape)
    dataset = Dataset(name, X, y, classes, kind)
    return _take_part(dataset, part, arrays) if part else dataset


def _find_file(name: str, entry: Entry | None) -> Path:
    folder = os.environ.get(FOLDER_VARIABLE)
    path = Path(folder or ".", f"{name}.npz")
    if folder and path.is_file():
        return path
    if entry is None:
        local = [file.stem for file in Path(folder).glob("*.npz")] if folder else []
        raise UsageError(f"unknown dataset '{name}'{suggest(name, {*known_names(), *local})}")
    looked = f"'{folder}' ({FOLDER_VARIABLE}) does not hold it" if folder else f"{FOLDER_VARIABLE} is not set"
    raise UsageError(
        f"dataset '{name}' needs the file {name}.npz: {looked}; "
        f"point {FOLDER_VARIABLE} to the folder that holds it (source: {entry.source})"
    )


@lru_cache(maxsize=256)
def _check_hash(path: Path, expected: str, modified_ns: int) -> None:
    """Compare the file's hash; the time of its last change makes a changed file a new question."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise UsageError(
            f"'{path}' is not the file of the catalog: its sha256 is {found[:12]}..., "
            f"expected {expected[:12]}...; fetch it again, or give another file another name"
        )


def _read_arrays(path: Path) -> dict[str, NDArray]:
    try:
        with np.load(path) as archive:
            return {key: archive[key] for key in archive.files}
    except (zipfile.BadZipFile, ValueError, EOFError, AttributeError) as error:
        raise UsageError(f"'{path}' is not a readable .npz file: {error}") from None


def _rows(arrays: Mapping[str, NDArray]) -> NDArray:
    if "X_data" not in arrays:
        return _channels_first(arrays["X"])
    from scipy.sparse import csr_matrix

    shape = tuple(int(side) for side in arrays["X_shape"])
    return csr_matrix((arrays["X_data"], arrays["X_indices"], arrays["X_indptr"]), shape=shape)


def _channels_first(X: NDArray) -> NDArray:
    """Turn colour images (n, H, W, C), the layout of files, into (n, C, H, W), that of nets."""
    return X.transpose(0, 3, 1, 2) if X.ndim == 4 and X.shape[-1] in (3, 4) else X


def _labels(
    labels: NDArray, arrays: Mapping[str, NDArray], entry: Entry | None
) -> tuple[NDArray, tuple[str, ...] | None]:
    """Return the labels and the classes that they index; no classes where they mark outliers."""
    class_names = arrays.get("class_names", entry.class_names if entry else None)
    if class_names is not None:
        return labels, tuple(map(str, class_names))
    values, index = np.unique(labels, return_inverse=True)
    if set(values.tolist()) <= {0, 1}:
        return labels, None
    return index, tuple(map(str, values))


def _guess_kind(shape: tuple[int, ...]) -> Kind:
    return "image" if len(shape) > 2 else "tabular"


def _take_part(dataset: Dataset, part: str, arrays: Mapping[str, NDArray]) -> Dataset:
    if part not in _SPLITS or "split" not in arrays:
        parts = "parts 'train' and 'test'" if "split" in arrays else "no parts"
        raise UsageError(f"dataset '{dataset.name}' has {parts}, not '{part}'")
    rows = np.flatnonzero(arrays["split"] == _SPLITS[part])
    return Dataset(f"{dataset.name}:{part}", dataset.X[rows], dataset.y[rows], dataset.classes, dataset.kind)
