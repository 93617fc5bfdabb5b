"""The results file: one cell, one line of JSON, written so that no crash can fake a result.

A line counts from the moment its newline is written. A line without one is torn, a line that does
not parse is damaged; both are named to the reader, and never stand for a result.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

FILE_NAME = "records.jsonl"
"""The file of a run folder that holds its records."""

Status = Literal["ok", "skipped", "failed", "timeout", "memory"]
"""How a cell can end."""


@dataclass(frozen=True)
class Record:
    """How one cell ended.

    Parameters
    ----------
    key
        The hash of all that defines the cell's result.
    dataset, inlier_class, corruption, corruption_of, detector, repetition
        The cell. ``inlier_class`` is None for a set that comes with outlier labels.
    clean
        Whether the detector was given the clean part of the sample only, as its own oracle.
    status
        "ok"; "skipped" (the data could not be had), "failed" (the detector), or "timeout" and "memory"
        (it took more than its suite allows).
    message
        Why it is not ok; for an ok cell what it warned of, or None.
    n_train_inliers, n_train_outliers, n_test_inliers, n_test_outliers
        Rows of the split; None where there was none.
    metrics
        "auroc", "ap", "precision_at_n", "recall_at_1pct", "recall_at_5pct", and where the
        detector decides "precision", "recall", "f1" (else None), all in [0, 1]; of the task
        "generation" those of `robustgen.metrics.generation.generation_report`.
    fit_seconds, score_seconds
        Wall time of ``fit``, and of scoring the test rows.
    rows_per_second
        Test rows scored in a second.
    peak_memory_mib
        The largest resident memory of the process while the cell ran, in MiB.
    precision_recall
        "recall" and "precision", 101 numbers each.
    histogram
        Of the test rows' outlierness: 41 "edges", and 40 counts of "inliers" and "outliers" each.
    answering
        The rows that were judged for the detector: "answers", how many, the "strategy" and the share that is
        "wrong"; None for none. ``detector`` is then its name with the answers.
    samples
        Of the task "generation": the first samples, their "shape" and their "pixels" as bytes in
        base 64, scaled to 0..255 over all of them.
    """

    key: str
    dataset: str
    inlier_class: str | None
    corruption: float
    corruption_of: str
    detector: str
    repetition: int
    clean: bool
    status: Status
    message: str | None = None
    n_train_inliers: int | None = None
    n_train_outliers: int | None = None
    n_test_inliers: int | None = None
    n_test_outliers: int | None = None
    metrics: dict[str, float | None] | None = None
    fit_seconds: float | None = None
    score_seconds: float | None = None
    rows_per_second: float | None = None
    peak_memory_mib: float | None = None
    precision_recall: dict[str, list[float]] | None = None
    histogram: dict[str, list[float]] | None = None
    samples: dict[str, Any] | None = None
    answering: dict[str, Any] | None = None

    def to_json(self) -> str:
        """Return the record as one line of JSON, floats rounded to 6 significant places.

        Examples
        --------
        >>> record = Record("k", "digits", "3", 0.3, "all", "knn", 0, False, "skipped", "no file")
        >>> record.to_json()[:58]
        '{"key": "k", "dataset": "digits", "inlier_class": "3", "co'
        """
        return json.dumps(_rounded(asdict(self)), allow_nan=False)

    @classmethod
    def from_json(cls, line: str) -> Record:
        """Read a record from its line.

        Raises
        ------
        ValueError
            If the line is not JSON or not a record.

        Examples
        --------
        >>> record = Record("k", "digits", "3", 0.3, "all", "knn", 0, False, "skipped", "no file")
        >>> Record.from_json(record.to_json()) == record
        True
        """
        values = json.loads(line)
        if not isinstance(values, dict):
            raise ValueError("not a JSON object")
        _check_fields(values)
        return cls(**values)


def read(path: Path) -> tuple[list[Record], list[tuple[int, str]]]:
    """Read the records of a file, and which of its lines are no records.

    Parameters
    ----------
    path
        A file of records; one that is not there holds none.

    Returns
    -------
    records : list of Record
        One a key, in the order of the file: where a cell was run again, its last line counts.
    damaged : list of (int, str)
        The number of each bad line, from 1, and what is wrong with it.
    """
    if not path.exists():
        return [], []
    *lines, tail = path.read_bytes().split(b"\n")
    latest: dict[str, Record] = {}
    damaged = []
    for number, line in enumerate(lines, start=1):
        try:
            record = Record.from_json(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:  # those of JSON and of Unicode are ValueErrors
            damaged.append((number, str(error)))
        else:
            latest[record.key] = record
    if tail:
        damaged.append((len(lines) + 1, "the line was cut off while it was written"))
    return list(latest.values()), damaged


class RecordFile:
    """A file that records are appended to.

    Once `append` has returned, the system has the record: no end of this process can lose it. The disk has it
    within a second or with the next record, so a power cut costs that much.

    Parameters
    ----------
    path
        The file; it is made if it is not there. A torn last line is ended first, so that it stays
        a line of its own.
    """

    def __init__(self, path: Path) -> None:
        torn = path.exists() and path.stat().st_size > 0 and not _ends_with_newline(path)
        self._file = path.open("ab")
        self._synced = time.monotonic()
        if torn:
            self._write(b"\n")

    def append(self, record: Record) -> None:
        """Write the record as one line."""
        self._write(record.to_json().encode("utf-8") + b"\n")

    def close(self) -> None:
        """Close the file, all of it on the disk."""
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> RecordFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        if time.monotonic() - self._synced > 1:  # to wait for the disk takes longer than many a cell
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not _is_flag(value) and abs(value) <= sys.float_info.max


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and _is_number(value) and value >= 0


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _are_metrics(value: Any) -> bool:
    return _is_table(value) and all(one is None or _is_number(one) for one in value.values())


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(map(_is_number, value))


def _is_curve(value: Any) -> bool:
    known = _is_table(value) and all(_are_numbers(value.get(name)) for name in ("recall", "precision"))
    return known and len(value["recall"]) == len(value["precision"])


def _is_histogram(value: Any) -> bool:
    kinds = ("inliers", "outliers")
    known = _is_table(value) and all(_are_numbers(value.get(name)) for name in ("edges", *kinds))
    return known and all(len(value["edges"]) == len(value[kind]) + 1 for kind in kinds)


_REQUIRED: dict[str, Callable[[Any], bool]] = {
    "key": _is_text,
    "dataset": _is_text,
    "corruption": _is_number,
    "corruption_of": _is_text,
    "detector": _is_text,
    "repetition": _is_count,
    "clean": _is_flag,
    "status": _is_text,
}
_OR_NULL: dict[str, Callable[[Any], bool]] = {
    "inlier_class": _is_text,
    "message": _is_text,
    **dict.fromkeys(("n_train_inliers", "n_train_outliers", "n_test_inliers", "n_test_outliers"), _is_count),
    "metrics": _are_metrics,
    **dict.fromkeys(("fit_seconds", "score_seconds", "rows_per_second", "peak_memory_mib"), _is_number),
    "precision_recall": _is_curve,
    "histogram": _is_histogram,
    "samples": _is_table,
    "answering": _is_table,
}


def _check_fields(values: dict[str, Any]) -> None:
    if unknown := sorted(values.keys() - _REQUIRED.keys() - _OR_NULL.keys()):
        raise ValueError(f"unknown field '{unknown[0]}'")
    if missing := sorted((_REQUIRED.keys() | {"inlier_class"}) - values.keys()):
        raise ValueError(f"the field '{missing[0]}' is missing")
    for name, value in values.items():
        null = value is None and name in _OR_NULL
        if not null and not (_REQUIRED | _OR_NULL)[name](value):
            raise ValueError(f"the field '{name}' holds {repr(value)[:80]}")
    if values["status"] not in get_args(Status):
        raise ValueError(f"unknown status '{values['status']}'")
    if values["status"] == "ok" and values.get("metrics") is None:
        raise ValueError("an ok record without metrics")


def _rounded(value: Any) -> Any:
    """Round floats to 6 significant places, everywhere inside."""
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return value
