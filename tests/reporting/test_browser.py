"""The page as a reader has it: opened once in a real browser, on a dark screen as narrow as a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from robustgen.reporting import build_report
from robustgen.reporting.figures.palette import DARK, INK, PAPER

from . import browser, fabricate

NAMES = ("autoencoder", "rsrae-robust", "knn")
PROBE = Path(__file__).with_name("probe.js")
SETS = [f"set{place}" for place in range(7)]
LEVELS = (0.0, 0.1, 0.2, 0.3)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    program = browser.find_browser()
    if program is None:
        pytest.skip("no browser: put Chromium or Chrome on the path, or name one by ROBUSTGEN_BROWSER")
    folder = tmp_path_factory.mktemp("browser")
    lines = fabricate.run(NAMES, SETS, LEVELS, 1)
    page = build_report(fabricate.write(folder / "run", lines, fabricate.manifest()))
    saw, log = browser.play(program, page, PROBE.read_text(), folder, width=390)
    assert "broken" not in saw, saw["broken"]
    return saw | {"console": re.findall(r"CONSOLE.*", log)}


def test_the_page_loads_without_an_error(seen: dict[str, Any]) -> None:
    assert seen["faults"] == []
    assert seen["console"] == []


def test_a_phone_scrolls_tables_and_never_the_page(seen: dict[str, Any]) -> None:
    assert seen["wide"] == []
    assert seen["overflow"] <= 0
    assert seen["scrolls"]


def test_a_dark_screen_has_a_dark_page_and_dark_figures(seen: dict[str, Any]) -> None:
    if not seen["dark"]:
        pytest.skip("this browser does not take the wish for a dark screen from its command line")
    assert seen["paper"] == rgb(DARK[PAPER])
    assert seen["ink"] == seen["figure"] == rgb(DARK[INK])


def test_a_heading_sorts_down_then_up_and_says_so(seen: dict[str, Any]) -> None:
    numbers = sorted(seen["before"])
    assert seen["before"] not in (numbers, numbers[::-1])
    assert seen["descending"] == [numbers[::-1], "descending"]
    assert seen["ascending"] == [numbers, "ascending"]
    assert seen["words"] == [sorted(NAMES * len(LEVELS)), None]
    assert seen["focused"]


def test_words_and_choices_filter_rows(seen: dict[str, Any]) -> None:
    assert set(seen["filtered"]) == {"rsrae-robust"}
    assert seen["counted"] == f"{len(seen['filtered'])} of 12 rows"
    assert seen["chosen"] == ["0.3"] * len(NAMES)


def test_choices_show_one_table_and_words_filter_its_columns(seen: dict[str, Any]) -> None:
    assert seen["first"] == [True, False, False]
    assert seen["second"] == [False, False, True]
    assert seen["columns"] == ["Detector", "set3"]


def test_a_detector_under_the_pointer_is_lit_and_named(seen: dict[str, Any]) -> None:
    assert seen["lit"]
    assert re.fullmatch(rf"({'|'.join(NAMES)}): 0\.\d{{3}} at 0(\.\d)?", seen["badge"])


def test_one_slider_moves_the_answer_the_tables_and_the_lines_of_the_curves(seen: dict[str, Any]) -> None:
    assert seen["answers"] == [["0.3", True], ["0.2", False], ["0.1", False], ["0", False]]
    assert seen["moved"] == ["0.1"]
    assert seen["lines"] == ["0.1"]


def test_a_click_follows_a_detector_until_the_next(seen: dict[str, Any]) -> None:
    assert seen["followed"] == [seen["clicked"]]
    assert seen["listed"] == seen["clicked"]


def test_a_table_can_be_saved(seen: dict[str, Any]) -> None:
    assert seen["saved"] == "table-every-metric.csv"
    assert seen["bytes"] > 100


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"
