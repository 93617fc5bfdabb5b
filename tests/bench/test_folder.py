"""A run folder holds one suite's results, and lets nobody mix in others."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from robustgen._checks import UsageError
from robustgen.bench.folder import RunFolder
from robustgen.bench.spec import DatasetSpec
from robustgen.data.files import DataFile, TableOptions
from tests.bench.suites import detector, small_suite, transductive

SUITE = small_suite()


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "run")


def begin(folder, suite=SUITE, **options):
    folder.begin(suite, **{"command": "robustgen bench", "device": None, **options})


def manifest(folder):
    return json.loads(folder.manifest_path.read_text())


def test_the_manifest_says_what_ran_where_and_when(folder):
    begin(folder, device="cpu")
    folder.finish({"ok": 3, "failed": 1})
    found = manifest(folder)
    assert found["suite"]["name"] == "small"
    assert found["suite"]["protocol"] == "inductive"
    assert found["command"] == "robustgen bench"
    assert found["device"] == "cpu"
    assert found["cells"] == {"ok": 3, "failed": 1}
    assert {"python", "numpy", "scikit-learn"} <= found["versions"].keys()
    assert found["started"] <= found["finished"]
    assert len(found["runs"]) == 1
    assert {"platform", "git"} <= found.keys()


def test_more_of_the_same_suite_is_added(folder):
    begin(folder)
    folder.finish({"ok": 1})
    more = small_suite(
        detector("Failing"),
        datasets=(DatasetSpec("wine", ("1",)), DatasetSpec("breast_cancer")),
        corruption=(0.2,),
        repetitions=2,
    )
    begin(folder, more, command="robustgen bench --corruption 0.2")
    suite = manifest(folder)["suite"]
    assert suite["corruption"] == [0.1, 0.2, 0.3]
    assert suite["repetitions"] == 2
    assert [one["name"] for one in suite["detectors"]] == ["centre", "decisiononly", "failing"]
    assert suite["datasets"] == [
        vars(DatasetSpec("wine")) | {"inlier_classes": ["0", "2", "1"], "classes": []},
        vars(DatasetSpec("breast_cancer")) | {"inlier_classes": [], "classes": []},
    ]
    assert [run["command"] for run in manifest(folder)["runs"]] == [
        "robustgen bench",
        "robustgen bench --corruption 0.2",
    ]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (replace(SUITE, name="other"), "got suite 'other', expected 'small'"),
        (transductive(), "protocol = transductive, expected inductive"),
        (
            small_suite(sampling=replace(SUITE.sampling, max_corruption=0.4)),
            "max_corruption = 0.4, expected 0.3",
        ),
        (small_suite(detector("Centre", power=3.0)), "another detector named 'centre'"),
        (
            replace(SUITE, datasets=(replace(SUITE.datasets[0], max_train=9),)),
            "another dataset named 'wine'",
        ),
    ],
)
def test_another_suite_is_refused_and_nothing_is_lost(folder, other, message):
    begin(folder)
    before = folder.manifest_path.read_bytes()
    with pytest.raises(UsageError, match=message) as refused:
        begin(folder, other)
    assert "--output" in str(refused.value)
    assert "--fresh" in str(refused.value)
    assert folder.manifest_path.read_bytes() == before


def test_fresh_sets_earlier_results_aside(folder):
    begin(folder)
    folder.records_path.write_text("earlier\n")
    begin(folder, transductive(), fresh=True)
    assert not folder.records_path.exists()
    assert (folder.path / "records.previous.jsonl").read_text() == "earlier\n"
    assert manifest(folder)["suite"]["protocol"] == "transductive"


def test_records_without_a_manifest_are_nobodys(folder):
    folder.path.mkdir()
    folder.records_path.write_text("")
    with pytest.raises(UsageError, match=r"without its manifest\.json"):
        begin(folder)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"suite": {}, "runs": []}'])
def test_a_damaged_manifest_is_refused(folder, text):
    folder.path.mkdir()
    folder.manifest_path.write_text(text)
    with pytest.raises(UsageError, match=r"manifest.json' is damaged"):
        begin(folder)


def test_an_output_folder_that_is_a_file(folder):
    folder.path.write_text("")
    with pytest.raises(UsageError, match="expected a folder"):
        begin(folder)


def test_two_runs_at_once_are_refused(folder):
    other = RunFolder(folder.path)
    with folder.locked(), pytest.raises(UsageError, match="another run"), other.locked():
        pass
    with other.locked():
        pass


def test_a_file_may_move_but_not_change(folder):
    ignoring = TableOptions(ignore=("id",))
    was = DatasetSpec("boilers", file=DataFile("/here/boilers.csv", "faulty", "aa", ignoring))
    begin(folder, replace(SUITE, datasets=(was,)))
    begin(folder, replace(SUITE, datasets=(replace(was, file=replace(was.file, path="/there/b.csv")),)))
    for change in ({"sha256": "bb"}, {"label": "broken"}):
        with pytest.raises(UsageError, match="another dataset named 'boilers'"):
            begin(folder, replace(SUITE, datasets=(replace(was, file=replace(was.file, **change)),)))
    with pytest.raises(UsageError, match="another dataset named 'boilers'"):
        begin(folder, replace(SUITE, datasets=(DatasetSpec("boilers"),)))
    assert "here" not in folder.manifest_path.read_text()
