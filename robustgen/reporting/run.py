"""A run folder as it is read: its records, the lines that are none, and its manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from robustgen._checks import UsageError
from robustgen._text import legible
from robustgen.bench.published import METRICS
from robustgen.bench.records import FILE_NAME, Record, read
from robustgen.reporting.cells import COSTS, COUNTS, SAMPLE_METRICS, cells
from robustgen.reporting.formatting import count

PUBLISHED = "metrics.csv"
"""The frame of a run, which reports keep where records are too large."""
NUMBERS = (*METRICS, *COSTS, *COUNTS)
BASELINE = "autoencoder"
"""The baseline of a run whose manifest names none."""


@dataclass(frozen=True)
class Run:
    """What a run folder holds: its records, the lines that are none, and its manifest."""

    name: str
    records: Sequence[Record]
    damaged: Sequence[tuple[int, str]]
    manifest: Mapping[str, Any]
    published: pd.DataFrame | None = None
    """Its frame, where the folder holds that in place of the records."""

    @property
    def suite(self) -> Mapping[str, Any]:
        """The suite as the manifest has it, empty where there is no manifest."""
        suite = self.manifest.get("suite")
        return suite if isinstance(suite, Mapping) else {}

    @property
    def task(self) -> str:
        """What its detectors were asked for: "detection" or "generation"."""
        return str(self.suite.get("task", "detection"))

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Its one frame, a row a cell; see :func:`robustgen.reporting.cells.cells`."""
        if self.published is not None:
            return self.published
        return cells(self.records, SAMPLE_METRICS if self.task == "generation" else METRICS)

    @cached_property
    def without_answers(self) -> Run:
        """The run without the cells whose detectors were given answers: those are a question of their own."""
        unanswered = [record for record in self.records if record.answering is None]
        return self if len(unanswered) == len(self.records) else replace(self, records=unanswered)

    @property
    def protocol(self) -> str:
        """How its rows were drawn, as its manifest says."""
        return str(self.suite.get("protocol", "unknown"))

    @property
    def corruption_of(self) -> str:
        """What its corruptions are shares of: "all" rows, or the "inliers"."""
        first = self.records[0].corruption_of if self.records else self.suite.get("corruption_of", "all")
        return str(first)

    @property
    def baseline(self) -> str | None:
        """The detector whose damage is the measure."""
        named: str | None = self.suite.get("baseline", BASELINE)
        return named


def read_run(folder: Path) -> Run:
    """Read a run folder.

    Parameters
    ----------
    folder : Path
        With `records.jsonl`, and with `manifest.json` if the provenance is to be shown.

    Raises
    ------
    UsageError
        If the folder holds no readable record, a damaged manifest, or two kinds of corruption.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        found = "is no folder" if not folder.is_dir() else f"holds no {FILE_NAME}"
        raise UsageError(
            f"got {folder}, which {found}, expected the output folder of 'robustgen bench': give that one"
        )
    records, damaged = read(path)
    if not records:
        state = f"has {count(len(damaged), 'line')}, none a record" if damaged else "is empty"
        raise UsageError(
            f"got {path}, which {state}, expected records: run 'robustgen bench --output {folder} ...'"
        )
    kinds = sorted({record.corruption_of for record in records})
    if len(kinds) > 1:
        raise UsageError(
            f"got {path} with corruptions of {' and of '.join(kinds)}, expected one kind: "
            "run each in its own folder"
        )
    manifest = _legible(_manifest(folder / "manifest.json"))
    return Run(legible(folder.resolve().name), [_named(record) for record in records], damaged, manifest)


def read_results(folder: Path) -> Run:
    """Read a run folder, or what is published of one: its `metrics.csv` in place of the records.

    Raises
    ------
    UsageError
        As `read_run`, or if `metrics.csv` is none of ours.
    """
    path = folder / PUBLISHED
    if (folder / FILE_NAME).is_file() or not path.is_file():
        return read_run(folder)
    texts = dict.fromkeys(("dataset", "inlier_class", "detector", "status", "message", "key"), str)
    try:
        frame = pd.read_csv(
            path, dtype=texts, keep_default_na=False, na_values={name: [""] for name in NUMBERS}
        )
        frame = frame[cells((), METRICS).columns]
    except (ValueError, KeyError) as error:
        raise UsageError(f"got {path}, which cannot be read ({error}), expected that of a report") from None
    manifest = _legible(_manifest(folder / "manifest.json"))
    return Run(legible(folder.resolve().name), (), (), manifest, frame)


def _named(record: Record) -> Record:
    """Return a record whose names and message can be shown."""
    names = ("dataset", "inlier_class", "detector", "message")
    return replace(record, **{name: _legible(getattr(record, name)) for name in names})


def _legible(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {legible(name): _legible(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_legible(one) for one in value]
    return legible(value) if isinstance(value, str) else value


def _manifest(path: Path) -> Mapping[str, Any]:
    """Read the manifest; a folder without one has an empty one."""
    if not path.exists():
        return {}
    remedy = "restore it, or delete it to report without it"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"got {path}, which is damaged ({error}), expected JSON: {remedy}") from None
    if not isinstance(manifest, Mapping):
        raise UsageError(f"got {path}, which holds no JSON object, expected one: {remedy}")
    return manifest
