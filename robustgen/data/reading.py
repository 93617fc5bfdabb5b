"""The border of files: whatever a library raises over a damaged or hostile one is one line."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from robustgen._checks import UsageError
from robustgen._files import shown

MOST_COLUMNS = 10_000
"""The columns that a table may have; wider rows are an array's."""
FREE_BYTES = 2**26
"""What a compressed file may unpack to, however small it is."""
MOST_UNPACKING = 200
"""What it may unpack to beyond that, over its own size: real files stay below 100, bombs reach 1,000."""


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn what is raised while a file is read into a UsageError of one line, and hold warnings back.

    Parsers of files from strangers raise what they happen to: OverflowError, KeyError, RecursionError,
    zlib.error, MemoryError, and each library errors of its own. All of them mean that the file is none.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What it should be, such as "Parquet file".

    Raises
    ------
    UsageError
        For every exception in the block.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UsageError:
        raise
    except UnicodeError as error:
        encoding = getattr(error, "encoding", "") or "such"
        raise UsageError(
            f"'{shown(path)}' is not {encoding.upper()} text: save it in UTF-8, or name its encoding "
            "(--encoding latin-1)"
        ) from None
    except MemoryError:
        raise UsageError(f"'{shown(path)}' needs more memory than there is: read a part of it") from None
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(f"'{shown(path)}' is not a readable {what}, or damaged: {said[:200]}") from None


def expect_unpacked_size(path: Path, n_bytes: int) -> None:
    """Raise where a file would unpack to more than anything honest of its size."""
    limit = max(FREE_BYTES, MOST_UNPACKING * path.stat().st_size)
    if n_bytes > limit:
        raise UsageError(
            f"got '{shown(path)}', which unpacks to more than {limit:,} bytes, expected at most "
            f"{MOST_UNPACKING} times its size: unpack it yourself if you trust it"
        )


def expect_columns(path: Path, n_columns: int) -> None:
    """Raise where a table is too wide."""
    if n_columns > MOST_COLUMNS:
        raise UsageError(
            f"got '{shown(path)}' with {n_columns:,} columns, expected at most {MOST_COLUMNS:,}: "
            "give rows that wide as an array, .npy or .npz"
        )
