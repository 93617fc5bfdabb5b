"""`robustgen report`: what it says of folders that hold no run (runs are in test_bench)."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from robustgen.cli import main


@pytest.mark.parametrize("name", ["empty", "nowhere"])
def test_a_folder_without_a_run_gets_one_line(tmp_path, name):
    (tmp_path / "empty").mkdir()
    ended = CliRunner().invoke(main, ["report", str(tmp_path / name)])
    assert ended.exit_code == 2
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    assert name in ended.stderr


def test_the_folder_must_be_given():
    ended = CliRunner().invoke(main, ["report"])
    assert ended.exit_code == 2
    assert ended.stderr == "Error: Missing argument 'DIR'.\n"
