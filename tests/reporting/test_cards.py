"""The answer of a report: whom to take, who is as good, what it costs, where it fails, how to fit it."""

from __future__ import annotations

from typing import Any

import pytest

from robustgen.bench.records import Record
from robustgen.reporting import tables
from robustgen.reporting.budgets import alarm_budgets
from robustgen.reporting.cards import Card, cards, code
from robustgen.reporting.run import Run

from .fabricate import line

SETS = [f"set{place}" for place in range(8)]


def answers(lines: list[dict[str, Any]]) -> tuple[Card, ...]:
    run = Run("made", [Record(**one) for one in lines], (), {})
    return cards(
        run,
        {
            "summary": tables.summary(run.cells),
            "sets": tables.by_dataset(run.cells),
            "pairs": tables.pairs(run.cells),
            "budgets": alarm_budgets(run.records),
        },
    )


def on_sets(scores: dict[str, float], level: float = 0.3) -> list[dict[str, Any]]:
    return [
        line(name, dataset, level, auroc=auroc + 0.001 * place)
        for name, auroc in scores.items()
        for place, dataset in enumerate(SETS)
    ]


def test_the_sentence_names_those_from_which_nothing_differs_significantly() -> None:
    (card,) = answers(on_sets({"rsrae": 0.9, "knn": 0.8}))
    assert card.headline.sentence.endswith("over 8 data sets; significantly better than all others.")
    (card,) = answers(on_sets({"rsrae": 0.9, "pca": 0.895, "knn": 0.8}))
    assert "not significantly different from pca." in card.headline.sentence
    assert dict(card.lines)["Also as good"] == "pca (0.899)"


def test_few_sets_are_said_in_the_sentence() -> None:
    (card,) = answers([line("rsrae", "wine", auroc=0.9), line("knn", "wine", auroc=0.6)])
    assert card.headline.sentence.endswith("; 1 set is too few to call any difference significant.")

    classes = [
        line(name, "wine", auroc=auroc, inlier_class=str(place))
        for name, auroc in (("rsrae", 0.9), ("knn", 0.6))
        for place in range(2)
    ]
    (card,) = answers(classes)
    told = "over 1 data set; 2 normal classes are too few to call any difference significant."
    assert card.headline.sentence.endswith(told)


def test_each_corruption_has_its_answer_the_highest_first() -> None:
    found = answers(on_sets({"rsrae": 0.9, "knn": 0.8}) + on_sets({"rsrae": 0.7, "knn": 0.8}, 0.1))
    assert [(card.level, card.headline.sentence.split(",")[1].split()[0]) for card in found] == [
        ("0.3", "rsrae"),
        ("0.1", "knn"),
    ]


def test_sets_far_behind_the_best_there_are_named_and_the_costs() -> None:
    lines = on_sets({"rsrae": 0.9, "knn": 0.8})
    lines += [line("rsrae", "hard", auroc=0.5), line("knn", "hard", auroc=0.71)]
    (card,) = answers(lines)
    assert dict(card.lines)["Fails on"] == "hard (AUROC 0.500, 21.0 points behind knn)"
    assert dict(card.lines)["Costs"] == "0.5 s a fit, 38.5 µs a row to score (medians of 9 fits)"


def test_a_budget_of_alarms_is_met_on_the_curve() -> None:
    perfect = {"recall": [0.0, 1.0], "precision": [1.0, 1.0]}
    rows = line("knn", auroc=1.0) | {"precision_recall": perfect, "n_test_inliers": 90, "n_test_outliers": 10}
    found = alarm_budgets([Record(**rows)]).set_index("budget")
    assert found["precision"].to_dict() == pytest.approx({0.01: 1, 0.02: 1, 0.05: 1, 0.1: 1, 0.2: 0.5})
    assert found["recall"].to_dict() == pytest.approx({0.01: 0.1, 0.02: 0.2, 0.05: 0.5, 0.1: 1, 0.2: 1})


@pytest.mark.parametrize("name", ["robust", "knn-50", "vqvae-robust", "pca-trimmed"])
def test_the_code_of_a_detector_runs(name: str) -> None:
    build, fit = code(name, {}).splitlines()
    names: dict[str, Any] = {}
    exec(f"{build}\n{fit.removesuffix('.fit(X)')}", names)
    assert hasattr(names["detector"], "fit")


def test_a_detector_that_nothing_tells_how_to_build_has_no_code() -> None:
    assert code("mine", {"detectors": "gone"}) == ""
    assert "my.module:Mine" in code("mine", {"detectors": [{"name": "mine", "use": "my.module:Mine"}]})
