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
    changed = Choices(corruption=(0.2,), repetitions=3, reach=0.2, corruption_of="inliers").apply(SUITE)
    sampling = replace(SUITE.sampling, reach=0.2, corruption_of="inliers")
    assert changed == replace(SUITE, corruption=(0.2,), repetitions=3, sampling=sampling)


def test_a_detector_of_the_suite_keeps_its_parameters():
    centre, knn = Choices(detector=("centre", "knn", "knn")).apply(SUITE).detectors
    assert centre.parameters == {"power": 2.0}
    assert knn.use == "robustgen.peers:knn"


def test_a_data_set_of_the_suite_keeps_its_inlier_classes():
    chosen = Choices(dataset=("wine", "digits")).apply(SUITE).datasets
    assert chosen == (*SUITE.datasets, DatasetSpec("digits"))


def test_inlier_classes_go_to_the_sets_that_have_classes():
    chosen = Choices(dataset=("wine", "breast_cancer"), inlier_class=("1",)).apply(SUITE).datasets
    assert chosen == (DatasetSpec("wine", ("1",)), DatasetSpec("breast_cancer"))


def test_an_inlier_class_for_no_set():
    with pytest.raises(UsageError, match="'breast_cancer' has outlier labels and no classes"):
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
