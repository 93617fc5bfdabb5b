"""A user's own files: tables, arrays and folders of images or sounds, with errors that name the row.

`chunks`, `read_table`, `read_array` and `read_folder` (`read_images` or `read_sounds`) read what is
there; `read` makes a labelled data set of it, and a `DataFile` names one in a suite.
"""

from __future__ import annotations

from robustgen.data.files.arrays import read_array
from robustgen.data.files.csv_file import separator_of
from robustgen.data.files.data_file import DataFile
from robustgen.data.files.file_rows import FileRows
from robustgen.data.files.folders import read_folder
from robustgen.data.files.formats import expect_there, format_of
from robustgen.data.files.images import read_images
from robustgen.data.files.labelled import read
from robustgen.data.files.row_options import RowOptions
from robustgen.data.files.sounds import read_sounds
from robustgen.data.files.table_options import TableOptions
from robustgen.data.files.table_reading import TableReading
from robustgen.data.files.tables import chunks, parquet_frames, read_table

__all__ = [
    "DataFile",
    "FileRows",
    "RowOptions",
    "TableOptions",
    "TableReading",
    "chunks",
    "expect_there",
    "format_of",
    "parquet_frames",
    "read",
    "read_array",
    "read_folder",
    "read_images",
    "read_sounds",
    "read_table",
    "separator_of",
]
