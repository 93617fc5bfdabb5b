"""A suite's cells: which there are, what names them, and what seeds them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robustgen._checks import UsageError
from robustgen.bench.cell import run_cell
from robustgen.bench.spec import Cell, DatasetSpec, Sampling
from robustgen.data import Dataset
from robustgen.data.files import DataFile
from robustgen.registry import resolve
from tests.bench.suites import detector, small_suite, transductive

CELL = Cell("wine", "class_0", 0.3, 0, resolve("knn"))


@pytest.fixture
def boilers(tmp_path):
    """A file of 60 rows, every third an outlier."""
    path = tmp_path / "boilers.csv"
    path.write_text("heat,faulty\n" + "".join(f"{row},{int(row % 3 == 0)}\n" for row in range(60)))
    return path


def columns(suite):
    return {(cell.corruption, cell.clean) for cell in suite.cells()}


def test_every_combination_is_a_cell_once():
    cells = small_suite(repetitions=2, oracle=False).cells()
    # 2 inlier classes, 2 corruptions, 2 repetitions, 2 detectors
    assert len(cells) == len({cell.key for cell in cells}) == 16


def test_the_oracle_of_an_inductive_suite_is_its_cell_without_corruption():
    assert columns(small_suite()) == {(0.0, False), (0.1, False), (0.3, False)}
    assert columns(small_suite(corruption=(0.0, 0.3))) == {(0.0, False), (0.3, False)}
    assert columns(small_suite(oracle=False)) == {(0.1, False), (0.3, False)}


def test_the_oracle_of_a_transductive_suite_stands_beside_each_corruption():
    assert columns(transductive()) == {(c, clean) for c in (0.1, 0.3) for clean in (False, True)}


def test_all_inlier_classes_and_names_for_one_class():
    named = small_suite(datasets=(DatasetSpec("wine", ("all",)),))
    assert {cell.inlier_class for cell in named.cells()} == {"class_0", "class_1", "class_2"}
    twice = small_suite(datasets=(DatasetSpec("wine", ("0", "class_0")),))
    assert {cell.inlier_class for cell in twice.cells()} == {"class_0"}
    assert len(twice.cells()) == len(small_suite(datasets=(DatasetSpec("wine", ("0",)),)).cells())


def test_all_means_the_given_labels_where_there_are_no_classes():
    suite = small_suite(datasets=(DatasetSpec("breast_cancer", ("all",)),))
    assert {cell.inlier_class for cell in suite.cells()} == {None}


def test_a_set_may_give_some_classes_and_fewer_rows():
    spec = DatasetSpec("digits", ("all",), classes=("8", "3"), per_class=50, max_train=20)
    cells = small_suite(datasets=(spec,)).cells()
    assert {cell.inlier_class for cell in cells} == {"8", "3"}
    record = run_cell(cells[0])
    assert record.n_train_inliers == 20
    assert (record.n_test_inliers, record.n_test_outliers) == (25, 25)


@pytest.mark.parametrize(
    "change",
    [
        {"classes": ("class_0", "class_1")},
        {"per_class": 40},
        {"dataset": "digits"},
        {"inlier_class": None},
        {"corruption": 0.2},
        {"repetition": 1},
        {"clean": True},
        {"detector": resolve("pca")},
        {"detector": resolve("knn", parameters={"n_neighbors": 3})},
        {"sampling": Sampling(max_corruption=0.2)},
        {"sampling": Sampling(corruption_of="inliers")},
        {"sampling": Sampling(protocol="transductive")},
        {"sampling": Sampling(max_train=10)},
    ],
)
def test_whatever_changes_the_result_changes_the_key(change):
    assert replace(CELL, **change).key != CELL.key


def test_a_key_is_the_same_on_every_machine():
    assert CELL.key == "25b4efa3174941397e44"


def test_a_fit_is_seeded_by_the_draw_and_the_detectors_name():
    same = replace(CELL, detector=resolve("knn", parameters={"n_neighbors": 3}))
    assert same.fit_seed == CELL.fit_seed
    for change in ({"repetition": 1}, {"clean": True}, {"detector": resolve("pca")}, {"corruption": 0.1}):
        assert replace(CELL, **change).fit_seed != CELL.fit_seed
    assert 0 <= CELL.fit_seed < 2**31


def test_no_corruption_means_the_same_fit_under_the_clean_protocol():
    nothing = replace(CELL, corruption=0.0)
    assert replace(nothing, sampling=Sampling(protocol="clean")).fit_seed == nothing.fit_seed
    assert replace(nothing, corruption=0).fit_seed == nothing.fit_seed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"corruption": (0.6,)}, "got corruption = 0.6, expected"),
        ({"corruption": ()}, "without a corruption"),
        ({"datasets": ()}, "without a dataset"),
        ({"detectors": (detector("Centre"), detector("Centre"))}, "'centre' twice"),
        ({"datasets": (DatasetSpec("wein"),)}, "did you mean 'wine'"),
        ({"datasets": (DatasetSpec("wine"),)}, "needs an inlier class, one of 'class_0'"),
        ({"datasets": (DatasetSpec("wine", ("class_7",)),)}, "has no class 'class_7'"),
        ({"datasets": (DatasetSpec("breast_cancer", ("0",)),)}, "has no classes"),
        ({"datasets": (DatasetSpec("breast_cancer"),), "corruption": (0.45,)}, r"at most 0\.373"),
        ({"sampling": Sampling(protocol="inductiv")}, "did you mean 'inductive'"),
        ({"sampling": Sampling(protocol="clean")}, "for the clean protocol, expected 0"),
        ({"sampling": Sampling(protocol="transductive"), "corruption": (0.0,)}, "expected an outlier among"),
        ({"sampling": Sampling(max_corruption=2.0)}, "max_corruption"),
        ({"repetitions": 10**9}, "got repetitions = 1000000000"),
        ({"repetitions": 0}, "got repetitions = 0, expected 1 to 10,000"),
        ({"task": "guessing"}, "task"),
        ({"timeout": 0.0}, "timeout"),
    ],
)
def test_a_suite_is_refused_whole_before_anything_runs(changes, message):
    with pytest.raises(UsageError, match=message) as refused:
        small_suite(**changes).cells()
    assert "\n" not in str(refused.value)


def test_cells_carry_the_full_name_of_the_set():
    cardio = Dataset("ad_6_cardio", np.zeros((40, 2)), np.repeat([0, 1], 20))
    suite = small_suite(datasets=(DatasetSpec("cardio"), DatasetSpec("ad_6_cardio")))
    cells = suite.cells(load=lambda name: cardio)
    assert {cell.dataset for cell in cells} == {"ad_6_cardio"}
    assert len(cells) == 6


def of_file(path, label="faulty"):
    return small_suite(datasets=(DatasetSpec("boilers", file=DataFile.at(path, label)),))


def test_a_file_is_a_data_set(boilers):
    record = run_cell(of_file(boilers).cells()[-1])
    assert (record.dataset, record.status, record.n_train_outliers) == ("boilers", "ok", 9)


def test_the_content_of_a_file_names_its_cells_and_not_its_place(boilers, tmp_path):
    keys = [cell.key for cell in of_file(boilers).cells()]
    moved = boilers.rename(tmp_path / "moved.csv")
    assert [cell.key for cell in of_file(moved).cells()] == keys
    moved.write_text(moved.read_text().replace("59,", "58,"))
    assert not {cell.key for cell in of_file(moved).cells()} & set(keys)


def test_a_file_that_changes_during_the_run_gives_no_results(boilers):
    cells = of_file(boilers).cells()
    boilers.write_text(boilers.read_text() + "61,0\n")
    record = run_cell(cells[0])
    assert record.status == "skipped"
    assert "boilers.csv' has changed since the run began" in record.message


def test_a_file_may_not_take_the_name_of_another_set(boilers):
    file = DatasetSpec("wine", file=DataFile.at(boilers, "faulty"))
    with pytest.raises(UsageError, match="dataset 'wine' twice"):
        small_suite(datasets=(DatasetSpec("wine", ("0",)), file)).check()
