"""The ``.npz`` form of a data set: the arrays ``X`` and ``y``, and what may stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._validation import canonical
from robustgen.data.dataset import Dataset, Kind, Labels, read_labels
from robustgen.data.reading import expect_unpacked_size, reading

Arrays = Mapping[str, NDArray]

_PARTS = {"train": 0, "test": 1}


def read_arrays(path: Path) -> dict[str, NDArray]:
    """Read every array of an ``.npz`` file.

    Raises
    ------
    UsageError
        If the file is no such archive, or holds Python objects.
    """
    with reading(path, ".npz file"), path.open("rb") as file, np.load(file) as archive:
        expect_unpacked_size(path, sum(one.file_size for one in archive.zip.infolist()))
        return {key: archive[key] for key in archive.files}


def dataset_from(
    arrays: Arrays,
    name: str,
    path: Path,
    *,
    label: str = "y",
    part: str = "",
    kind: Kind | None = None,
    class_names: tuple[str, ...] | None = None,
) -> Dataset:
    """Make a data set of the arrays of a file.

    Parameters
    ----------
    arrays : mapping of str to array
        ``X`` (or ``X_data``, ``X_indices``, ``X_indptr``, ``X_shape`` of a CSR matrix), the
        labels, and where wanted ``class_names`` and ``split`` (0 = train, 1 = test).
    name : str
        The name of the data set.
    path : Path
        The file, for errors.
    label : str
        The array that holds the labels; see `robustgen.data.dataset.read_labels`.
    part : {"", "train", "test"}
        The part to take; all of it where empty.
    kind : {"tabular", "image", "signal", "clip", "text", "embedding"} or None
        What the rows are; None to tell by their shape.
    class_names : tuple of str or None
        The names of the classes, where the file does not hold them.

    Returns
    -------
    Dataset
        Colour images with their channels first.

    Raises
    ------
    UsageError
        If an array is missing, rows and labels are not equally many, or there is no such part.
    """
    try:
        X, values = rows_of(arrays), arrays[label]
    except KeyError as error:
        raise UsageError(
            f"'{path}' lacks the array {error}: it needs X (or the parts of a CSR matrix) and {label}"
        ) from None
    if values.shape[:1] != X.shape[:1]:
        raise UsageError(f"'{path}' has {X.shape[0]} rows in X but {values.shape[0]} in {label}")
    named = arrays.get("class_names", class_names)
    y, classes = read_labels(values) if named is None else _named_labels(values, tuple(map(str, named)), path)
    dataset = Dataset(name, X, y, classes, kind or _guess_kind(X.shape))
    return _take_part(dataset, part, arrays) if part else dataset


def _named_labels(values: NDArray, names: tuple[str, ...], path: Path) -> Labels:
    if values.dtype.kind not in "iu" or not np.isin(values, np.arange(len(names))).all():
        raise UsageError(f"got labels of '{path}' that are no places in its {len(names)} class_names, from 0")
    return Labels(values, names)


def rows_of(arrays: Arrays) -> NDArray:
    """Return the rows of an archive's arrays, put together where they are the parts of a CSR matrix."""
    if "X_data" not in arrays:
        return channels_first(arrays["X"])
    from scipy.sparse import csr_matrix

    for name in ("X_indices", "X_indptr", "X_shape"):
        if arrays[name].dtype.kind not in "iu":
            raise UsageError(
                f"got {name} of type {arrays[name].dtype}, expected whole numbers: they are places"
            )
    shape = tuple(int(side) for side in arrays["X_shape"])
    try:
        return canonical(csr_matrix((arrays["X_data"], arrays["X_indices"], arrays["X_indptr"]), shape=shape))
    except (ValueError, TypeError, OverflowError) as error:
        raise UsageError(f"X_data, X_indices, X_indptr and X_shape are no CSR matrix: {error}") from None


def parts_of(X: Any) -> dict[str, NDArray]:
    """Return the arrays of an archive that a CSR matrix becomes; `rows_of` puts them together."""
    return {"X_data": X.data, "X_indices": X.indices, "X_indptr": X.indptr, "X_shape": np.array(X.shape)}


def channels_first(X: NDArray) -> NDArray:
    """Turn colour images (n, H, W, C), the layout of files, into (n, C, H, W), that of nets."""
    return X.transpose(0, 3, 1, 2) if X.ndim == 4 and X.shape[-1] in (3, 4) else X


def _guess_kind(shape: tuple[int, ...]) -> Kind:
    return "image" if len(shape) > 2 else "tabular"


def _take_part(dataset: Dataset, part: str, arrays: Arrays) -> Dataset:
    if part not in _PARTS or "split" not in arrays:
        parts = "parts 'train' and 'test'" if "split" in arrays else "no parts"
        raise UsageError(f"dataset '{dataset.name}' has {parts}, not '{part}'")
    rows = np.flatnonzero(arrays["split"] == _PARTS[part])
    return Dataset(f"{dataset.name}:{part}", dataset.X[rows], dataset.y[rows], dataset.classes, dataset.kind)
