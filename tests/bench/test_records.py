"""The results file: what is read is what was written, and no crash can fake a result."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from robustgen.bench.records import Record, RecordFile, read

OK = Record(
    key="a",
    dataset="wine",
    inlier_class="class_0",
    corruption=0.3,
    corruption_of="all",
    detector="knn",
    repetition=0,
    clean=False,
    status="ok",
    n_train_inliers=70,
    metrics={"auroc": 1 / 3, "precision": None},
    histogram={"edges": [0.1234567, 2.0], "inliers": [3], "outliers": [4]},
)
FAILED = replace(OK, key="b", status="failed", message="ValueError: no", metrics=None, histogram=None)


def write(path, *records):
    with RecordFile(path) as file:
        for record in records:
            file.append(record)


def test_records_come_back(tmp_path):
    path = tmp_path / "records.jsonl"
    write(path, OK, FAILED)
    first, second = read(path)[0]
    assert second == FAILED
    assert first.metrics == {"auroc": 0.333333, "precision": None}
    assert first.histogram == {"edges": [0.123457, 2.0], "inliers": [3], "outliers": [4]}


def test_what_was_rounded_once_stays(tmp_path):
    once = Record.from_json(OK.to_json())
    assert once.to_json() == OK.to_json()


def test_nan_is_never_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        replace(OK, metrics={"auroc": float("nan")}).to_json()


def test_no_file_holds_no_records(tmp_path):
    assert read(tmp_path / "none.jsonl") == ([], [])


def test_a_cell_that_ran_again_counts_once_by_its_last_line(tmp_path):
    path = tmp_path / "records.jsonl"
    write(path, replace(FAILED, key="a"), FAILED, OK)
    assert [(record.key, record.status) for record in read(path)[0]] == [("a", "ok"), ("b", "failed")]


@pytest.mark.parametrize("cut", [1, 20, -1])
def test_a_torn_line_is_no_record_and_harms_none(tmp_path, cut):
    path = tmp_path / "records.jsonl"
    write(path, OK)
    whole = path.read_bytes()
    path.write_bytes(whole + FAILED.to_json().encode()[:cut])
    assert read(path) == (read(path)[0][:1], [(2, "the line was cut off while it was written")])
    write(path, FAILED)
    records, damaged = read(path)
    assert [record.key for record in records] == ["a", "b"]
    assert [number for number, _ in damaged] == [2]


def test_a_whole_line_without_its_newline_is_no_record(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_text(OK.to_json())
    assert read(path)[0] == []


def broken(**changes):
    return json.dumps({**json.loads(OK.to_json()), **changes})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json", "Expecting"),
        ("[1, 2]", "not a JSON object"),
        ("", "Expecting"),
        ("\udcff\udcfe", "utf-8"),
        ('{"key": "a"}', "is missing"),
        (broken(colour="red"), "unknown field 'colour'"),
        (broken(status="perhaps"), "unknown status 'perhaps'"),
        (broken(corruption="much"), "'corruption' holds 'much'"),
        (broken(metrics=None), "without metrics"),
    ],
)
def test_a_damaged_line_is_named_and_the_rest_is_used(tmp_path, line, reason):
    path = tmp_path / "records.jsonl"
    write(path, OK)
    with path.open("ab") as file:
        file.write(line.encode("utf-8", "surrogateescape") + b"\n")
    write(path, FAILED)
    records, damaged = read(path)
    assert [record.key for record in records] == ["a", "b"]
    assert [number for number, _ in damaged] == [2]
    assert reason in damaged[0][1]
