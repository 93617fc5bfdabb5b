"""The folder of a run: the records and the manifest of one suite, and of no other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from robustgen._checks import UsageError
from robustgen.bench import provenance, records
from robustgen.bench.records import Record
from robustgen.bench.spec import Sampling, Suite


class RunFolder:
    """The results of one suite.

    Parameters
    ----------
    path
        The folder; it is made when a run begins.

    Examples
    --------
    >>> RunFolder(Path("nowhere")).records()
    ([], [])
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records_path = path / records.FILE_NAME
        self.manifest_path = path / provenance.FILE_NAME

    def records(self) -> tuple[list[Record], list[tuple[int, str]]]:
        """Return the records, and the damaged lines with their numbers; see :func:`.records.read`."""
        return records.read(self.records_path)

    def begin(self, suite: Suite, *, command: str, device: str | None, fresh: bool = False) -> None:
        """Make the folder the suite's, or make sure that it is.

        Parameters
        ----------
        suite
            What is about to run.
        command
            The command line, for the manifest.
        device
            The device asked for.
        fresh
            Set earlier results aside (``records.previous.jsonl``) instead of adding to them.

        Raises
        ------
        UsageError
            If the folder holds another suite's results, another detector under the same name, or
            a manifest that cannot be read.
        """
        self._make()
        if fresh:
            self._set_aside()
        plain = suite.to_dict()
        before = self._manifest()
        if before:
            _check_same(before["suite"], plain, self.path)
        run = {"command": command, "started": provenance.now(), "finished": None}
        runs = [*(before.get("runs", []) if before else []), run]
        whole = _merged(before["suite"], plain) if before else plain
        self._write({"suite": whole, **provenance.surroundings(device), **run, "cells": None, "runs": runs})

    def finish(self, outcomes: Mapping[str, int]) -> None:
        """Note in the manifest that the run has ended, and how its cells did.

        Parameters
        ----------
        outcomes
            The number of cells of this run by status.
        """
        manifest = self._manifest() or {}
        ended = {"finished": provenance.now(), "cells": dict(outcomes)}
        runs = manifest.get("runs", [{}])
        manifest.update(ended, runs=[*runs[:-1], {**runs[-1], **ended}])
        self._write(manifest)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second run out of the folder; the lock dies with its process.

        Raises
        ------
        UsageError
            If another run has it.
        """
        try:
            import fcntl
        except ImportError:  # Windows has no such lock: two runs at once are the user's own affair there
            yield
            return
        self._make()
        with (self.path / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError(
                    f"another run is writing to '{self.path}': wait, or choose another --output"
                ) from None
            yield

    def _make(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(
                f"got the file '{self.path}' for the output, expected a folder: give another --output"
            )
        self.path.mkdir(parents=True, exist_ok=True)

    def _manifest(self) -> dict[str, Any] | None:
        """Return the manifest, or None in a folder without a run."""
        if not self.manifest_path.exists():
            if self.records_path.exists():
                raise UsageError(
                    f"got '{self.records_path}' without its {provenance.FILE_NAME}, expected both: "
                    "use --fresh to set the records aside, or another --output"
                )
            return None
        try:
            manifest = json.loads(self.manifest_path.read_text(encoding="utf-8"))
            manifest["suite"]["name"], manifest["suite"]["detectors"], manifest["runs"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise UsageError(
                f"'{self.manifest_path}' is damaged: use --fresh to set the run aside, or another --output"
            ) from None
        return dict(manifest)

    def _write(self, manifest: Mapping[str, Any]) -> None:
        provenance.write_manifest(self.manifest_path, manifest)

    def _set_aside(self) -> None:
        for path in (self.records_path, self.manifest_path):
            if path.exists():
                path.replace(path.with_name(f"{path.stem}.previous{path.suffix}"))


def count_statuses(some: Iterable[Record]) -> dict[str, int]:
    """Count records by how their cells ended.

    Examples
    --------
    >>> count_statuses([Record("k", "wine", "0", 0.0, "all", "knn", 0, False, "skipped")])
    {'skipped': 1}
    """
    return dict(Counter(record.status for record in some))


def _check_same(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> None:
    """Refuse what would put two meanings into one table."""
    way_out = "choose another --output, or --fresh to set the old results aside"
    if old["name"] != new["name"]:
        raise UsageError(
            f"got suite '{new['name']}', expected '{old['name']}', of which '{path}' holds a run: {way_out}"
        )
    for key in (field.name for field in fields(Sampling)):
        if old.get(key) != new[key]:
            raise UsageError(
                f"got {key} = {new[key]}, expected {old.get(key)}, with which '{path}' holds a run of suite "
                f"'{old['name']}': {way_out}"
            )
    for what, may_differ in (("dataset", {"inlier_classes"}), ("detector", set())):
        known = {one["name"]: one for one in old[f"{what}s"]}
        for one in new[f"{what}s"]:
            before = known.get(one["name"], one)
            if any(before.get(key) != one[key] for key in one.keys() - may_differ):
                raise UsageError(
                    f"got another {what} named '{one['name']}', expected the one of the results in "
                    f"'{path}': {way_out}"
                )


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the suite that has the cells of both runs, for the manifest; settings are the new run's."""
    datasets: dict[str, dict[str, Any]] = {}
    for one in (*old["datasets"], *new["datasets"]):
        before = datasets.get(one["name"], {}).get("inlier_classes", [])
        inliers = list(dict.fromkeys([*before, *one["inlier_classes"]]))
        datasets[one["name"]] = {**one, "inlier_classes": inliers}
    return {
        **new,
        "datasets": list(datasets.values()),
        "detectors": list({one["name"]: one for one in (*old["detectors"], *new["detectors"])}.values()),
        "corruption": sorted({*old["corruption"], *new["corruption"]}),
        "repetitions": max(old["repetitions"], new["repetitions"]),
    }
