"""The site draws formulas itself, and a page that asks another host fails its build."""

import runpy
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).parents[2] / "docs/extensions"


@pytest.fixture(scope="module")
def alone():
    pytest.importorskip("sphinx")
    return runpy.run_path(str(EXTENSIONS / "alone.py"))


@pytest.mark.parametrize(
    ("tag", "asked"),
    [
        ('<script src="https://cdn.x/y.js"></script>', ["https://cdn.x/y.js"]),
        ('<link rel="stylesheet" href="//fonts.x/z.css">', ["//fonts.x/z.css"]),
        ('<img src="http://x/y.png">', ["http://x/y.png"]),
        ('<a href="https://x">x</a><img src="own.png"><link rel="canonical" href="https://x">', []),
        ('<script src="_static/own.js"></script>', []),
    ],
)
def test_what_a_browser_would_ask_for_is_found(tmp_path, alone, tag, asked) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "page.html").write_text(f"<html><body>{tag}</body></html>")
    assert alone["requests_of"](tmp_path) == ({"below/page.html": asked} if asked else {})


def test_a_formula_becomes_mathml_without_a_command_left() -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("latex2mathml")
    mathml = runpy.run_path(str(EXTENSIONS / "mathml.py"))["mathml"]
    drawn = mathml(r"\arg\min_j \Big\{ \frac{a}{b} \Big\} \\ &= 1", display=True)
    assert "\\" not in drawn
    assert "<mtable" in drawn
