from __future__ import annotations

import numpy as np
import pytest

from robustgen.bench.records import Record
from robustgen.reporting import curves

from . import fabricate


def with_curve(precision: list[float], repetition: int, inlier_class: str) -> Record:
    recall = np.linspace(0, 1, len(precision)).tolist()
    one = fabricate.line("knn", "digits", 0.3, repetition, inlier_class=inlier_class)
    return Record(**one | {"precision_recall": {"recall": recall, "precision": precision}})


def test_precision_is_averaged_at_fixed_recall_then_over_classes() -> None:
    some = [with_curve([1, 0], 0, "0"), with_curve([1, 1], 1, "0"), with_curve([0, 0, 0], 0, "1")]
    mean = curves.precision_recall(some)
    assert len(mean) == 101
    assert (mean["fits"] == 3).all()
    assert mean["precision"].to_numpy() == pytest.approx((1 - curves.GRID / 2) / 2)
    assert mean["recall"].to_numpy() == pytest.approx(curves.GRID)


def test_histogram_shares_sum_to_one_for_both_groups() -> None:
    some = [Record(**one) for one in fabricate.run(datasets=("digits",))]
    sums = curves.histograms(some).groupby(["corruption", "detector", "clean"])[["inliers", "outliers"]].sum()
    assert sums.to_numpy() == pytest.approx(1)


def test_histograms_of_unlike_counts_weigh_alike() -> None:
    few, many = ({"edges": [0, 1, 2], "inliers": bins, "outliers": [1, 0]} for bins in ([1, 0], [0, 100]))
    some = [
        Record(**fabricate.line("knn", "wine", 0.3, turn) | {"histogram": bins})
        for turn, bins in enumerate((few, many))
    ]
    assert curves.histograms(some)["inliers"].tolist() == [0.5, 0.5]


def test_cells_without_curves_leave_none() -> None:
    bad = [Record(**fabricate.line("knn", status="failed", message="no"))]
    assert curves.precision_recall(bad).empty
    assert curves.histograms(bad).empty
