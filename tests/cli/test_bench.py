"""`robustgen bench`: a run from the shell, and every refusal in one line."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from robustgen.bench import runner
from robustgen.bench.records import read
from robustgen.cli import main

SUITE = """
name = "tiny"
question = "Does it run?"
corruption = [0.3]
baseline = "centre"
[[dataset]]
name = "wine"
inlier_classes = [0]
[[detector]]
name = "centre"
use = "tests.bench.stubs:Centre"
[[detector]]
name = "iforest"
parameters = { n_estimators = 10 }
"""


@pytest.fixture
def bench(tmp_path, monkeypatch, shared_workers):
    """Run the command in an empty folder that holds a suite of four cells."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ROBUSTGEN_DATA", raising=False)
    (tmp_path / "tiny.toml").write_text(SUITE)

    def run(*arguments, suite="tiny.toml"):
        return CliRunner().invoke(main, ["bench", "--jobs", "1", "--suite", suite, *arguments])

    return run


@pytest.fixture
def no_report(monkeypatch):
    """Leave out the drawing of the report, which takes seconds."""
    monkeypatch.setattr("robustgen.reporting.build_report", lambda folder: folder / "report.html")


def records(tmp_path, folder="reports/runs/tiny"):
    return read(tmp_path / folder / "records.jsonl")[0]


@pytest.mark.usefixtures("without_drawings")
def test_a_run_ends_with_its_table_and_its_report(bench, tmp_path):
    ended = bench()
    assert ended.exit_code == 0, ended.output
    assert re.search(r"iforest +[01]\.\d{3}", ended.stdout)
    for heading in ("AUROC", "AP", "Recovered", "Clean oracle"):
        assert heading in ended.stdout
    said = ended.stdout.splitlines()
    place = said.index("report: reports/runs/tiny/report.html")
    assert re.match(r"When \d+ % of the training rows are outliers, .+ ranks first", said[place - 1])
    assert ended.stderr == ""
    written = {path.name for path in (tmp_path / "reports/runs/tiny").iterdir()}
    assert {
        "report.html",
        "report.md",
        "metrics.csv",
        "manifest.json",
        "records.jsonl",
        "curves",
        "figures",
    } <= written
    rebuilt = CliRunner().invoke(main, ["report", "reports/runs/tiny"])
    said, after = rebuilt.stdout.splitlines()
    assert said == "report: reports/runs/tiny/report.html"
    assert after.startswith("next: ")


def test_quiet_says_only_where_the_report_is(bench, no_report):
    assert bench("--quiet").output == "report: reports/runs/tiny/report.html\n"


def test_options_choose_cells(bench, no_report, tmp_path):
    ended = bench(
        "--corruption", "0.1", "--corruption", "0.2", "--dataset", "wine", "--dataset", "breast_cancer",
        "--inlier-class", "1", "--inlier-class", "class_2", "--detector", "centre", "--repetitions", "2",
        "--output", "out", "--device", "cpu",
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    done = records(tmp_path, "out")
    assert {record.corruption for record in done} == {0.0, 0.1, 0.2}
    assert {record.inlier_class for record in done} == {"class_1", "class_2", None}
    assert {record.detector for record in done} == {"centre"}
    assert {record.repetition for record in done} == {0, 1}
    assert len(done) == 3 * 3 * 2
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["device"] == "cpu"


def test_the_protocol_and_what_corruption_is_a_share_of(bench, no_report, tmp_path):
    ended = bench(
        "--protocol",
        "transductive",
        "--corruption-of",
        "inliers",
        "--corruption",
        "0.5",
        "--max-corruption",
        "0.9",
    )
    assert ended.exit_code == 0, ended.output
    dirty = [record for record in records(tmp_path) if not record.clean]
    assert {(record.n_train_inliers, record.n_train_outliers) for record in dirty} == {(59, 30)}


def test_fresh_forgets_and_resume_keeps(bench, no_report, tmp_path):
    bench("--corruption", "0.1")
    bench("--corruption", "0.2", "--resume")
    assert {record.corruption for record in records(tmp_path)} == {0.0, 0.1, 0.2}
    bench("--corruption", "0.3", "--fresh")
    assert {record.corruption for record in records(tmp_path)} == {0.0, 0.3}


def write_boilers(path, heat="heat"):
    rows = (f"{row % 7},{row * row % 11},{int(row % 3 == 0)}" for row in range(60))
    path.write_text(f"{heat},load,faulty\n" + "\n".join(rows) + "\n")


def test_a_file_of_ones_own_is_a_data_set(bench, no_report, tmp_path):
    write_boilers(tmp_path / "boilers.csv")
    command = ("--data", "boilers.csv", "--label", "faulty", "--detector", "centre")
    ended = bench(*command)
    assert ended.exit_code == 0, ended.output
    done = records(tmp_path)
    assert {(record.dataset, record.corruption) for record in done} == {
        ("boilers.csv", 0.0),
        ("boilers.csv", 0.3),
    }
    write_boilers(tmp_path / "boilers.csv", heat="warmth")
    changed = bench(*command)
    assert changed.exit_code == 2
    assert "another dataset named 'boilers.csv'" in changed.stderr
    assert len(records(tmp_path)) == 2


def test_a_failed_cell_is_told_and_fails_the_command(bench, no_report):
    ended = bench("--detector", "tests.bench.stubs:Failing", "--detector", "centre")
    assert ended.exit_code == 1
    assert "report: " in ended.stdout
    assert "2 of 4 runs have no result" in ended.stderr
    assert "the matrix is singular" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_ctrl_c_says_how_to_go_on(bench, no_report, tmp_path, monkeypatch):
    real, ran = runner._results, []

    def interrupted(*arguments):
        for record in real(*arguments):
            if ran:
                raise KeyboardInterrupt
            ran.append(record)
            yield record

    monkeypatch.setattr(runner, "_results", interrupted)
    ended = bench()
    assert ended.exit_code == 130
    assert ended.stderr == "stopped: 1 of 4 runs are done; the same command goes on\n"
    monkeypatch.setattr(runner, "_results", real)
    assert bench().exit_code == 0
    assert len(records(tmp_path)) == 4


def test_a_damaged_line_is_named_and_the_rest_is_used(bench, no_report, tmp_path):
    bench()
    path = tmp_path / "reports/runs/tiny/records.jsonl"
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([first[:40], *rest]) + "\n")
    ended = bench()
    assert ended.exit_code == 0
    assert ended.stderr.startswith("Warning: line 1 of the records is passed over: ")
    assert len(records(tmp_path)) == 4


REFUSED = {
    "an unknown detector": (["--detector", "iforst"], "unknown detector 'iforst'.*did you mean 'iforest'"),
    "an unknown data set": (["--dataset", "wien"], "unknown dataset 'wien'; did you mean 'wine'"),
    "a missing file": (["--dataset", "cardio"], "needs the file ad_6_cardio.npz: ROBUSTGEN_DATA is not set"),
    "corruption out of range": (["--corruption", "0.5"], "got corruption = 0.5"),
    "unreachable corruption": (
        ["--dataset", "breast_cancer", "--corruption", "0.4"],
        r"at most 0\.373.*max_corruption to 0\.4",
    ),
    "no inlier class": (["--dataset", "digits"], "'digits' needs an inlier class, one of '0', '1'"),
    "a wrong inlier class": (["--inlier-class", "7"], "'wine' has no class '7'.*'class_0'"),
    "an inlier class for none": (["--dataset", "breast_cancer", "--inlier-class", "1"], "no classes"),
    "a file that is not there": (["--data", "tniy.toml"], "no file 'tniy.toml'; did you mean 'tiny.toml'"),
    "a file of another kind": (["--data", "tiny.toml"], "'tiny.toml' has no known ending"),
    "a label without a file": (["--label", "y"], "got 1 label columns for 0 data files"),
    "an unknown protocol": (["--protocol", "inductiv"], "did you mean 'inductive'"),
    "corruption of what": (["--corruption-of", "outliers"], "expected 'all' or 'inliers'"),
    "max_corruption out of range": (["--max-corruption", "0.8"], "max_corruption"),
    "no repetitions": (["--repetitions", "0"], "got repetitions = 0"),
    "no jobs": (["--jobs", "0"], "got jobs = 0"),
    "no such device": (["--device", "warp"], "got device=.warp."),
    "no such backend": (
        ["--backend", "dusk"],
        "got backend 'dusk', expected 'loky' or 'dask'; did you mean 'dask'",
    ),
    "a cluster without an address": (["--backend", "dask"], "without a scheduler"),
    "an address without a cluster": (["--scheduler", "tcp://here:1"], "expected none for backend 'loky'"),
    "no time": (["--timeout", "0"], "got timeout = 0 seconds"),
    "no memory": (["--memory-limit", "none"], "got a size of 'none'"),
    "an output that is a file": (["--output", "tiny.toml/run"], "Not a directory: 'tiny.toml/run'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_gets_one_clear_line(bench, tmp_path, case):
    arguments, message = REFUSED[case]
    ended = bench(*arguments)
    assert ended.exit_code == 2
    assert re.search(message, ended.stderr), ended.stderr
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""
    assert not (tmp_path / "reports").exists()


def test_an_unknown_suite_gets_the_nearest_name(bench):
    assert "did you mean 'quick'" in bench(suite="quik").stderr


@pytest.mark.parametrize(
    ("text", "message"), [("name = ", "not valid TOML"), ("nmae = 'x'", "did you mean 'name'")]
)
def test_a_broken_suite_names_its_fault(bench, tmp_path, text, message):
    (tmp_path / "tiny.toml").write_text(text)
    ended = bench()
    assert ended.exit_code == 2
    assert message in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_the_folder_of_another_suite_is_left_alone(bench, no_report, tmp_path):
    bench("--output", "out")
    before = (tmp_path / "out" / "records.jsonl").read_bytes()
    (tmp_path / "other.toml").write_text(SUITE.replace("tiny", "other"))
    ended = bench("--output", "out", suite="other.toml")
    assert ended.exit_code == 2
    assert "got suite 'other', expected 'tiny'" in ended.stderr
    assert (tmp_path / "out" / "records.jsonl").read_bytes() == before


def test_list_names_suites_and_detectors(bench):
    said = bench("--list").output
    assert all(f"{name}: " in said for name in ("quick", "tabular", "kdd"))
    assert "knn-50-trimmed" in said
    assert max(map(len, said.splitlines())) <= 80
