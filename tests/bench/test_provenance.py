"""Where results come from."""

from __future__ import annotations

import subprocess

import pytest

from robustgen.bench import provenance


def test_a_manifest_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "manifest.json"
    provenance.write_manifest(path, {"a": 1})
    with pytest.raises(TypeError):
        provenance.write_manifest(path, {"a": object()})
    assert path.read_text() == '{\n  "a": 1\n}\n'
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


def test_the_commit_and_whether_files_differ_from_it(tmp_path):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    git("init")
    git("commit", "--allow-empty", "-m", "one")
    found = provenance._git(tmp_path)
    assert len(found["commit"]) == 40
    assert found["dirty"] is False
    (tmp_path / "new.txt").write_text("")
    assert provenance._git(tmp_path)["dirty"] is True


def test_outside_a_checkout_there_is_no_commit(tmp_path):
    assert provenance._git(tmp_path) is None
