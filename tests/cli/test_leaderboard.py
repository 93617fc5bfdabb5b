"""`robustgen bench publish` and `robustgen leaderboard`: one file, one page, every refusal in one line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from robustgen.cli import main
from tests.bench.test_published import about
from tests.reporting import fabricate
from tests.reporting.fabricate import line


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return fabricate.write(tmp_path / "run", [line("knn", "wine"), line("pca", "wine")], about())


def invoke(*arguments):
    return CliRunner().invoke(main, [str(one) for one in arguments])


def test_a_run_becomes_a_file_and_the_file_a_page(run, tmp_path):
    ended = invoke("bench", "publish", run)
    assert ended.output == f"published: {tmp_path / 'run.csv'} (2 runs)\n"
    ended = invoke("leaderboard", "run.csv", "--output", "page.html")
    assert (ended.exit_code, ended.output) == (0, "leaderboard: page.html\n")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_runs_at_odds_are_warned_of(run, tmp_path):
    invoke("bench", "publish", run)
    fabricate.write(tmp_path / "other", [line("knn", "wine", auroc=0.1)], about())
    invoke("bench", "publish", "other")
    ended = invoke("leaderboard", "run.csv", "other.csv", "--output", "page.html")
    assert ended.stderr.startswith("Warning: file 2 repeats 1 run of file 1, 1 of them")


@pytest.mark.parametrize(
    "arguments",
    [
        ("bench", "publish", "nowhere"),
        ("bench", "publish", "run", "--output", "run/records.jsonl"),
        ("bench", "publish", "run", "--output", "file.xlsx"),
        ("bench", "publish", "run", "--output", "no/folder.csv"),
        ("leaderboard", "nowhere.csv", "--output", "page.html"),
        ("leaderboard", "run/records.jsonl", "--output", "page.html"),
        ("leaderboard", "run.csv", "--output", "run.csv"),
        ("leaderboard", "--output", "page.html"),
    ],
)
def test_what_cannot_be_gets_one_line_and_writes_nothing(run, tmp_path, arguments):
    invoke("bench", "publish", run)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ended = invoke(*arguments)
    assert ended.exit_code == 2
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
