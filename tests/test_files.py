"""Files appear whole or not at all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from robustgen._checks import UsageError
from robustgen._files import staged, whole_file, whole_folder


def test_the_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "scored.csv"
    with whole_file(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.suffix == ".csv"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "scored.csv"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), whole_file(path) as temporary:
        temporary.write_text("half \udcff")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    with whole_file(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@pytest.mark.parametrize(("name", "reason"), [("missing/file", "there is no folder"), (".", "is no file")])
def test_a_name_that_no_file_can_have_is_refused_at_once(tmp_path, name, reason):
    with pytest.raises(UsageError, match=reason), whole_file(tmp_path / name):
        pytest.fail("the block must not run")


def test_a_folder_that_may_not_be_written_to_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)  # the administrator may write anywhere
    with pytest.raises(UsageError, match="you may not write to the folder"), whole_file(tmp_path / "file"):
        pytest.fail("the block must not run")


KILLED = """
import os, signal, sys
from pathlib import Path
from robustgen._files import staged, whole_file, whole_folder

with whole_file(sys.argv[1]) as file, whole_folder(sys.argv[2]) as folder, staged(Path(sys.argv[3])) as parts:
    for path in (file, folder / "a", parts / "a"):
        path.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_has_left_is_removed_by_the_next(tmp_path):
    paths = [tmp_path / "scored.csv", tmp_path / "kept", tmp_path]
    subprocess.run([sys.executable, "-c", KILLED, *map(str, paths)], check=False)
    assert len([path for path in tmp_path.iterdir() if ".part" in path.name]) == 3
    with whole_file(paths[0]), whole_folder(paths[1]), staged(tmp_path):
        assert len([path for path in tmp_path.iterdir() if ".part" in path.name]) == 3
    assert sorted(tmp_path.iterdir()) == [paths[1], paths[0]]


def test_what_a_living_run_writes_is_left_alone(tmp_path):
    with whole_file(tmp_path / "scored.csv") as first:
        with whole_file(tmp_path / "scored.csv") as second:
            second.write_text("second")
        assert first.exists()
        first.write_text("first")
    assert (tmp_path / "scored.csv").read_text() == "first"


def test_names_of_temporary_files_cannot_be_foreseen(tmp_path):
    names = []
    for _ in range(2):
        with whole_file(tmp_path / "scored.csv") as temporary:
            names.append(temporary.name)
    assert names[0] != names[1]
    assert max(map(len, names)) < 60


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_that_is_overwritten_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "scored.csv"
    path.write_text("old")
    path.chmod(mode)
    with whole_file(path) as temporary:
        assert temporary.stat().st_mode & 0o777 == mode | 0o600  # nobody reads along who may not
        temporary.write_text("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", mode)


def test_a_long_name_has_a_temporary_file_too(tmp_path):
    path = tmp_path / ("ä" * 125 + ".csv")
    with whole_file(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    with pytest.raises(UnicodeEncodeError), whole_folder(tmp_path / "kept") as temporary:
        (temporary / "a").write_text("half \udcff")
    assert list(tmp_path.iterdir()) == []
    with whole_folder(tmp_path / "kept") as temporary:
        (temporary / "a").write_text("whole")
    assert (tmp_path / "kept/a").read_text() == "whole"
    with pytest.raises(UsageError, match="it is there already"), whole_folder(tmp_path / "kept"):
        pytest.fail("the block must not run")
