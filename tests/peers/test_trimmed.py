"""Trimmed: a detector fitted again to the rows that it found most normal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM
from sklearn.utils.estimator_checks import parametrize_with_checks

from robustgen._checks import UsageError
from robustgen.peers import PyODPeer, Trimmed
from robustgen.registry import build, resolve
from tests.peers.peers import cloud

FOREST = IsolationForest(n_estimators=20, random_state=0)


class Centre(OutlierMixin, BaseEstimator):
    """Decides by the distance from the mean: beyond 5 is an outlier. It has no score_samples."""

    def fit(self, X, y=None):
        self.mean_ = X.mean(axis=0)
        return self

    def decision_function(self, X):
        return 5 - np.sqrt(((X - self.mean_) ** 2).reshape(len(X), -1).sum(axis=1))


@pytest.fixture
def dirty():
    """80 rows of a cloud and 20 in a clump far from it."""
    return np.concatenate([cloud(80), cloud(20, seed=1) / 10 + 8])


def test_without_rounds_it_is_the_detector_itself(dirty):
    trimmed, plain = Trimmed(FOREST, rounds=0).fit(dirty), clone(FOREST).fit(dirty)
    np.testing.assert_array_equal(trimmed.score_samples(dirty), plain.score_samples(dirty))
    assert trimmed.support_.all()


@pytest.mark.parametrize(
    ("fraction", "rounds", "left"), [(0.3, 1, 70), (0.3, 2, 70), (0.505, 3, 50), (0.29, 1, 71), (0, 2, 100)]
)
def test_each_round_leaves_out_its_share_of_all_rows(dirty, fraction, rounds, left):
    assert Trimmed(FOREST, fraction=fraction, rounds=rounds).fit(dirty).support_.sum() == left


def test_one_round_is_a_fit_to_the_rows_that_scored_best(dirty):
    trimmed = Trimmed(FOREST, fraction=0.25, rounds=1).fit(dirty)
    first = clone(FOREST).fit(dirty).score_samples(dirty)
    assert first[~trimmed.support_].max() <= first[trimmed.support_].min()
    second = clone(FOREST).fit(dirty[trimmed.support_])
    np.testing.assert_array_equal(trimmed.score_samples(dirty), second.score_samples(dirty))


def test_a_second_round_chooses_among_all_rows(dirty):
    once, twice = (Trimmed(FOREST, fraction=0.3, rounds=rounds).fit(dirty) for rounds in (1, 2))
    lowest = np.argsort(once.score_samples(dirty), kind="stable")[:30]
    np.testing.assert_array_equal(np.flatnonzero(~twice.support_), np.sort(lowest))


def test_what_it_drops_are_the_outliers(dirty):
    support = Trimmed(Centre(), fraction=0.2, rounds=1).fit(dirty).support_
    np.testing.assert_array_equal(support, np.arange(100) < 80)


def test_a_mean_of_trimmed_rows_is_the_clean_mean(dirty):
    trimmed = Trimmed(Centre(), fraction=0.2, rounds=1).fit(dirty)
    np.testing.assert_array_equal(trimmed.detector_.mean_, dirty[:80].mean(axis=0))


@pytest.mark.parametrize("contamination", [0.05, 0.2])
def test_contamination_is_the_share_of_all_rows_that_is_marked(contamination):
    rows = cloud(100)
    detector = IsolationForest(n_estimators=20, contamination=contamination, random_state=0)
    trimmed = Trimmed(detector).fit(rows)
    assert (trimmed.predict(rows) == -1).mean() == pytest.approx(contamination)
    np.testing.assert_allclose(trimmed.decision_function(rows), trimmed.score_samples(rows) - trimmed.offset_)


def test_a_detector_that_only_decides_is_scored_by_its_decisions(dirty):
    trimmed = Trimmed(Centre()).fit(dirty)
    np.testing.assert_array_equal(trimmed.score_samples(dirty), trimmed.detector_.decision_function(dirty))


def test_parameters_of_the_detector_are_reached_from_outside():
    trimmed = Trimmed(FOREST, rounds=1).set_params(detector__n_estimators=7, fraction=0.1)
    copy = clone(trimmed)
    assert copy.get_params()["detector__n_estimators"] == 7
    assert (copy.fraction, copy.rounds) == (0.1, 1)
    assert copy.detector is not trimmed.detector


def test_images_and_frames_reach_the_detector_as_they_are(dirty):
    images = dirty.reshape(100, 2, 2)
    assert Trimmed(Centre()).fit(images).score_samples(images).shape == (100,)
    frame = pd.DataFrame(dirty, columns=list("abcd"))
    assert list(Trimmed(FOREST).fit(frame).feature_names_in_) == list("abcd")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"fraction": 1.0}, r"fraction must be a number in \[0, 1\), got 1.0"),
        ({"fraction": -0.1}, "fraction must be"),
        ({"fraction": "half"}, "fraction must be a number.*got 'half'"),
        ({"rounds": -1}, "rounds must be an integer of at least 0, got -1"),
        ({"rounds": 1.5}, "rounds must be an integer"),
    ],
)
def test_what_cannot_be_trimmed_is_refused(dirty, parameters, message):
    with pytest.raises(UsageError, match=message):
        Trimmed(FOREST, **parameters).fit(dirty)


def test_a_suite_can_trim_any_detector():
    spec = resolve(
        "mine",
        use="robustgen.registry:trimmed",
        parameters={"detector": "lof", "fraction": 0.1, "rounds": 1, "parameters": {"n_neighbors": 7}},
    )
    trimmed = build(spec, random_state=3)
    assert isinstance(trimmed, Trimmed)
    assert (trimmed.fraction, trimmed.rounds) == (0.1, 1)
    assert isinstance(trimmed.detector, PyODPeer)
    assert (trimmed.detector.detector.n_neighbors, trimmed.detector.random_state) == (7, 3)


@parametrize_with_checks(
    [
        Trimmed(IsolationForest(n_estimators=10, random_state=0)),
        Trimmed(OneClassSVM(), fraction=0.1, rounds=1),
        Trimmed(LocalOutlierFactor(novelty=True, n_neighbors=3), rounds=1),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
