"""Files appear whole or not at all."""

from __future__ import annotations

import pytest

from robustgen._checks import UsageError
from robustgen._files import whole_file


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
