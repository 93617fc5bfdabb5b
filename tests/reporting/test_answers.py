"""The worth of answers, from records: means over common sets, parts of the damage, the table and the page."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.bench.records import Record
from robustgen.reporting import answers
from robustgen.reporting.layout import lay_out
from robustgen.reporting.run import Run


def record(dataset, corruption, auroc, n=0, strategy="middles", wrong=0.0):
    how = {"detector": "robust", "answers": n, "strategy": strategy, "wrong": wrong} if n else None
    name = f"robust, {n} answers {strategy} {wrong}" if n else "robust"
    return Record(
        f"{dataset}{corruption}{name}",
        dataset,
        None,
        corruption,
        "all",
        name,
        0,
        False,
        "ok",
        metrics={"auroc": auroc, "ap": auroc / 2},
        fit_seconds=1.0,
        score_seconds=1.0,
        rows_per_second=1.0,
        answering=how,
    )


@pytest.fixture
def records():
    """Outliers cost .4 on a and .2 on b; five answers bring back half of it, ten all; c has no ten."""
    lines = [record(name, 0.0, 0.9) for name in "ab"]
    lines += [record("a", 0.3, 0.5), record("a", 0.3, 0.7, 5), record("a", 0.3, 0.9, 10)]
    lines += [record("b", 0.3, 0.7), record("b", 0.3, 0.8, 5), record("b", 0.3, 0.9, 10)]
    return [*lines, record("c", 0.0, 0.9), record("c", 0.3, 0.1), record("c", 0.3, 0.2, 5)]


def test_a_curve_is_of_the_sets_that_have_all_of_its_points(records):
    table = answers.summary(records)
    curve = table[table["corruption"] == 0.3]
    assert curve["answers"].tolist() == [0, 5, 10]
    np.testing.assert_allclose(curve["auroc"], [0.6, 0.75, 0.9])
    np.testing.assert_allclose(curve["ap"], [0.3, 0.375, 0.45])
    assert curve["sets"].tolist() == [2, 2, 2]


def test_recovered_is_the_part_of_the_way_to_clean_rows(records):
    table = answers.summary(records)
    curve = table[table["corruption"] == 0.3]
    np.testing.assert_allclose(curve["recovered"], [0, 0.5, 1])
    assert answers.answers_needed(curve) == 5
    assert answers.answers_needed(curve, 0.8) == 10


def test_of_no_damage_no_part_is_told(records):
    table = answers.summary(records)
    clean = table[table["corruption"] == 0]
    assert clean["recovered"].isna().all()


def test_no_answers_make_no_table_and_no_section(records):
    plain = [one for one in records if one.answering is None]
    table = answers.summary(plain)
    assert table.empty
    assert list(answers.sections(table)) == []


def test_the_display_says_by_how_many_answers_half_is_recovered(records):
    shown = answers.display_table(answers.summary(records))
    texts = [[item.text for item in line.items] for line in shown.lines]
    assert texts[0] == ["0.3", "robust", "middles of clusters", "0 %", "0.600", "0.750", "0.900", "5", "2"]


def test_a_report_keeps_answered_fits_out_of_the_comparison_of_detectors(records):
    report = lay_out(Run("run", records, [], {}))
    assert set(report.tables["summary"]["detector"]) == {"robust"}
    assert "answers" in [section.name for section in report.sections]
    assert len(report.tables["answers"]) == len(answers.summary(records))
