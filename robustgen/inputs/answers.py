"""A file of answers: rows that a person judged, known again by what they hold."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from robustgen._checks import UsageError
from robustgen._files import whole_file
from robustgen.detectors.answers import Answers

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("row", "answer", "content")
VERDICTS = ("normal", "outlier", "unsure")

Verdicts = Mapping[int, str]
"""What was said of rows, by their places."""


def contents(rows: Any) -> list[str]:
    """Return what each row holds, as a hash of it: it moves with the row, and a changed cell changes it.

    Parameters
    ----------
    rows : DataFrame, array or CSR matrix, (n, ...)
        As :meth:`robustgen.inputs.Input.whole` returns them. The order of a table's columns does not matter.

    Returns
    -------
    list of str, (n,)
        16 hexadecimal digits each. Equal rows have equal ones.

    Examples
    --------
    >>> first, second = contents(np.array([[1, 2], [3, 4]]))
    >>> contents(np.array([[3.0, 4.0]])) == [second]
    True
    """
    if hasattr(rows, "columns"):
        return _table_contents(rows)
    return [hashlib.sha256(_bytes(rows[i])).hexdigest()[:16] for i in range(rows.shape[0])]


def _bytes(row: Any) -> bytes:
    dense = row.toarray() if sparse.issparse(row) else row
    return (np.asarray(dense, dtype="<f8") + 0.0).tobytes()  # -0 is 0


def _table_contents(table: pd.DataFrame) -> list[str]:
    import pandas as pd

    named = table.rename(columns=str)
    plain = {name: _plain(named[name]) for name in sorted(named)}
    hashes = pd.util.hash_pandas_object(pd.DataFrame(plain), index=False)
    return [f"{value:016x}" for value in hashes]


def _plain(cells: pd.Series) -> pd.Series:
    """Return numbers as floats, whatever else the column holds in other rows, and all else as text."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_bool_dtype(cells):
        return cells.astype("float64") + 0.0
    return cells.astype("object").where(cells.notna(), "").astype(str)


def read_answers(path: Path, rows: Any) -> dict[int, str]:
    """Return the verdicts of a file by the places of the rows that they are of.

    Parameters
    ----------
    path : Path
        A CSV with the columns "row", "answer" and "content", as `write_answers` makes it.
    rows : DataFrame, array or CSR matrix
        The rows, in any order.

    Returns
    -------
    dict of int to str
        "normal", "outlier" or "unsure" for each row that is in the file, in its order.

    Raises
    ------
    UsageError
        When the file is no file of answers, or a row of it is not there as it was judged.
    """
    places = defaultdict(list)
    for place, content in enumerate(contents(rows)):
        places[content].append(place)
    found: dict[int, str] = {}
    for number, line in enumerate(_lines(path), start=2):
        free = [place for place in places[line["content"]] if place not in found]
        if not free:
            raise UsageError(
                f"line {number} of '{path}' is an answer for row {line['row']}, but no row holds what was "
                "judged: it was changed or taken out; delete the line, or judge the row as it is now "
                "(robustgen review)"
            )
        found[free[0]] = line["answer"]
    return found


def _lines(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise UsageError(f"there is no file '{path}' of answers: robustgen review writes one")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise UsageError(
                f"'{path}' has the columns {', '.join(reader.fieldnames or ()) or 'none'}, expected "
                f"{', '.join(COLUMNS)}: robustgen review writes such a file"
            )
        lines = list(reader)
    for number, line in enumerate(lines, start=2):
        if line["answer"] not in VERDICTS:
            raise UsageError(
                f"line {number} of '{path}' answers {line['answer']!r}, expected {' or '.join(VERDICTS)}"
            )
    return lines


def write_answers(path: Path, verdicts: Verdicts, names: Sequence[Any], hashes: Sequence[str]) -> None:
    """Write verdicts, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    verdicts : mapping of int to str
        By places.
    names : sequence, (n,)
        What each row is called; only people read it.
    hashes : sequence of str, (n,)
        Of all rows; see `contents`.
    """
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([names[place], verdict, hashes[place]] for place, verdict in verdicts.items())


def answers_of(verdicts: Verdicts) -> Answers:
    """Return verdicts as ``fit`` takes them; rows that a person was unsure of count as not judged.

    Examples
    --------
    >>> answers_of({3: "normal", 5: "outlier", 8: "unsure"})
    Answers(normal=(3,), outliers=(5,))
    """
    normal, outliers, _ = (
        tuple(place for place, given in verdicts.items() if given == verdict) for verdict in VERDICTS
    )
    return Answers(normal, outliers)
