"""A user's files as rows to learn from and to score, and the same rows written back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from robustgen._checks import UsageError
from robustgen._files import shown
from robustgen.data.files import ImageReading, TableReading, format_of
from robustgen.data.files.table_reading import AS_IT_LOOKS
from robustgen.inputs.arrays import Arrays, Images
from robustgen.inputs.base import Input, Part
from robustgen.inputs.csv_table import CSVTable
from robustgen.inputs.other_tables import ExcelTable, FeatherTable, JSONLinesTable
from robustgen.inputs.table import ParquetTable

TABLES: dict[str, Callable[[Path, TableReading], Input]] = {
    "csv": CSVTable,
    "jsonl": JSONLinesTable,
    "parquet": ParquetTable,
    "feather": FeatherTable,
    "excel": ExcelTable,
}


def open_input(
    path: str | Path, reading_as: TableReading = AS_IT_LOOKS, images: ImageReading | None = None
) -> Input:
    """Return the rows at a path, by its ending; a folder holds images.

    Parameters
    ----------
    path : str or Path
        A table, as :func:`robustgen.data.files.chunks` takes it, ``.npy``, ``.npz`` or a folder of images.
    reading_as : TableReading
        How the text of a table is read.
    images : ImageReading or None
        How the images of a folder are read.

    Returns
    -------
    Input
        Nothing is read yet.

    Raises
    ------
    UsageError
        When there is nothing there, or its ending is unknown; or when images are to be resized or
        skipped, and there are none.

    Examples
    --------
    >>> type(open_input("."))
    <class 'robustgen.inputs.arrays.Images'>
    """
    path = Path(path)
    form = format_of(path)
    if form == "images":
        return Images(path, images)
    if images is not None and (images.size or images.skip_unreadable):
        raise UsageError(f"'{shown(path)}' is no folder of images: leave out --resize and --skip-unreadable")
    if form in ("npy", "npz"):
        return Arrays(path)
    return TABLES[form](path, reading_as)


__all__ = ["ImageReading", "Input", "Part", "TableReading", "open_input"]
