"""A suite that runs in milliseconds, and what is the same in two records of one cell."""

from __future__ import annotations

from dataclasses import replace

from robustgen.bench.spec import DatasetSpec, Sampling, Suite
from robustgen.registry import resolve

SPENT = ("fit_seconds", "score_seconds", "rows_per_second", "peak_memory_mib")


def detector(name, **parameters):
    return resolve(name.lower(), use=f"tests.bench.stubs:{name}", parameters=parameters)


def small_suite(*detectors, **changes):
    settings = {
        "datasets": (DatasetSpec("wine", ("0", "2")),),
        "detectors": detectors or (detector("Centre"), detector("DecisionOnly")),
        "corruption": (0.1, 0.3),
        "baseline": None,
    }
    return Suite("small", **{**settings, **changes})


def transductive(**changes):
    return small_suite(sampling=Sampling(protocol="transductive"), **changes)


def essence(records):
    """Return the records by key, without what they cost."""
    return {record.key: replace(record, **dict.fromkeys(SPENT)) for record in records}
