"""Arrays of a user: ``.npy`` as a memory map, and the ``X`` of an ``.npz``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._files import shown
from robustgen.data.archive import read_arrays, rows_of
from robustgen.data.files.formats import format_of
from robustgen.data.reading import reading


def read_array(path: str | Path) -> NDArray:
    """Read the rows of an array file.

    Parameters
    ----------
    path : str or Path
        ``.npy``, which is mapped and not loaded, or ``.npz`` with the array ``X`` (or the parts of a
        CSR matrix).

    Returns
    -------
    array (n, ...) or CSR matrix (n, d)
        Booleans or real numbers. Colour images of an ``.npz`` come with their channels first.

    Raises
    ------
    UsageError
        If there is no such file, it is damaged, or holds no rows of numbers.
    """
    path = Path(path)
    form = format_of(path)
    if form == "npy":
        return _checked(_mapped(path), path)
    if form != "npz":
        raise UsageError(f"'{shown(path)}' is no array: expected .npy or .npz")
    try:
        return _checked(rows_of(read_arrays(path)), path)
    except KeyError as error:
        raise UsageError(f"'{shown(path)}' lacks the array {error}: its rows are the array X") from None


def _mapped(path: Path) -> NDArray:
    with reading(path, ".npy file"):
        return np.asanyarray(np.load(path, mmap_mode="r"))


def _checked(X: NDArray, path: Path) -> NDArray:
    if X.dtype.kind not in "biuf":
        raise UsageError(f"'{shown(path)}' holds values of type {X.dtype}: expected numbers")
    if X.ndim < 2 or not X.shape[0]:
        raise UsageError(f"'{shown(path)}' holds an array of shape {X.shape}: expected rows, at least one")
    return X
