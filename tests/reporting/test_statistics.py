from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from robustgen.bench.records import Record
from robustgen.reporting import figures, posthoc, statistics
from robustgen.reporting.cells import cells, measured
from robustgen.reporting.figures.palette import marks
from robustgen.reporting.posthoc import signed_rank_p_values

from .fabricate import line


def block(lines: list[dict[str, Any]]) -> statistics.Block:
    return statistics.block(measured(cells([Record(**one) for one in lines])), "auroc")


def random_scores(sets: int, detectors: int, seed: int = 0) -> pd.DataFrame:
    names = [f"d{place}" for place in range(detectors)]
    return pd.DataFrame(np.random.default_rng(seed).random((sets, detectors)), columns=names)


def ahead(by: float, sets: int = 12) -> pd.DataFrame:
    """One detector ahead of another by about the same on every set."""
    base = np.linspace(0.5, 0.8, sets)
    return pd.DataFrame({"first": base + by + np.arange(sets) * 1e-4, "second": base})


def test_holm_by_hand_over_scipys_signed_rank_tests() -> None:
    scores = random_scores(10, 4)
    pairs = [(a, b) for place, a in enumerate(scores) for b in scores.columns[place + 1 :]]
    raw = np.array([stats.wilcoxon(scores[a], scores[b]).pvalue for a, b in pairs])
    order = np.argsort(raw)
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1)).clip(max=1)
    p_values = signed_rank_p_values(scores)
    for place, index in enumerate(order):
        assert p_values.loc[pairs[index]] == pytest.approx(stepped[place])


@pytest.mark.parametrize(
    ("sets", "detectors", "decimals", "expected"),
    [
        (10, 4, 9, [0.640625, 1, 0.22265625, 1, 1, 0.322265625]),
        (12, 3, 1, [0.474609375, 0.736328125, 0.736328125]),
        (60, 3, 2, [4.42551786213e-06, 4.42551786213e-06, 0.707320609966]),
    ],
    ids=["exact", "with ties and zeros", "by the normal approximation"],
)
def test_p_values_are_those_of_scikit_posthocs(
    sets: int, detectors: int, decimals: int, expected: list[float]
) -> None:
    """The numbers of scikit-posthocs 0.17.1, `posthoc_wilcoxon(zero_method="zsplit", p_adjust="holm")`."""
    seed = {10: 0, 12: 1, 60: 3}[sets]
    scores = random_scores(sets, detectors, seed).round(decimals)
    scores["d0"] += 0.2
    p_values = signed_rank_p_values(scores).to_numpy()
    assert p_values[np.triu_indices(detectors, 1)] == pytest.approx(expected)
    assert (p_values == p_values.T).all()
    assert (np.diag(p_values) == 1).all()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.02, 0.02, 0.2, 0.9], [1, 0.1, 0.1, 0.6, 1]),
        ([0.001, 0.0012, 0.6], [0.003, 0.003, 0.6]),
        ([], []),
    ],
)
def test_holms_correction_is_that_of_statsmodels(raw: list[float], expected: list[float]) -> None:
    """The numbers of statsmodels 0.15.0, `multipletests(method="holm")`."""
    assert posthoc.holm(pd.Series(raw, dtype=float)).tolist() == pytest.approx(expected)


def test_groups_are_all_sets_of_detectors_alike_that_nothing_could_join() -> None:
    upper = np.triu(np.random.default_rng(0).random((9, 9)) < 0.6, 1)
    alike = pd.DataFrame(upper | upper.T, index=[*"abcdefghi"], columns=[*"abcdefghi"])

    def is_alike(group: frozenset[str]) -> bool:
        return all(alike.loc[pair] for pair in combinations(group, 2))

    sets = [frozenset(names) for size in range(1, 10) for names in combinations(alike, size)]
    cliques = [group for group in sets if is_alike(group)]
    maximal = [group for group in cliques if not any(group < other for other in cliques)]
    assert posthoc.groups(alike) == sorted(maximal, key=sorted)


def test_equal_columns_do_not_differ_significantly() -> None:
    scores = random_scores(8, 3).assign(twin=lambda frame: frame["d0"])
    assert signed_rank_p_values(scores).loc["d0", "twin"] == 1


@pytest.mark.parametrize("detectors", [2, 3, 5])
def test_least_sets_is_where_a_perfect_win_becomes_significant(detectors: int) -> None:
    """One detector wins every set; the others swap places, so that only its pairs can be significant."""
    least = statistics.least_sets(math.comb(detectors, 2))
    for sets in (least - 1, least):
        scores = random_scores(sets, detectors)
        scores["d0"] += 2
        p = signed_rank_p_values(scores).loc["d0"].drop("d0")
        assert (p.min() < statistics.ALPHA) == (sets >= least)


def test_repetitions_are_averaged_and_every_inlier_class_is_a_set() -> None:
    lines = [
        line("knn", "digits", 0.3, 0, inlier_class="0", auroc=0.9),
        line("knn", "digits", 0.3, 1, inlier_class="0", auroc=0.7),
        line("knn", "digits", 0.3, 0, inlier_class="1", auroc=0.6),
        line("knn", "wine", 0.3, 0, auroc=0.5),
    ]
    assert block(lines).scores["knn"].tolist() == pytest.approx([0.8, 0.6, 0.5])


def test_only_sets_that_all_compared_detectors_finished_count() -> None:
    names = [f"set{place}" for place in range(10)]
    lines = [line(detector, name, auroc=0.8) for detector in ("knn", "pca") for name in names]
    lines += [line("mcd", name, auroc=0.9) for name in names[:9]]
    lines += [line("lunar", name, auroc=0.9) for name in names[:7]]
    one = block(lines)
    assert list(one.scores) == ["knn", "mcd", "pca"]
    assert len(one.scores) == 9
    assert (one.left_out, one.sets) == ({"lunar": 7}, 10)


def test_ranks_share_ties_and_add_up() -> None:
    names = ["a", "b", "c", "d"]
    one = statistics.Block(pd.DataFrame([[0.9, 0.8, 0.8, 0.1]], columns=names), {}, 1)
    assert one.ranks.tolist() == [1, 2.5, 2.5, 4]


@pytest.mark.parametrize(("by", "verdict"), [(0.01, "tie"), (0.1, "better")])
def test_less_than_two_points_is_a_tie_however_sure(by: float, verdict: str) -> None:
    (_, row), *_ = statistics.pairs(ahead(by)).iterrows()
    assert row["p"] < statistics.ALPHA
    assert (row["detector"], row["other"], row["verdict"]) == ("first", "second", verdict)


def test_wins_ties_and_losses_are_counted_by_two_points() -> None:
    scores = pd.DataFrame({"a": [0.5, 0.52, 0.49, 0.9, 0.9, 0.9], "b": [0.5] * 6})
    row = statistics.pairs(scores).iloc[0]
    assert (row["wins"], row["ties"], row["losses"]) == (4, 2, 0)


def test_a_mean_that_one_set_makes_against_all_others_stays_open() -> None:
    scores = random_scores(12, 2).assign(d0=lambda frame: frame["d1"] + [0.5, *[-0.001] * 11])
    assert statistics.pairs(scores)["verdict"].tolist() == ["open"]


def test_alike_is_all_but_the_pairs_that_differ_significantly() -> None:
    compared = statistics.pairs(ahead(0.1).assign(third=lambda frame: frame["second"]))
    alike = statistics.alike(compared)
    assert (alike == alike.T).all(axis=None)
    assert alike.loc["second", "third"]
    assert not alike.loc["first", ["second", "third"]].any()


def test_the_diagram_names_all_and_joins_those_alike() -> None:
    scores = ahead(0.1).assign(third=lambda frame: frame["second"])
    one = statistics.Block(scores, {}, len(scores))
    alike = statistics.alike(statistics.pairs(scores))
    figure = figures.critical_differences(one.ranks, posthoc.groups(alike), marks(list(scores)))
    (axes,) = figure.axes
    assert sorted(text.get_text().split()[0] for text in axes.texts[:2]) == ["first", "second"]
    bars = [line for line in axes.lines if line.get_linewidth() == 2]
    assert [sorted(set(bar.get_xdata())) for bar in bars] == [[2.5]]
