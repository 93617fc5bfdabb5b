"""Options replace what the suite says, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from robustgen._checks import UsageError
from robustgen.bench.choices import Choices
from robustgen.bench.spec import DatasetSpec
from tests.bench.suites import detector, small_suite

SUITE = small_suite(detector("Centre", power=2.0), corruption=(0.0, 0.1))


def test_no_choice_changes_nothing():
    assert Choices().apply(SUITE) == SUITE


def test_options_replace_settings():
    changed = Choices(corruption=(0.2,), repetitions=3, max_corruption=0.2, corruption_of="inliers").apply(
        SUITE
    )
    sampling = replace(SUITE.sampling, max_corruption=0.2, corruption_of="inliers")
    assert changed == replace(SUITE, corruption=(0.2,), repetitions=3, sampling=sampling)


def test_a_detector_of_the_suite_keeps_its_parameters():
    centre, knn = Choices(detector=("centre", "knn", "knn")).apply(SUITE).detectors
    assert centre.parameters == {"power": 2.0}
    assert knn.use == "pyod.models.knn:KNN"


def test_a_data_set_of_the_suite_keeps_its_inlier_classes():
    chosen = Choices(dataset=("wine", "digits")).apply(SUITE).datasets
    assert chosen == (*SUITE.datasets, DatasetSpec("digits"))


def test_inlier_classes_go_to_the_sets_that_have_classes():
    chosen = Choices(dataset=("wine", "breast_cancer"), inlier_class=("1",)).apply(SUITE).datasets
    assert chosen == (DatasetSpec("wine", ("1",)), DatasetSpec("breast_cancer"))


def test_an_inlier_class_for_no_set():
    with pytest.raises(UsageError, match="'breast_cancer', which has outlier labels and no classes"):
        Choices(dataset=("breast_cancer",), inlier_class=("1",)).apply(SUITE)


@pytest.mark.parametrize(("protocol", "corruption"), [("clean", (0.0,)), ("transductive", (0.1,))])
def test_another_protocol_keeps_the_corruptions_that_it_can_have(protocol, corruption):
    assert Choices(protocol=protocol).apply(SUITE).corruption == corruption


def test_an_alias_is_the_set_of_the_suite():
    suite = small_suite(datasets=(DatasetSpec("cardio"),))
    assert Choices(dataset=("ad_6_cardio",)).apply(suite).datasets == suite.datasets


def test_an_unknown_detector():
    with pytest.raises(UsageError, match="did you mean 'rsrae'"):
        Choices(detector=("rsre",)).apply(SUITE)


@pytest.fixture
def files(tmp_path):
    """Two files, the first with outlier labels and the second with classes."""
    (tmp_path / "boilers.csv").write_text("heat,faulty\n1,0\n2,1\n3,0\n")
    (tmp_path / "fuels.csv").write_text("heat,fuel\n1,oil\n2,gas\n3,oil\n4,gas\n")
    return str(tmp_path / "boilers.csv"), str(tmp_path / "fuels.csv")


def test_files_join_the_chosen_data_sets_each_with_its_label(files):
    chosen = Choices(dataset=("wine",), data=files, label=("faulty", "fuel")).apply(SUITE)
    assert [spec.name for spec in chosen.datasets] == ["wine", "boilers.csv", "fuels.csv"]
    assert [spec.file and spec.file.label for spec in chosen.datasets] == [None, "faulty", "fuel"]


def test_files_alone_replace_the_data_sets_of_the_suite(files):
    chosen = Choices(data=(files[0], files[0]), label=("faulty",)).apply(SUITE)
    assert [spec.name for spec in chosen.datasets] == ["boilers.csv"] * 2
    with pytest.raises(UsageError, match="twice"):
        chosen.check()


def test_an_inlier_class_goes_to_the_files_that_have_classes(files):
    chosen = Choices(data=files, label=("faulty", "fuel"), inlier_class=("oil",)).apply(SUITE)
    assert [spec.inlier_classes for spec in chosen.datasets] == [(), ("oil",)]


@pytest.mark.parametrize(("n_files", "labels"), [(0, ("y",)), (1, ("y", "z"))])
def test_labels_without_their_files(files, n_files, labels):
    with pytest.raises(UsageError, match=f"{len(labels)} label columns for {n_files} data files"):
        Choices(data=files[:n_files], label=labels).apply(SUITE)
