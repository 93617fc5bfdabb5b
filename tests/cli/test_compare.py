"""`robustgen compare`: two runs on the terminal, as files, and every refusal in one line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from robustgen.cli import main
from tests.reporting import fabricate
from tests.reporting.fabricate import line


@pytest.fixture
def folders(tmp_path):
    about = fabricate.manifest()
    fabricate.write(tmp_path / "a", [line("knn", "wine", auroc=0.7), line("pca", "wine")], about)
    lines = [line("knn", "wine", auroc=0.8), line("pca", "wine", status="failed", message="[red]singular")]
    fabricate.write(tmp_path / "b", lines, about | {"device": "cuda"})
    return tmp_path


def compare(*arguments):
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def test_the_terminal_shows_what_changed(folders):
    ended = compare(folders / "a", folders / "b")
    assert ended.exit_code == 0, ended.output
    for said in ("+10.0", "2 runs in both", "1 run ended otherwise", "[red]singular", "device", "cuda"):
        assert said in ended.stdout
    assert ended.stderr == ""
    assert not (folders / "compare.html").exists()


def test_output_gets_the_documents(folders):
    ended = compare(folders / "a", folders / "b", "--output", folders / "out")
    assert ended.stdout.splitlines()[-2] == f"comparison: {folders / 'out' / 'compare.html'}"
    assert (folders / "out" / "compare.html").is_file()


@pytest.mark.parametrize("names", [("a", "nowhere"), ("empty", "a"), ("a", "other")])
def test_what_cannot_be_compared_gets_one_line(folders, names):
    (folders / "empty").mkdir()
    about = fabricate.manifest()
    about["suite"]["protocol"] = "transductive"
    fabricate.write(folders / "other", [line("knn")], about)
    ended = compare(*(folders / name for name in names))
    assert ended.exit_code == 2
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
