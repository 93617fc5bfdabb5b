"""Rows that stay where they are: read by their places, a block at a time, and never copied whole."""

from __future__ import annotations

import math
import mmap
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen._extras import optional

BLOCK_ROWS = 65_536
BLOCK_ENTRIES = 2**22
"""The most entries of a block where a row has many."""
SCATTERED_ROWS = 1024
"""Rows at random places of a memory map that are read before its pages are let go."""
CACHED_ENTRIES = 2**25
"""Entries of decoded row groups that are kept, beside those that were asked for last."""


class RowSource(ABC):
    """Rows that detectors learn and score without having all of them in memory.

    A detector's ``fit`` and ``score_samples`` take it in place of an array. To read rows from somewhere
    else, derive a class that has ``shape`` and ``take``; ``X[places]`` and ``X[start:stop]`` follow.

    Attributes
    ----------
    shape : tuple of int
        n, then the shape of a row: (d,) of vectors, (C, T) of signals, (C, H, W) of images, (C, T, H, W) of
        clips.
    columns : tuple of str or None
        The names of the columns of vectors, where they have some.
    group_sizes : ndarray of int or None
        How many rows in turn are read together, where a single row is as dear as its whole group. They are
        shuffled as groups, then among those of some groups.

    Examples
    --------
    >>> class Squares(RowSource):
    ...     shape = (1000, 2)
    ...     def take(self, places):
    ...         return np.stack([places, places**2], axis=1)
    >>> Squares()[3:5]
    array([[ 3,  9],
           [ 4, 16]])
    """

    shape: tuple[int, ...]
    columns: tuple[str, ...] | None = None
    group_sizes: NDArray[np.intp] | None = None

    @abstractmethod
    def take(self, places: NDArray[np.intp]) -> NDArray[Any]:
        """Read some rows.

        Parameters
        ----------
        places : ndarray of int, (m,)
            Which, from 0 on, in any order and perhaps repeated.

        Returns
        -------
        ndarray, (m, ...)
            The rows, numbers of any type.
        """

    @property
    def ndim(self) -> int:
        """The number of axes, n among them."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> NDArray[Any]:
        if isinstance(index, slice):
            return self.take(np.arange(*index.indices(len(self))))
        places = np.asarray(index)
        if places.ndim == 0:
            return np.asarray(self.take(places[None])[0])
        return self.take(np.flatnonzero(places) if places.dtype == bool else places)

    def __array__(self, *args: Any, **options: Any) -> NDArray[Any]:
        raise UsageError(
            f"got a {type(self).__name__} where all rows are needed in memory at once: "
            "take some of them, X[:10_000], or a detector of one net (Autoencoder, RSRAE, VAE, ...)"
        )


class ParquetRows(RowSource):
    """The rows of a Parquet file, or of all Parquet files in a folder, declared to be read in parts.

    Rows are decoded a row group at a time. Training shuffles the groups, and then the rows of so many groups
    as give 131,072 rows; write groups that are smaller than that (``row_group_size=16_384``) where
    neighbouring rows are alike. Needs ``pip install 'robustgen[parquet]'``.

    Parameters
    ----------
    path : str or path-like
        A Parquet file or a folder of them, whose rows follow each other in the order of the paths.
    columns : sequence of str or None
        The columns that are read; ``None`` reads all.

    Attributes
    ----------
    shape : tuple of int
        (n, d).
    columns : tuple of str
        The names of the columns.
    group_sizes : ndarray of int
        Rows of each row group.

    Raises
    ------
    UsageError
        When pyarrow is missing, there are no such files, or a column is missing or holds no numbers.

    Examples
    --------
    >>> import pyarrow.parquet
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     table = pyarrow.table({"heat": [61.0, 97.0, 64.0], "flow": [1, 2, 1]})
    ...     pyarrow.parquet.write_table(table, f"{folder}/boilers.parquet", row_group_size=2)
    ...     rows = ParquetRows(folder)
    ...     rows.shape, rows.group_sizes.tolist(), rows[1:].tolist()
    ((3, 2), [2, 1], [[97.0, 2.0], [64.0, 1.0]])
    """

    def __init__(self, path: Any, columns: Sequence[str] | None = None) -> None:
        self._dataset = _opened(path)
        self.columns = tuple(self._dataset.schema.names if columns is None else columns)
        self._expect_numbers()
        files = sorted(self._dataset.get_fragments(), key=lambda fragment: fragment.path)
        self._groups = [group for file in files for group in file.split_by_row_group()]
        self.group_sizes = np.array([group.row_groups[0].num_rows for group in self._groups], dtype=np.intp)
        self.shape = (int(self.group_sizes.sum()), len(self.columns))
        self._cache: dict[int, NDArray[Any]] = {}

    def _expect_numbers(self) -> None:
        types, schema = optional("pyarrow.types", "Parquet"), self._dataset.schema
        for name in self.columns or ():
            if name not in schema.names:
                raise UsageError(f"got the column {name!r}, expected some of {', '.join(schema.names[:20])}")
            kind = schema.field(name).type
            if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
                raise UsageError(
                    f"got the column {name!r} of type {kind}, expected numbers: name the columns to read, "
                    "ParquetRows(path, columns=[...])"
                )

    @cached_property
    def _ends(self) -> NDArray[np.intp]:
        assert self.group_sizes is not None
        return np.cumsum(self.group_sizes)

    def take(self, places: NDArray[np.intp]) -> NDArray[Any]:
        """Read some rows, and with them the row groups that they are in.

        Parameters
        ----------
        places : ndarray of int, (m,)
            Which.

        Returns
        -------
        ndarray of float, (m, d)
            In single precision where all columns are, else in double.
        """
        places = np.asarray(places, dtype=np.intp)
        of = np.searchsorted(self._ends, places, side="right")
        wanted = np.unique(of)
        rows = np.empty((len(places), self.shape[1]), dtype=self._dtype)
        for number in wanted:
            here = of == number
            group = self._group(int(number))
            rows[here] = group[places[here] - (self._ends[number] - len(group))]
        self._forget(len(wanted))
        return rows

    @cached_property
    def _dtype(self) -> np.dtype[Any]:
        single = optional("pyarrow", "Parquet").float32()
        alike = all(self._dataset.schema.field(name).type == single for name in self.columns or ())
        return np.dtype(np.float32 if alike else np.float64)

    def _group(self, number: int) -> NDArray[Any]:
        """Return the rows of a group, which is then the last to be forgotten."""
        rows = self._cache.pop(number, None)
        if rows is None:
            table = self._groups[number].to_table(columns=list(self.columns or ()), use_threads=False)
            rows = np.empty((table.num_rows, table.num_columns), dtype=self._dtype)
            for j, column in enumerate(table.columns):
                rows[:, j] = column.to_numpy()
        self._cache[number] = rows
        return rows

    def _forget(self, least: int) -> None:
        """Forget the groups that were not asked for longest."""
        held = sum(rows.size for rows in self._cache.values())
        while held > CACHED_ENTRIES and len(self._cache) > least:
            held -= self._cache.pop(next(iter(self._cache))).size


def _opened(path: Any) -> Any:
    dataset, lib = optional("pyarrow.dataset", "Parquet"), optional("pyarrow.lib", "Parquet")
    try:
        opened = dataset.dataset(path, format="parquet")
    except (OSError, lib.ArrowInvalid) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"cannot read '{path}' ({reason}): give a Parquet file or a folder of them"
        ) from None
    if not opened.files:
        raise UsageError(f"got '{path}', a folder without Parquet files: give one that has some")
    return opened


class DatasetRows(RowSource):
    """The items of a map-style dataset, such as a ``torch.utils.data.Dataset``, declared to be rows.

    Parameters
    ----------
    dataset : object
        Has ``len`` and ``dataset[i]``: a tensor or an array, or a tuple that begins with one (what follows,
        such as a label, is ignored). Where it has ``__getitems__``, it is asked for many items at once.

    Attributes
    ----------
    shape : tuple of int
        n, then the shape of the first item: (d,) is a vector, (C, T) a signal, (C, H, W) an image,
        (C, T, H, W) a clip.

    Raises
    ------
    UsageError
        When there is no item, or the first is no array.

    Examples
    --------
    >>> import torch
    >>> dataset = torch.utils.data.TensorDataset(torch.arange(6).view(3, 2), torch.tensor([0, 1, 0]))
    >>> rows = DatasetRows(dataset)
    >>> rows.shape, rows[[2, 0]].tolist()
    ((3, 2), [[4, 5], [0, 1]])
    """

    def __init__(self, dataset: Any) -> None:
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__") or not len(dataset):
            raise UsageError(
                f"got a {type(dataset).__name__}, expected a map-style dataset: one with len, 1 or more, and "
                "dataset[i]"
            )
        self._dataset = dataset
        first = _values(dataset[0])
        if first.ndim == 0 or first.dtype.kind not in "biuf":
            raise UsageError(
                f"got items of shape {first.shape} and type {first.dtype}, expected arrays of numbers"
            )
        self.shape = (len(dataset), *first.shape)

    def take(self, places: NDArray[np.intp]) -> NDArray[Any]:
        """Ask for some items.

        Parameters
        ----------
        places : ndarray of int, (m,)
            Which.

        Returns
        -------
        ndarray, (m, ...)
            Them.
        """
        wanted = [int(place) for place in places]
        if not wanted:
            return np.empty((0, *self.shape[1:]))
        many = getattr(self._dataset, "__getitems__", None)
        items = many(wanted) if many is not None else [self._dataset[place] for place in wanted]
        try:
            return np.stack([_values(item) for item in items])
        except ValueError as error:
            raise UsageError(
                f"got items of unequal shapes, expected all of shape {self.shape[1:]}"
            ) from error


def _values(item: Any) -> NDArray[Any]:
    return np.asarray(item[0] if isinstance(item, tuple | list) else item)


class SelectedRows(RowSource):
    """Some rows of a source or a memory map, which stay where they are.

    Parameters
    ----------
    rows : RowSource or memory map
        All of them.
    places : ndarray of int, (m,)
        Which are selected, in order.
    """

    def __init__(self, rows: Any, places: NDArray[np.intp]) -> None:
        self._rows = rows
        self._places = places
        self.shape = (len(places), *rows.shape[1:])
        self.columns = getattr(rows, "columns", None)
        sizes = getattr(rows, "group_sizes", None)
        if sizes is not None:
            group_of = np.searchsorted(np.cumsum(sizes), places, side="right")
            self.group_sizes = np.bincount(group_of, minlength=len(sizes)).astype(np.intp)

    def take(self, places: NDArray[np.intp]) -> NDArray[Any]:
        """Read some of the selected rows.

        Parameters
        ----------
        places : ndarray of int, (m,)
            Which of the selected ones.

        Returns
        -------
        ndarray, (m, ...)
            Them.
        """
        return np.asarray(self._rows[self._places[places]])


def selected(X: Any, marked: NDArray[np.bool_]) -> Any:
    """Return the rows of X that are marked (n,): without reading them, where X stays where it is.

    Examples
    --------
    >>> selected(np.arange(3), np.array([True, False, True]))
    array([0, 2])
    """
    return SelectedRows(X, np.flatnonzero(marked)) if stays_outside(X) else X[marked]


def stays_outside(X: Any) -> bool:
    """Tell whether the rows of X are read in parts, as all of them may not fit in memory."""
    return isinstance(X, RowSource) or memory_map(X) is not None


def memory_map(X: Any) -> np.memmap[Any, Any] | None:
    """Return the memory map that an array is a view of, or None."""
    while X is not None and not isinstance(X, np.memmap):
        X = getattr(X, "base", None)
    return X


def blocks(X: Any) -> Iterator[Any]:
    """Yield the rows of an array, a CSR matrix, a memory map or a source, some at a time and in order.

    Examples
    --------
    >>> [len(block) for block in blocks(np.zeros((100_000, 2)))]
    [65536, 34464]
    """
    step = max(1, min(BLOCK_ROWS, BLOCK_ENTRIES // max(1, math.prod(X.shape[1:]))))
    for start in range(0, X.shape[0], step):
        yield X[start : start + step]
        release(X)


def scattered(X: Any, places: NDArray[np.intp]) -> Any:
    """Return rows of X at many places; of a memory map no more pages are held than a few rows are on."""
    if memory_map(X) is None:
        return X[places]
    parts = []
    for start in range(0, len(places), SCATTERED_ROWS):
        parts.append(np.asarray(X[places[start : start + SCATTERED_ROWS]]))
        release(X)
    return np.concatenate(parts) if parts else X[places]


def release(X: Any) -> None:
    """Let go of the pages of a memory map that were read: they count as the memory of this process.

    They stay in the system's cache of files as long as there is room. A map whose changes are its own (mode
    "c") is left alone, as it would lose them.
    """
    mapped = memory_map(X)
    if mapped is None or mapped.mode == "c" or not hasattr(mmap, "MADV_DONTNEED"):
        return
    pages: Any = mapped
    while pages is not None and not isinstance(pages, mmap.mmap):
        pages = getattr(pages, "base", None)
    if pages is not None:
        pages.madvise(mmap.MADV_DONTNEED)


def expect_no_dataset(X: Any) -> None:
    """Raise where a map-style dataset is given that was not declared: an array of it would be objects."""
    if not hasattr(X, "shape") and "Dataset" in {base.__name__ for base in type(X).__mro__}:
        raise UsageError(f"got a {type(X).__name__}, expected rows: declare them as DatasetRows(X)")
