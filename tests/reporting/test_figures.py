from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from robustgen.bench.records import Record
from robustgen.reporting import curves, figures, tables
from robustgen.reporting.cells import cells
from robustgen.reporting.figures import svg
from robustgen.reporting.figures.palette import INK, MUTED, OKABE_ITO, marks

from . import fabricate

RECORDS = [Record(**one) for one in fabricate.run()]
CELLS = cells(RECORDS)
TABLE = tables.summary(CELLS, baseline="autoencoder")
RANKS = pd.Series(range(1, 9), index=fabricate.NAMES, dtype=float)
MARKS = marks(list(fabricate.NAMES), baseline="autoencoder")


def draw(name: str) -> Figure:
    by_set = tables.by_dataset(CELLS)
    dirty = curves.precision_recall(RECORDS).query("corruption == 0.3")
    drawn = {
        "leaderboard": lambda: figures.leaderboard(
            TABLE[TABLE["corruption"] == 0.3], MARKS, baseline="autoencoder", metric="auroc"
        ),
        "against": lambda: figures.against_corruption(TABLE, MARKS, metric="ap"),
        "by set": lambda: figures.against_corruption_by_dataset(by_set, MARKS, metric="auroc"),
        "curves": lambda: figures.precision_recall(dirty, MARKS),
        "scores": lambda: figures.score_histograms(
            curves.histograms(RECORDS).query("corruption == 0.3"), fabricate.NAMES
        ),
        "each": lambda: figures.each_against_corruption(TABLE, MARKS, baseline="autoencoder", metric="auroc"),
        "recovered": lambda: figures.recovered(TABLE, MARKS),
        "costs": lambda: figures.run_times(tables.run_times(CELLS), MARKS),
        "ranks": lambda: figures.critical_differences(RANKS, [frozenset(fabricate.NAMES)], MARKS),
    }
    return drawn[name]()


@cache
def drawn(name: str) -> str:
    """Return a drawing that several tests read."""
    return svg.svg(draw(name))


FIGURES = ["leaderboard", "against", "by set", "curves", "each", "costs", "ranks", "recovered", "scores"]


@pytest.mark.parametrize("name", FIGURES)
def test_same_records_give_the_same_bytes(name: str) -> None:
    assert svg.svg(draw(name)) == drawn(name)


@pytest.mark.parametrize("name", FIGURES[:-2])
def test_a_detector_has_its_colour_in_every_figure(name: str) -> None:
    text = drawn(name)
    for detector, mark in MARKS.items():
        parts = re.findall(rf'data-detector="{figures.token(detector)}".*?</g>', text, re.DOTALL)
        assert parts
        painted = set(re.findall(r"#[0-9a-f]{6}", "".join(parts)))
        assert painted & {mark.colour}
        assert not painted & ({*OKABE_ITO} - {mark.colour})


def test_the_best_six_have_colours_the_baseline_ink_and_the_rest_grey() -> None:
    names = [f"detector{place}" for place in range(25)]
    chosen = marks(names, baseline="detector9")
    assert len({chosen[name].colour for name in names[:6]} | {*OKABE_ITO}) == 6
    assert chosen["detector9"].colour == INK
    assert {chosen[name].colour for name in (*names[6:9], *names[10:])} == {MUTED}


def test_a_mean_over_fewer_sets_stands_below_and_says_so() -> None:
    easy = [Record(**fabricate.line("lucky", "digits", 0.3, auroc=0.99))]
    table = tables.summary(cells(RECORDS + easy))
    shown = table[table["corruption"] == 0.3]
    assert shown["detector"].iloc[-1] == "lucky"
    drawn = figures.leaderboard(shown, marks(shown["detector"].tolist()), baseline=None, metric="auroc")
    assert drawn.axes[0].get_yticklabels()[0].get_text() == "lucky (1 set)"


def test_costs_are_labelled_in_plain_figures() -> None:
    text = drawn("costs")
    assert ">10</text>" in text
    assert "mathdefault" not in text


def test_labels_keep_their_figures() -> None:
    ticks = re.findall(r">(0\.\d+)</text>", drawn("leaderboard"))
    assert ticks
    assert len(ticks) == len(set(ticks))


def test_names_with_dollars_are_no_formulas() -> None:
    lines = fabricate.run(detectors=("a$x_1$b",), datasets=("x$\\bad$",))
    table = tables.by_dataset(cells([Record(**one) for one in lines]))
    text = svg.svg(figures.against_corruption_by_dataset(table, marks(["a$x_1$b"]), metric="auroc"))
    assert "a$x_1$b" in text
    assert "x$\\bad$" in text


def test_the_users_settings_neither_matter_nor_change() -> None:
    plain = drawn("leaderboard")
    with mpl.rc_context(
        {"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "x", "lines.linewidth": 9}
    ):
        assert svg.svg(draw("leaderboard")) == plain
        assert mpl.rcParams["font.size"] == 30


def test_two_inline_figures_share_no_id() -> None:
    text = drawn("curves")
    pages = [svg.inline(text, name=name, title="t") for name in ("one", "two")]
    ids = [set(re.findall(r'\bid="([^"]+)"', page)) for page in pages]
    assert ids[0]
    assert not ids[0] & ids[1]
    for page, own in zip(pages, ids, strict=True):
        assert set(re.findall(r'(?:url\(|href=")#([^")]+)', page)) <= own


def test_reporting_needs_neither_torch_nor_pyplot() -> None:
    unwanted = "{'torch', 'matplotlib.pyplot'}"
    check = f"import sys, robustgen.reporting; print({unwanted} & sys.modules.keys() or 'neither')"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "neither"
