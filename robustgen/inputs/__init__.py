"""A user's files as rows to learn from and to score, and the same rows written back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from robustgen.data.files import RowOptions, TableReading, format_of
from robustgen.data.files.row_options import AS_THEY_ARE
from robustgen.data.files.table_reading import AS_IT_LOOKS
from robustgen.inputs.arrays import Arrays, Files
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
    path: str | Path,
    reading_as: TableReading = AS_IT_LOOKS,
    rows: RowOptions = AS_THEY_ARE,
    learnt: RowOptions = AS_THEY_ARE,
) -> Input:
    """Return the rows at a path, by its ending; a folder holds images or sounds.

    Parameters
    ----------
    path : str or Path
        A table, as :func:`robustgen.data.files.chunks` takes it, ``.npy``, ``.npz`` or a folder.
    reading_as : TableReading
        How the text of a table is read.
    rows : RowOptions
        How rows that are no table's are read.
    learnt : RowOptions
        How a model needs them where nothing is said in ``rows``.

    Returns
    -------
    Input
        Nothing is read yet.

    Raises
    ------
    UsageError
        When there is nothing there, or its ending is unknown; or when something is asked that what is
        there does not have, such as a size of a table.

    Examples
    --------
    >>> type(open_input("."))
    <class 'robustgen.inputs.arrays.Files'>
    """
    path = Path(path)
    form = format_of(path)
    rows.expect_suited(path, form)
    if form in ("images", "sounds"):
        return Files(path, rows.completed(learnt))
    if form in ("npy", "npz"):
        return Arrays(path, rows)
    return TABLES[form](path, reading_as)


__all__ = ["Input", "Part", "RowOptions", "TableReading", "open_input"]
