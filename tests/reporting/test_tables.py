from __future__ import annotations

import json
import statistics
from typing import Any

import numpy as np
import pandas as pd
import pytest

from robustgen.bench.records import Record
from robustgen.reporting import tables
from robustgen.reporting.cells import METRICS, cells, with_baseline, with_oracle

from . import fabricate
from .fabricate import line


def run(lines: list[dict[str, Any]]) -> pd.DataFrame:
    return cells([Record.from_json(json.dumps(one)) for one in lines])


def at(table: pd.DataFrame, detector: str, corruption: float, **others: Any) -> pd.Series:
    wanted = {"detector": detector, "corruption": corruption, **others}
    rows = table[np.all([table[name] == value for name, value in wanted.items()], axis=0)]
    assert len(rows) == 1
    return rows.iloc[0]


def pair(detector: str, dirty: float, oracle: float, dataset: str = "wine") -> list[dict[str, Any]]:
    return [line(detector, dataset, 0.3, auroc=dirty), line(detector, dataset, 0.0, clean=True, auroc=oracle)]


def mean_by_hand(lines: list[dict[str, Any]], detector: str, corruption: float, metric: str) -> float:
    """Average as the report promises, in plain loops."""
    sets: dict[str, dict[str, list[float]]] = {}
    for one in lines:
        if (one["detector"], one["corruption"], one["status"]) == (detector, corruption, "ok"):
            classes = sets.setdefault(one["dataset"], {})
            classes.setdefault(str(one["inlier_class"]), []).append(one["metrics"][metric])
    return statistics.fmean(
        statistics.fmean(statistics.fmean(scores) for scores in classes.values()) for classes in sets.values()
    )


def test_means_run_over_repetitions_then_classes_then_sets() -> None:
    lines = [
        line("knn", "digits", 0.3, 0, inlier_class="0", auroc=0.9),
        line("knn", "digits", 0.3, 1, inlier_class="0", auroc=0.7),
        line("knn", "digits", 0.3, 0, inlier_class="1", auroc=0.6),
        line("knn", "wine", 0.3, 0, auroc=0.5),
    ]
    row = at(tables.summary(run(lines)), "knn", 0.3)
    assert row["auroc"] == pytest.approx(((0.9 + 0.7) / 2 + 0.6) / 2 / 2 + 0.5 / 2)
    assert (row["sets"], row["fits"], row["repetitions"]) == (2, 4, 2)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_of_the_summary_is_the_mean_by_hand(metric: str) -> None:
    lines = fabricate.run()
    table = tables.summary(run(lines), baseline="autoencoder")
    for _, row in table.iterrows():
        expected = mean_by_hand(lines, row["detector"], row["corruption"], metric)
        assert row[metric] == pytest.approx(expected)


def test_summary_of_one_set_is_its_row_in_by_dataset() -> None:
    some = run(fabricate.run(datasets=("digits",)))
    whole = tables.summary(some, baseline="autoencoder")
    alone = tables.by_dataset(some, baseline="autoencoder")
    columns = ["corruption", "detector", "fits", *METRICS, "auroc_recovered", "ap_oracle"]
    pd.testing.assert_frame_equal(whole[columns], alone[columns])


def test_order_of_lines_does_not_matter() -> None:
    lines = fabricate.run()
    forth, back = tables.summary(run(lines)), tables.summary(run(lines[::-1]))
    pd.testing.assert_frame_equal(forth, back)


def test_spread_is_the_deviation_of_the_mean_over_sets() -> None:
    scores = {("wine", 0): 0.5, ("wine", 1): 0.7, ("cardio", 0): 0.8, ("cardio", 1): 0.7}
    lines = [line("knn", name, 0.3, turn, auroc=score) for (name, turn), score in scores.items()]
    row = at(tables.summary(run(lines)), "knn", 0.3)
    assert row["auroc_spread"] == pytest.approx(statistics.stdev([0.65, 0.7]))


def test_spread_needs_two_repetitions() -> None:
    assert np.isnan(at(tables.summary(run([line("knn")])), "knn", 0.3)["auroc_spread"])


def test_a_missing_repetition_is_no_spread() -> None:
    whole = [line("knn", "wine", 0.3, turn, auroc=0.6) for turn in (0, 1)]
    part = [line("knn", "cardio", 0.3, 0, auroc=0.9)]
    assert at(tables.summary(run(whole + part)), "knn", 0.3)["auroc_spread"] == pytest.approx(0)


def test_recovered_is_one_where_dirty_equals_oracle_and_zero_for_the_baseline() -> None:
    lines = pair("autoencoder", 0.7, 0.9) + pair("rsrae", 0.95, 0.95) + pair("knn", 0.8, 0.9)
    table = tables.summary(run(lines), baseline="autoencoder")
    shares = table[table["corruption"] == 0.3].set_index("detector")["auroc_recovered"]
    assert shares["rsrae"] == pytest.approx(1)
    assert shares["autoencoder"] == pytest.approx(0)
    assert shares["knn"] == pytest.approx((0.8 - 0.7) / (0.9 - 0.7))


@pytest.mark.parametrize(
    ("baseline", "corruption", "dirty_baseline", "oracle"),
    [
        ("autoencoder", 0.0, 0.7, 0.95),  # nothing is damaged
        ("autoencoder", 0.3, 0.89, 0.95),  # the baseline lost 0.01 only
        ("autoencoder", 0.3, 0.7, 0.71),  # nothing to be won by clean training
        ("pca", 0.3, 0.7, 0.95),  # the baseline was not run
        (None, 0.3, 0.7, 0.95),
    ],
)
def test_recovered_is_blank_where_there_is_nothing_to_divide_by(
    baseline: str | None, corruption: float, dirty_baseline: float, oracle: float
) -> None:
    lines = pair("autoencoder", dirty_baseline, 0.9) + pair("rsrae", 0.705, oracle)
    table = tables.summary(run(lines), baseline=baseline)
    assert np.isnan(at(table, "rsrae", corruption)["auroc_recovered"])


def test_recovered_compares_on_the_fits_that_all_three_finished() -> None:
    lines = pair("autoencoder", 0.7, 0.9) + pair("rsrae", 0.8, 0.9)
    only_rsrae = pair("rsrae", 0.1, 0.9, dataset="cardio")
    row = at(tables.summary(run(lines + only_rsrae), baseline="autoencoder"), "rsrae", 0.3)
    assert row["auroc_recovered"] == pytest.approx(0.5)
    assert (row["recovered_sets"], row["sets"]) == (1, 2)


@pytest.mark.parametrize("clean", [True, False])
def test_inductive_oracle_is_the_cell_at_corruption_zero(clean: bool) -> None:
    zero = line("knn", "wine", 0.0, clean=clean, auroc=0.9)
    table = tables.summary(run([zero, *(line("knn", "wine", c, auroc=0.8) for c in (0.1, 0.3))]))
    assert table["auroc_oracle"].tolist() == [0.9, 0.9, 0.9]
    assert at(table, "knn", 0.0)["auroc"] == 0.9


def test_transductive_oracles_serve_their_own_corruption_and_are_no_result() -> None:
    lines = [
        line("knn", "wine", c, clean=clean, auroc=0.9 + c / 10 if clean else 0.8)
        for c in (0.1, 0.3)
        for clean in (False, True)
    ]
    table = tables.summary(run(lines))
    assert table["auroc"].tolist() == [0.8, 0.8]
    assert table["auroc_oracle"].tolist() == pytest.approx([0.91, 0.93])
    assert table["fits"].tolist() == [1, 1]


def test_oracle_of_another_repetition_does_not_serve() -> None:
    lines = [line("knn", "wine", 0.3, 1), line("knn", "wine", 0.0, 0, clean=True)]
    assert np.isnan(at(tables.summary(run(lines)), "knn", 0.3)["auroc_oracle"])


def test_baseline_scores_are_joined_to_every_detector_of_their_draw() -> None:
    lines = pair("autoencoder", 0.7, 0.9) + pair("rsrae", 0.8, 0.95)
    beside = with_baseline(with_oracle(run(lines)), "autoencoder")
    dirty = beside[beside["corruption"] == 0.3]
    assert dirty["auroc_baseline"].tolist() == [0.7, 0.7]
    assert dirty["auroc_baseline_oracle"].tolist() == [0.9, 0.9]


def test_ranks_are_compared_on_complete_sets_and_shared_by_ties() -> None:
    scores = {"wine": (0.9, 0.8, 0.8), "cardio": (0.6, 0.9, 0.7), "digits": (0.1, 0.2, None)}
    scores |= {f"set{place}": (0.9, 0.8, 0.7) for place in range(2)}
    lines = [
        line(detector, name, 0.3, auroc=score)
        for name, row in scores.items()
        for detector, score in zip(("knn", "pca", "iforest"), row, strict=True)
        if score is not None
    ]
    table = tables.summary(run(lines)).set_index("detector")
    assert table["rank"].to_dict() == {"knn": 1.5, "pca": 1.875, "iforest": 2.625}
    assert table["rank_sets"].tolist() == [4, 4, 4]


def test_a_cell_that_was_run_again_counts_once_by_its_last_record() -> None:
    first = line("knn", status="failed", message="out of memory")
    table = tables.summary(run([first, line("knn", auroc=0.7)]))
    assert at(table, "knn", 0.3)["auroc"] == 0.7
    assert tables.unfinished(run([first, line("knn")])).empty


def test_cells_that_did_not_finish_are_in_no_mean_and_all_listed() -> None:
    bad = [
        line("knn", "wine", 0.3, turn, status=status, message=f"why {status}")
        for turn, status in enumerate(("failed", "skipped", "timeout"))
    ]
    some = run([*bad, line("knn", "wine", 0.3, 3, auroc=0.8)])
    assert at(tables.summary(some), "knn", 0.3)["auroc"] == 0.8
    assert sorted(tables.unfinished(some)["message"]) == ["why failed", "why skipped", "why timeout"]
    assert tables.status_counts(some) == {"ok": 1, "failed": 1, "timeout": 1, "skipped": 1}


def test_warnings_of_finished_cells_are_counted() -> None:
    some = run([line("knn", "wine", 0.3, turn, message="did not converge") for turn in (0, 1)])
    assert tables.warnings(some).to_dict("records") == [
        {"detector": "knn", "message": "did not converge", "fits": 2}
    ]


@pytest.mark.parametrize(("of", "of_all", "of_inliers"), [("all", 0.2, 0.25), ("inliers", 1 / 6, 0.2)])
def test_both_figures_of_a_corruption(of: str, of_all: float, of_inliers: float) -> None:
    row = run([line("knn", corruption=0.2, corruption_of=of)]).iloc[0]
    assert row["corruption_of_all"] == pytest.approx(of_all, abs=1e-6)
    assert row["corruption_of_inliers"] == pytest.approx(of_inliers, abs=1e-6)


def test_run_times_are_medians() -> None:
    lines = [line("knn", "wine", 0.3, turn) | {"fit_seconds": time} for turn, time in enumerate((1, 2, 90))]
    row = tables.run_times(run(lines)).iloc[0]
    assert (row["fit_seconds"], row["fits"]) == (2, 3)
    assert row["total_seconds"] == pytest.approx(93.03)


def test_a_metric_that_a_detector_lacks_stays_blank() -> None:
    lines = [line("knn") | {"metrics": {"auroc": 0.8, "ap": 0.5, "f1": None}}]
    row = at(tables.summary(run(lines)), "knn", 0.3)
    assert np.isnan(row["f1"])
    assert np.isnan(row["recall"])


@pytest.mark.parametrize("lines", [[], [line("knn", status="failed", message="no")]])
def test_without_results_the_tables_are_empty(lines: list[dict[str, Any]]) -> None:
    some = run(lines)
    assert tables.summary(some, baseline="autoencoder").empty
    assert tables.by_dataset(some).empty
    assert tables.run_times(some).empty
