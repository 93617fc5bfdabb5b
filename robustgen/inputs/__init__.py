"""A user's files as rows to learn from and to score, and the same rows written back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from robustgen.data.files import format_of
from robustgen.inputs.arrays import Arrays, Images
from robustgen.inputs.base import Input
from robustgen.inputs.csv_table import CSVTable
from robustgen.inputs.table import ParquetTable

_KINDS: Mapping[str, type[Input]] = {
    "csv": CSVTable,
    "parquet": ParquetTable,
    "npy": Arrays,
    "npz": Arrays,
    "images": Images,
}


def open_input(path: str | Path, text: Collection[str] = ()) -> Input:
    """Return the rows at a path, by its ending; a folder holds images.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.csv.gz``, ``.parquet``, ``.npy``, ``.npz`` or a folder of images.
    text : collection of str
        The columns of a table whose cells are text even where they look like numbers.

    Returns
    -------
    Input
        Nothing is read yet.

    Raises
    ------
    UsageError
        When there is nothing there, or its ending is unknown.

    Examples
    --------
    >>> type(open_input("."))
    <class 'robustgen.inputs.arrays.Images'>
    """
    path = Path(path)
    return _KINDS[format_of(path)](path, text)


__all__ = ["Input", "open_input"]
