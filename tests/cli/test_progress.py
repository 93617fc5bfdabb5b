"""The progress bar keeps to stderr and to terminals."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.bench.records import Record
from robustgen.bench.runner import Plan
from robustgen.cli.progress import Progress, watched

RECORD = Record("k", "wine", "class_0", 0.3, "all", "rsrae[1]", 0, False, "skipped")


@pytest.fixture
def plan():
    return Plan(cells=["a", "b", "c"], missing=["c"], damaged=[(7, "cut off")])


def test_it_counts_what_was_done_before(plan):
    with Progress(quiet=True) as progress:
        progress.on_plan(plan)
        assert (progress.done, progress.total) == (2, 3)
        progress.on_record(RECORD)
        assert (progress.done, progress.total) == (3, 3)


def test_it_is_silent_where_nobody_watches_but_names_damage(plan, capsys):
    with Progress() as progress:
        progress.on_plan(plan)
        progress.on_record(RECORD)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Warning: line 7 of the records is passed over: cut off\n"


def test_it_shows_the_cell_on_a_terminal(plan, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with Progress() as progress:
        progress.on_plan(plan)
        progress.on_record(RECORD)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "3/3 runs" in captured.err
    assert "rsrae[1] on wine class_0 at 0.3" in captured.err


def test_rows_go_by_silently_where_nobody_watches(capsys):
    blocks = [np.zeros((3, 2)), np.zeros((2, 2))]
    assert list(watched(blocks, 5, "scoring")) == blocks
    assert capsys.readouterr() == ("", "")


def test_rows_are_counted_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert len(list(watched([np.zeros((3, 2)), np.zeros((2, 2))], None, "scoring"))) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "scoring" in captured.err
    assert "5 rows" in captured.err
