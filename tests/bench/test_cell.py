"""One cell: right numbers, and a record whatever the detector does."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from robustgen.bench import cell as cells
from robustgen.bench.cell import histogram, run_cell
from robustgen.bench.records import Record
from robustgen.bench.spec import Cell, Sampling
from robustgen.data import draw, load
from robustgen.registry import resolve
from tests.bench.stubs import Centre
from tests.bench.suites import detector, essence, small_suite, transductive

CELL = Cell("wine", "class_0", 0.3, 0, detector("Centre"))


def test_the_metrics_are_those_of_the_fitted_detector_on_the_test_rows():
    split = draw(load("wine"), inlier_class=0, corruption=0.3)
    fitted = Centre(random_state=CELL.fit_seed).fit(split.X_train)
    normality = fitted.score_samples(split.X_test)
    record = run_cell(CELL)
    assert record.status == "ok"
    assert record.metrics["auroc"] == pytest.approx(roc_auc_score(split.outlier_test, -normality))
    assert record.metrics["ap"] == pytest.approx(average_precision_score(split.outlier_test, -normality))
    assert record.metrics["f1"] == pytest.approx(f1_score(split.outlier_test, normality < fitted.offset_))


def test_the_last_digits_of_scores_change_no_metric():
    records = [run_cell(replace(CELL, detector=detector("Trembling"))) for _ in range(3)]
    assert records[0].metrics == records[1].metrics == records[2].metrics
    assert records[0].precision_recall == records[1].precision_recall == records[2].precision_recall


def test_a_record_says_what_was_trained_and_tested_on():
    record = run_cell(CELL)
    assert (record.n_train_inliers, record.n_train_outliers) == (29, 12)
    assert (record.n_test_inliers, record.n_test_outliers) == (30, 60)
    assert (record.key, record.detector, record.corruption_of) == (CELL.key, "centre", "all")
    assert record.fit_seconds > 0
    assert record.peak_memory_mib > 1
    assert len(record.precision_recall["recall"]) == len(record.precision_recall["precision"]) == 101
    assert sum(record.histogram["inliers"]) == 30
    assert sum(record.histogram["outliers"]) == 60


def test_the_same_cell_gives_the_same_record():
    assert essence([run_cell(CELL)]) == essence([run_cell(CELL)])


def test_a_clean_cell_trains_without_the_outliers_and_keeps_the_test_rows():
    dirty = replace(CELL, sampling=Sampling(protocol="transductive"))
    record = run_cell(replace(dirty, clean=True))
    assert (record.n_train_inliers, record.n_train_outliers) == (59, 0)
    assert record.n_test_outliers == run_cell(dirty).n_train_outliers == 25


def test_a_detector_that_only_decides_by_score_has_no_precision_and_recall():
    record = run_cell(replace(CELL, detector=detector("DecisionOnly")))
    assert record.status == "ok"
    assert record.metrics["precision"] is record.metrics["recall"] is record.metrics["f1"] is None
    assert record.metrics["auroc"] > 0.5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Failing", "ArithmeticError: the matrix is singular"),
        ("NotFinite", "got 1 of 90 scores that are not finite"),
        ("Short", "expected one for each of 90 rows"),
        ("Scoreless", "score_samples or decision_function"),
    ],
)
def test_a_detector_that_fails_leaves_a_failed_record(name, message):
    record = run_cell(replace(CELL, detector=detector(name)))
    assert record.status == "failed"
    assert message in record.message
    assert "\n" not in record.message
    assert record.metrics is None
    assert record.n_train_outliers == 12


def test_a_detector_that_takes_too_long_is_given_up():
    record = run_cell(replace(CELL, detector=detector("Endless")), timeout=0.05)
    assert (record.status, record.message) == ("timeout", "given up after 0.05 s")


def test_a_detector_that_swallows_the_error_is_out_of_time_all_the_same():
    record = run_cell(replace(CELL, detector=detector("Swallowing")), timeout=0.05)
    assert record.status == "timeout"


@pytest.mark.parametrize(
    ("change", "message"),
    [({"dataset": "nowhere"}, "unknown dataset"), ({"inlier_class": "port"}, "has no class 'port'")],
)
def test_data_that_cannot_be_had_skips_the_cell(change, message):
    record = run_cell(replace(CELL, **change))
    assert record.status == "skipped"
    assert message in record.message


def test_warnings_to_the_user_are_kept():
    record = run_cell(replace(CELL, detector=detector("Worried")))
    assert (record.status, record.message) == ("ok", "UserWarning: did not converge")


def test_images_reach_a_detector_as_images():
    record = run_cell(Cell("digits", "0", 0.1, 0, resolve("tests.bench.stubs:Centre")))
    assert record.metrics["auroc"] > 0.9


def test_a_histogram_counts_every_row_once():
    rng = np.random.default_rng(0)
    outlier, outlierness = rng.random(500) < 0.3, rng.standard_cauchy(500)
    counts = histogram(outlier, outlierness)
    assert sum(counts["inliers"]) == np.count_nonzero(~outlier)
    assert sum(counts["outliers"]) == np.count_nonzero(outlier)
    assert counts["edges"][0] == pytest.approx(np.percentile(outlierness, 0.5))
    assert counts["edges"][-1] == pytest.approx(np.percentile(outlierness, 99.5))


def test_a_histogram_of_one_value():
    counts = histogram(np.array([True, False]), np.zeros(2))
    assert sum(counts["inliers"]) == sum(counts["outliers"]) == 1
    assert all(map(math.isfinite, counts["edges"]))


KNOWN = {
    "bc912db9c1f72b5b42f7": (26902230, 0.963889, 0.983215, 0.946429, 0.883333, 0.913793, 0.9, 0.8, 0.866667),
    "fd607632e917e64df7b1": (981258943, 0.767778, 0.840016, 0.8125, 0.216667, 0.342105, 0.833333, 0.0666667,
                             0.133333),
    "45e546635299b3bb044d": (981258943, 0.773559, 0.551244, 0.555556, 0.2, 0.294118, 0.64, 0.0, 0.16),
    "60f12672cb86adcc9675": (1656020530, 0.95322, 0.914389, 0.769231, 0.8, 0.784314, 0.8, 0.48, 0.76),
}  # fmt: skip
"""Keys, seeds and metrics as they were in November 2026: results are compared across years by them."""


def test_keys_seeds_and_metrics_are_those_of_earlier_versions():
    suites = [small(detector("Centre"), corruption=(0.3,)) for small in (small_suite, in_transduction)]
    some = [cell for suite in suites for cell in suite.cells() if cell.inlier_class == "class_0"]
    stored = [(cell.fit_seed, Record.from_json(run_cell(cell).to_json())) for cell in some]
    found = {record.key: (seed, *record.metrics.values()) for seed, record in stored}
    assert found == KNOWN


def in_transduction(*detectors, **changes):
    return transductive(detectors=detectors, **changes)


@pytest.mark.parametrize(("suite", "n_draws"), [(small_suite, 3), (transductive, 2)])
def test_each_draw_is_made_once_for_all_detectors_and_for_its_clean_part(monkeypatch, suite, n_draws):
    made = []

    def counted(*arguments, **named):
        made.append((named["inlier_class"], named["corruption"], named["repetition"]))
        return draw(*arguments, **named)

    monkeypatch.setattr(cells, "draw", counted)
    some = suite().cells()
    cells._drawn.cache_clear()
    assert {run_cell(cell).status for cell in some} == {"ok"}
    assert len(made) == len(set(made)) == 2 * n_draws  # of two inlier classes


def test_a_detector_that_writes_to_its_rows_spoils_no_other_cell():
    before = essence([run_cell(CELL)])
    assert run_cell(replace(CELL, detector=detector("Scribbling"))).status == "ok"
    assert essence([run_cell(CELL)]) == before
