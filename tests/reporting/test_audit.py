"""The page of an audit says what was found, escapes what it shows, and stays short."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from robustgen.reporting.audit import LISTED, REACH, AuditPage, Cell, histogram
from robustgen.reporting.sketches import sketched_images
from robustgen.triage.shares import removed_shares


def audited(n_rows=1000, outliers=300, **changes):
    scores = -np.arange(1.0, n_rows + 1)
    outlier = np.arange(n_rows) >= n_rows - outliers
    fuel = pd.Categorical(np.where(np.arange(n_rows) % 4 == 0, "<b>oil</b>", "gas"))
    facts = {
        "name": "a&b.csv",
        "sentence": f"{outliers} of the {n_rows:,} rows of a&b.csv look wrong",
        "method": "RSRAE",
        "about": "An autoencoder.",
        "scores": scores,
        "outlier": outlier,
        "threshold": scores[n_rows - outliers - 1] - 0.5,
        "share": 0.25,
        "interval": (0.2, 0.31),
        "decided_by": "the estimate set the threshold",
        "row_names": range(1, n_rows + 1),
        "p_values": np.linspace(1, 1e-3, n_rows),
        "groups": np.full(n_rows, "heat x 1000", dtype=object),
        "oddest": dict.fromkeys(range(n_rows), "heat"),
        "cells": {
            place: (Cell("heat", "97", True, "61"), Cell("fuel", "<b>oil</b>")) for place in range(n_rows)
        },
        "findings": (("exact duplicates", "2 rows equal to an earlier one", (4, 5)),),
        "categories": {"fuel": fuel},
        "shares": removed_shares({"fuel": fuel}, outlier),
        "contents": {place: f"{place:016x}" for place in range(n_rows)},
    }
    return AuditPage(**facts | changes)


def drawn():
    """Draw the rows that a page of a thousand lists, of which each is like the first."""
    images = np.random.default_rng(0).random((1000, 6, 5))
    listed = range(1000 - LISTED, 1000)
    return sketched_images(images, {place: images[place] for place in listed}, dict.fromkeys(listed, 0))


def data_of(page):
    return json.loads(re.search(r'id="data">(.+?)</script>', page, re.DOTALL)[1])


def test_sentence_estimate_and_interval_are_at_the_top():
    page = audited().html()
    assert '<h1 id="sentence">300 of the 1,000 rows of a&amp;b.csv look wrong</h1>' in page
    assert "estimated contamination 25 % (20 % to 31 %)" in page
    assert "the estimate set the threshold" in page
    assert "asked for 30 %" in audited(decided_by="asked for 30 %").html()


def test_findings_stand_before_rows():
    page = audited().html()
    assert page.index("2 rows equal to an earlier one") < page.index('id="rows"')
    assert ">5, 6</td>" in page


def test_the_lowest_scores_come_first_and_not_all_of_them():
    page = audited().html()
    assert page.count("<li data-rank") == LISTED
    assert page.index("<b>Row 1000</b>") < page.index("<b>Row 999</b>")
    assert f"The first {LISTED} of 300 rows" in page


def test_an_odd_cell_stands_beside_what_is_expected():
    assert '<span class="odd"><i>heat</i> 97 <em>expected 61</em></span>' in audited().html()


def test_of_many_cells_the_odd_ones_are_shown_and_the_others_can_be_opened():
    cells = tuple(Cell(f"x{j}", str(j), j < 15, "0" if j < 15 else "") for j in range(150))
    page = audited(cells=dict.fromkeys(range(1000), cells)).html()
    first = page[page.index("<li data-rank") : page.index("</li>")]
    shown, others = first.split("<details>")
    assert shown.count("<span") - shown.count('"group-name"') == shown.count('class="odd"') == 15
    assert "135 other cells" in others
    assert others.count("<span") == 135


def test_cells_are_escaped():
    page = audited().html()
    assert "<b>oil</b>" not in page
    assert "&lt;b&gt;oil&lt;/b&gt;" in page


def test_rows_without_columns_have_neither_cells_nor_groups():
    page = audited(cells={}, groups=None, oddest={}, categories={}, shares=pd.DataFrame(), findings=()).html()
    assert 'class="cells"' not in page
    assert 'id="findings"' not in page


def test_p_values_are_there_where_rows_were_held_out():
    assert ", p 0.001<" in audited().html()
    assert "p-value" not in audited(p_values=None).html()


def test_the_script_knows_names_contents_and_categories_of_all_rows_within_reach():
    known = data_of(audited(n_rows=REACH + 100).html())
    assert len(known["names"]) == len(known["contents"]) == len(known["codes"]["fuel"]) == REACH
    assert known["names"][0] == str(REACH + 100)
    assert known["total"] == REACH + 100


@pytest.mark.parametrize("outliers", [0, 1, 500, 1000])
def test_any_number_of_rows_can_be_outliers(outliers):
    assert f"{outliers} of the 1,000 rows" in audited(outliers=outliers, threshold=0.0).html()


def test_the_summary_of_a_notebook_has_the_sentence_and_few_rows():
    summary = audited().summary()
    assert "300 of the 1,000 rows" in summary
    assert "<script" not in summary
    assert summary.count("Row ") == 10


def test_every_row_is_in_the_histogram():
    for shift in (0.0, 500.0):  # errors above 0, and around it
        part = audited()
        axes = histogram(audited(scores=part.scores + shift)).axes[0]
        assert sum(patch.get_height() for patch in axes.patches) == pytest.approx(1000)


def test_images_are_called_so_and_drawn_once():
    named = {"noun": "images", "cells": {}, "row_names": [f"{place}.png" for place in range(1000)]}
    page = audited(draw=drawn, **named).html()
    assert "300 images would be removed" in re.sub("<.*?>", "", page)
    assert "<b>999.png</b>" in page
    assert "normal: 0.png" in page
    assert page.count('<g id="drawn-') == LISTED + 1
    used = set(re.findall(r'href="#(drawn-\d+)"', page))
    assert used == set(re.findall(r'<g id="(drawn-\d+)"', page))


def test_images_without_names_are_numbered_as_images():
    assert audited(noun="images").heading(4) == "Image 5"


def test_the_strip_shows_both_sides_of_the_threshold():
    page = audited(outliers=3)
    assert [card["removed"] for card in page.border] == [True] * 3 + [False] * 8
    assert audited(outliers=0).border[0]["rank"] == 0
