"""The page of an audit says what was found, escapes what it shows, and stays short."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.reporting.audit import MOST, Audited, audit_page, histogram


def audited(n_rows=1000, removed=700, **changes):
    scores = -np.arange(1.0, n_rows + 1)
    values = {
        "score": scores,
        "p_value": np.linspace(1, 1e-3, n_rows),
        "reason": np.full(n_rows, "fuel = <b>oil</b> (90 %)", dtype=object),
    }
    outlier = np.arange(n_rows) >= n_rows - removed
    facts = {"name": "a&b.csv", "method": "RSRAE", "names": range(1, n_rows + 1), "values": values}
    facts |= {"outlier": outlier, "threshold": scores[n_rows - removed - 1] - 0.5, "share": 0.25}
    return Audited(**facts | {"interval": (0.2, 0.31), "given": None} | changes)


def test_counts_estimate_and_interval_are_there():
    page = audit_page(audited())
    assert "700 of the 1,000 rows of a&amp;b.csv were taken out as outliers." in page
    assert "estimated share of outliers 25 % (20 % to 31 %)" in page
    assert "the estimate set the threshold" in page
    assert "asked for 70 %" in audit_page(audited(given=0.7))


def test_the_worst_rows_come_first_and_not_all_of_them():
    page = audit_page(audited())
    assert page.count("(90 %)") == MOST
    assert page.index(">1000</td>") < page.index(">999</td>")
    assert f"the first {MOST} of 700" in page


def test_cells_are_escaped():
    page = audit_page(audited())
    assert "<b>oil</b>" not in page
    assert "&lt;b&gt;oil&lt;/b&gt;" in page


def test_rows_without_columns_have_no_reasons():
    values = {name: value for name, value in audited().values.items() if name != "reason"}
    assert "reason</span>" not in audit_page(audited(values=values))


@pytest.mark.parametrize("removed", [0, 1, 1000])
def test_any_number_of_rows_can_be_removed(removed):
    assert "rows of a&amp;b.csv" in audit_page(audited(removed=removed, threshold=0.0))


def test_every_row_is_in_the_histogram():
    for shift in (0.0, 500.0):  # errors above 0, and around it
        part = audited()
        values = part.values | {"score": part.values["score"] + shift}
        axes = histogram(audited(values=values)).axes[0]
        assert sum(patch.get_height() for patch in axes.patches) == pytest.approx(1000)
