"""Folders whose files are rows: images or sounds."""

from __future__ import annotations

from pathlib import Path

from robustgen.data.files.file_rows import FileRows
from robustgen.data.files.formats import format_of
from robustgen.data.files.images import read_images
from robustgen.data.files.row_options import AS_THEY_ARE, RowOptions
from robustgen.data.files.sounds import read_sounds

READERS = {"images": read_images, "sounds": read_sounds}


def read_folder(folder: str | Path, options: RowOptions = AS_THEY_ARE) -> FileRows:
    """Read the files of a folder, which are images or sounds, as rows.

    Parameters
    ----------
    folder : str or Path
        The folder.
    options : RowOptions
        How they are read.

    Raises
    ------
    UsageError
        As :func:`robustgen.data.files.images.read_images` and
        :func:`robustgen.data.files.sounds.read_sounds`; when there is no such folder, or it holds both.
    """
    return READERS[format_of(folder)](folder, options)
