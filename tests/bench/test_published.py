"""Published results: the schema's own words, whole files, and nothing of a stranger's that is believed."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from robustgen._checks import UsageError
from robustgen.bench import published
from robustgen.bench.answering import Answering
from robustgen.bench.published import COLUMNS, MOST_CHARACTERS, NAMES
from tests.reporting import fabricate
from tests.reporting.fabricate import line


def about():
    """Return a manifest that says what its detectors are."""
    manifest = fabricate.manifest()
    manifest["suite"]["detectors"] = [{"name": name, "use": f"theirs:{name}"} for name in ("knn", "pca")]
    return manifest


@pytest.fixture
def run(tmp_path):
    lines = [line("knn", "wine"), line("pca", "wine", status="failed", message="no\nrank, \x1b[31mred")]
    fabricate.write(tmp_path / "run", lines, about())
    return tmp_path / "run"


def written(run, name="file.csv", **changes):
    """Write the published file of a run, with values of its first row changed."""
    table, _ = published.published(run)
    for column, value in changes.items():
        table.loc[0, column] = value
    path = run.parent / name
    published.write(table, path)
    return path


@pytest.mark.parametrize("name", ["file.csv", "file.parquet"])
def test_what_is_published_is_read_again(run, name):
    table, left_out = published.published(run)
    read = published.read(written(run, name))
    assert (list(read), left_out) == (list(NAMES), 0)
    assert read["message"].tolist() == [None, r"no" + "\n" + r"rank, \x1b[31mred"]
    others = [column for column in NAMES if column != "message"]
    pd.testing.assert_frame_equal(read[others], table[others])


def test_environment_and_settings_come_from_the_manifest(run):
    row = published.published(run)[0].iloc[0]
    manifest = about()
    assert row["version_torch"] == manifest["versions"]["torch"]
    assert row["protocol"] == manifest["suite"]["protocol"]
    assert json.loads(row["dataset_settings"])["corruption_of"] == manifest["suite"]["corruption_of"]


def test_records_of_detectors_that_were_given_answers_are_left_out_and_counted(run):
    answered = line("robust, 5 answers", "wine") | {"answering": {"answers": 5}}
    fabricate.write(run, [line("knn", "wine"), answered], about())
    table, left_out = published.published(run)
    assert (table["detector"].tolist(), left_out) == (["knn"], 1)


def test_the_report_of_a_run_with_answers_is_published_without_them(run):
    from robustgen.reporting import build_report

    answered = line("knn, 5 answers", "wine") | {"answering": Answering(5).told("knn")}
    manifest = about()
    manifest["suite"]["questioning"] = {"answers": [0, 5]}
    fabricate.write(run, [line("knn", "wine"), answered], manifest)
    build_report(run)
    (run / "records.jsonl").unlink()
    table, left_out = published.published(run)
    assert (table["detector"].tolist(), left_out) == (["knn"], 1)


def test_the_report_of_another_script_is_said_to_be_none_of_a_suite(run):
    (run / "manifest.json").write_text('{"command": "python benchmarks/robust_kinds.py"}')
    with pytest.raises(UsageError, match="which names no suite"):
        published.published(run)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"auroc": 1.5}, r"row 1: auroc = 1.5, expected a number in \[0, 1\], or a blank"),
        ({"auroc": None}, "row 1 is ok without auroc and ap"),
        ({"auroc": float("inf")}, "auroc = inf"),
        ({"status": "fine"}, "status = 'fine', expected one of ok, skipped"),
        ({"schema": 2}, "schema = 2, expected 1: publish it again"),
        ({"corruption": 1.0}, "corruption = 1 of all rows, expected less than 1"),
        ({"corruption": -0.1}, "corruption = -0.1"),
        ({"repetition": 0.5}, "repetition = 0.5, expected a whole number"),
        ({"clean": "yes"}, "clean = 'yes', expected True or False"),
        ({"detector": "x" * (MOST_CHARACTERS + 1)}, "expected 1 to 1000 characters"),
        ({"detector": None}, "row 1: detector = None"),
        ({"detector": "pca"}, "row 2 is the cell of row 1"),
    ],
)
def test_a_wrong_value_is_named_by_row_and_column(run, change, said):
    path = written(run, **change)
    with pytest.raises(UsageError, match=said) as raised:
        published.read(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no table"),
        (b"\xff\xfe\x00", "is no table"),
        (b"a,b\n1,2\n", "no column schema"),
        (b'"', "is no table"),
        (",".join((*NAMES, "extra")).encode() + b"\n", "the column 'extra'"),
    ],
)
def test_what_is_no_table_of_the_schema_is_refused_in_one_line(tmp_path, content, said):
    path = tmp_path / "theirs.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as raised:
        published.read(path)
    assert "\n" not in str(raised.value)


def test_a_damaged_parquet_file_is_refused(tmp_path):
    path = tmp_path / "theirs.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1")
    with pytest.raises(UsageError, match="expected Parquet"):
        published.read(path)


def test_limits_are_kept(run, monkeypatch):
    csv, parquet = written(run), written(run, "file.parquet")
    monkeypatch.setattr(published, "MOST_ROWS", 1)
    for path in (csv, parquet):
        with pytest.raises(UsageError, match="more than 1 rows"):
            published.read(path)
    monkeypatch.setattr(published, "MOST_BYTES", 10)
    with pytest.raises(UsageError, match="expected at most"):
        published.read(csv)


def test_a_damaged_record_is_not_published(run):
    with (run / "records.jsonl").open("a") as file:
        file.write("{torn\n")
    with pytest.raises(UsageError, match="line 3 is no record"):
        published.published(run)


@pytest.mark.parametrize(
    "manifest",
    ["{", "[]", '{"suite": {"datasets": [1]}}', '{"suite": null}', '{"suite": {"questioning": 3}}'],
)
def test_a_damaged_manifest_is_said(run, manifest):
    (run / "manifest.json").write_text(manifest)
    with pytest.raises(UsageError, match="which is damaged"):
        published.published(run)


def test_a_failed_write_leaves_the_file_of_before(run, monkeypatch):
    path = written(run)
    before = path.read_bytes()
    monkeypatch.setattr(published, "write_csv", lambda temporary, table: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        written(run)
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["file.csv", "run"]


def test_the_report_of_a_run_is_published_as_the_run_is(run):
    from robustgen.reporting import build_report

    table, _ = published.published(run)
    build_report(run)
    (run / "records.jsonl").unlink()
    other, _ = published.published(run)
    names = ["detector", "corruption", "clean", "status", "auroc", "key", "address"]
    pd.testing.assert_frame_equal(other[names], table[names])


def test_every_column_has_a_meaning():
    assert len(set(NAMES)) == len(NAMES)
    assert all(column.meaning for column in COLUMNS)
