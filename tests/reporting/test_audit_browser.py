"""The audit as a person decides on it: opened once in a real browser, as narrow as a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from . import browser
from .test_audit import audited, drawn

PROBE = Path(__file__).with_name("audit_probe.js")


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    program = browser.find_browser()
    if program is None:
        pytest.skip("no browser: put Chromium or Chrome on the path, or name one by ROBUSTGEN_BROWSER")
    folder = tmp_path_factory.mktemp("audit")
    page = folder / "audit.html"
    page.write_text(audited(outliers=100, name="a b.csv", draw=drawn, options=" -d vae").html())
    saw, log = browser.play(program, page, PROBE.read_text(), folder, width=390)
    assert "broken" not in saw, saw["broken"]
    return saw | {"console": re.findall(r"CONSOLE.*", log)}


def test_the_page_loads_without_an_error_and_fits_a_phone(seen):
    assert seen["faults"] == []
    assert seen["console"] == []
    assert seen["overflow"] <= 0


def test_the_decision_is_the_verdict_at_first(seen):
    assert not seen["hidden"]
    assert seen["first"]["count"] == "100"
    assert seen["first"]["removed"] == 100
    assert seen["first"]["command"] == "robustgen clean 'a b.csv' -o kept.csv -d vae --remove 0.1"


def test_the_slider_moves_count_list_shares_bars_and_command(seen):
    fewer = seen["fewer"]
    assert (fewer["count"], fewer["removed"], fewer["bar"]) == ("50", 50, "50")
    assert fewer["shown"] == 60  # and some beyond the threshold
    assert fewer["command"].endswith("--remove 0.05")
    assert sum(map(int, re.findall(r"^\d+", fewer["share"]))) <= 50
    assert seen["none"]["share"].startswith("0 of ")
    assert seen["preset"]["count"] == "200"


def test_a_tick_decides_on_one_row_and_the_export_holds_all(seen):
    assert seen["ticked"]["count"] == "49"
    assert seen["ticked"]["command"].endswith("--remove decision.csv")
    lines = seen["saved"].splitlines()
    assert lines[0] == "row,answer,content"
    assert lines[1] == f"1000,normal,{999:016x}"
    assert len(lines) == 51
    assert all(line.split(",")[1] == "outlier" for line in lines[2:])


def test_the_rows_at_the_threshold_come_first_on_request(seen):
    assert seen["border"] in ("199", "200")


def test_the_strip_moves_with_the_threshold(seen):
    assert seen["first"]["strip"] == ["removed"] * 8 + [""] * 8
    assert seen["none"]["strip"] == [""] * 8
