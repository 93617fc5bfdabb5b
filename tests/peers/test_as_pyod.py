"""Our detectors keep PyOD's contract, and work inside what PyOD builds of detectors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyod.models.base import BaseDetector
from pyod.models.combination import average, maximization, moa
from pyod.models.feature_bagging import FeatureBagging
from pyod.models.knn import KNN
from pyod.models.lscp import LSCP
from pyod.models.suod import SUOD
from pyod.utils.utility import standardizer
from pythresh.thresholds.iqr import IQR
from sklearn.base import clone
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from robustgen import RSRAE, Autoencoder, as_pyod
from tests.detectors.builders import DETECTORS, grey_images, vectors


@pytest.fixture
def rows():
    """90 rows of a cloud, then 10 far from it."""
    return np.concatenate([vectors(90), 20 + vectors(10)])


def small(**options):
    return Autoencoder(**{"epochs": 3, "hidden_dims": (8,), "random_state": 0} | options)


@pytest.mark.parametrize("name", DETECTORS)
def test_scores_and_labels_are_those_of_the_detector_turned_round(name, rows):
    ours = DETECTORS[name](epochs=2).fit(rows)
    theirs = as_pyod(DETECTORS[name](epochs=2)).fit(rows)
    assert isinstance(theirs, BaseDetector)
    np.testing.assert_array_equal(theirs.decision_scores_, -ours.score_samples(rows))
    np.testing.assert_array_equal(theirs.decision_function(rows), theirs.decision_scores_)
    np.testing.assert_array_equal(theirs.labels_, (ours.predict(rows) == -1).astype(int))
    np.testing.assert_array_equal(theirs.predict(rows), theirs.labels_)
    assert theirs.threshold_ == pytest.approx(-ours.offset_)


def test_probability_and_confidence(rows):
    detector = as_pyod(small()).fit(rows)
    for method in ("linear", "unify"):
        probability, confidence = detector.predict_proba(rows, method=method, return_confidence=True)
        assert probability.shape == (100, 2)
        np.testing.assert_allclose(probability.sum(1), 1)
        assert ((probability >= 0) & (probability <= 1)).all()
        assert ((confidence >= 0) & (confidence <= 1)).all()
    labels, _ = detector.predict(rows, return_confidence=True)
    assert labels.sum() == 10


def test_the_share_can_be_given_and_is_the_detectors_otherwise(rows):
    assert as_pyod(small(contamination=0.2)).fit(rows).labels_.sum() == 20
    assert as_pyod(small(contamination=0.2), contamination=0.05).fit(rows).labels_.sum() == 5
    with pytest.raises(ValueError, match="contamination must be in"):
        as_pyod(small(), contamination=0.7)


def test_a_threshold_that_is_no_share_is_kept(rows):
    forest = IsolationForest(random_state=0)  # contamination="auto": its offset is -0.5
    detector = as_pyod(forest).fit(rows)
    assert detector.threshold_ == 0.5
    np.testing.assert_array_equal(detector.labels_, (forest.fit(rows).predict(rows) == -1).astype(int))
    np.testing.assert_array_equal(detector.predict(rows), detector.labels_)
    assert detector.predict_confidence(rows).shape == (100,)


class AboveTwiceTheMedian:
    """A thresholder as PyThresh's are."""

    thresh_ = None

    def fit(self, scores):
        self.thresh_ = 2 * np.median(scores)
        self.labels_ = self.predict(scores)

    def predict(self, scores):
        return (scores > self.thresh_).astype(int)


def test_a_thresholder_sets_the_labels(rows):
    detector = as_pyod(small(), contamination=AboveTwiceTheMedian()).fit(rows)
    expected = detector.decision_scores_ > 2 * np.median(detector.decision_scores_)
    np.testing.assert_array_equal(detector.labels_, expected)
    np.testing.assert_array_equal(detector.predict(rows), expected)


def test_it_is_cloned_with_its_parameters_and_unfitted(rows):
    detector = as_pyod(small(epochs=2)).fit(rows)
    copy = clone(detector)
    assert copy.get_params()["detector__epochs"] == 2
    assert copy.set_params(detector__epochs=1).detector.epochs == 1
    assert detector.detector.epochs == 2
    with pytest.raises(NotFittedError):
        copy.decision_function(rows)


def test_images_frames_and_pipelines_pass_through(rows):
    assert as_pyod(small()).fit(grey_images()).decision_scores_.shape == (12,)
    frame = pd.DataFrame(rows, columns=list("abcdef"))
    assert list(as_pyod(small()).fit(frame).detector_.feature_names_in_) == list("abcdef")
    piped = as_pyod(make_pipeline(StandardScaler(), small()), contamination=0.1)
    assert piped.fit(rows).labels_.sum() == 10


def test_it_votes_beside_pyods_own(rows):
    bagged = FeatureBagging(as_pyod(small()), n_estimators=3, random_state=0).fit(rows)
    assert bagged.labels_.sum() == 10
    competing = LSCP(
        [as_pyod(small()), as_pyod(RSRAE(epochs=2, random_state=0)), KNN()], n_bins=3, random_state=0
    )
    assert competing.fit(rows).decision_scores_.shape == (100,)


def test_pyods_combinations_take_its_scores(rows):
    detectors = [as_pyod(small()), as_pyod(small(random_state=1)), KNN()]
    scores = standardizer(np.column_stack([one.fit(rows).decision_scores_ for one in detectors]))
    for combine in (average, maximization, lambda scores: moa(scores, n_buckets=3)):
        assert set(np.argsort(combine(scores))[-10:]) == set(range(90, 100))


@pytest.mark.filterwarnings("ignore:.*does not have a predefined code")  # of SUOD, for what is not PyOD's
def test_suod_takes_it(rows):
    certain = {"approx_flag_global": False, "rp_flag_global": False}  # its projections have no seed
    detector = SUOD([as_pyod(small()), KNN()], n_jobs=1, contamination=0.1, **certain)
    assert detector.fit(rows).labels_[90:].all()


def test_pythresh_sets_its_threshold(rows):
    detector = as_pyod(small(), contamination=IQR()).fit(rows)
    assert detector.labels_[90:].all()
