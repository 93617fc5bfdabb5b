from __future__ import annotations

from typing import Any

from robustgen.bench.records import Record
from robustgen.reporting import tables
from robustgen.reporting.cells import cells
from robustgen.reporting.headline import Headline, headline

from .fabricate import line


def said(lines: list[dict[str, Any]], baseline: str | None = "autoencoder") -> Headline:
    table = tables.summary(cells([Record(**one) for one in lines]), baseline=baseline)
    return headline(table[table["corruption"] == table["corruption"].max()], baseline=baseline)


def both(detector: str, dirty: float, oracle: float, dataset: str = "wine") -> list[dict[str, Any]]:
    return [line(detector, dataset, 0.3, auroc=dirty), line(detector, dataset, 0.0, clean=True, auroc=oracle)]


def test_the_best_its_score_and_what_it_undoes_are_in_one_sentence() -> None:
    told = said(both("autoencoder", 0.7, 0.9) + both("rsrae", 0.85, 0.9))
    assert told.sentence == (
        "When 30 % of the training rows are outliers, rsrae ranks first: "
        "mean AUROC 0.850 over 1 data set, 75 % of the damage recovered."
    )
    assert "autoencoder, the baseline, has 0.900 trained clean and 0.700 here" in " ".join(told.details)


def test_a_tie_is_called_a_tie() -> None:
    told = said(both("autoencoder", 0.7, 0.9) + both("rsrae", 0.85, 0.9) + both("knn", 0.835, 0.9))
    assert "rsrae ranks first, tied with knn" in told.sentence


def test_a_detector_that_finished_on_fewer_sets_is_not_compared_but_named() -> None:
    easy = both("lucky", 0.99, 0.99)
    told = said(both("autoencoder", 0.7, 0.9) + both("autoencoder", 0.6, 0.9, dataset="digits") + easy)
    assert "autoencoder ranks first" in told.sentence
    assert "it is the baseline itself" in told.sentence
    assert "did not finish on all 2 sets: lucky" in told.details[-1]


def test_without_a_baseline_no_damage_is_claimed() -> None:
    told = said(both("rsrae", 0.85, 0.9), baseline=None)
    assert "recovered" not in told.sentence
    assert "no damage can be measured" in " ".join(told.details)


def test_a_clean_run_speaks_of_no_damage() -> None:
    told = said([line("knn", corruption=0.0), line("autoencoder", corruption=0.0, auroc=0.7)])
    assert told.sentence == "Trained on inliers only, knn ranks first: mean AUROC 0.800 over 1 data set."


def test_a_run_without_a_result_says_so() -> None:
    assert said([line("knn", status="failed", message="no")]).sentence == "No run has finished yet."
