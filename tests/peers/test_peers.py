"""Peers keep the project's contract: one sign, any shape of rows, nothing loaded too early."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from pyod.models.copod import COPOD
from pyod.models.iforest import IForest
from pyod.models.knn import KNN
from pyod.models.lof import LOF
from scipy.sparse import csr_matrix
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

from robustgen._checks import UsageError
from robustgen.peers import PyODPeer, SklearnPeer, iforest, knn, pca

PEERS = {
    "iforest": lambda: iforest(random_state=0),
    "knn": knn,
    "pca": lambda: pca(random_state=0),
    "copod": lambda: PyODPeer(COPOD()),
    "lof": lambda: PyODPeer(LOF()),
    "sklearn forest": lambda: SklearnPeer(IsolationForest(contamination=0.1), random_state=0),
    "sklearn lof": lambda: SklearnPeer(LocalOutlierFactor(novelty=True)),
    "sklearn svm": lambda: SklearnPeer(OneClassSVM(nu=0.1)),
    "sklearn envelope": lambda: SklearnPeer(EllipticEnvelope(), random_state=0),
}
EACH = pytest.mark.parametrize("build", PEERS.values(), ids=PEERS)


@pytest.fixture
def rows():
    """90 rows of a cloud, then 10 far from it on all sides."""
    rng = np.random.default_rng(0)
    far = rng.normal(size=(10, 4))
    return np.concatenate([rng.normal(size=(90, 4)), 12 * far / np.linalg.norm(far, axis=1, keepdims=True)])


@EACH
def test_outliers_score_lower_than_inliers(build, rows):
    score = build().fit(rows[:90]).score_samples(rows)
    assert score.dtype == np.float64
    assert score[90:].max() < np.median(score[:90])


@EACH
def test_outliers_are_called_minus_one(build, rows):
    called = build().fit(rows).predict(rows)
    assert set(called) == {-1, 1}
    assert (called[90:] == -1).mean() > (called[:90] == -1).mean()


@EACH
def test_decisions_are_scores_against_the_offset(build, rows):
    peer = build().fit(rows)
    np.testing.assert_allclose(peer.decision_function(rows), peer.score_samples(rows) - peer.offset_)
    np.testing.assert_array_equal(peer.predict(rows) == -1, peer.decision_function(rows) < 0)


@pytest.mark.parametrize("detector", [KNN(contamination=0.2), COPOD(), IForest(random_state=0)])
def test_the_rows_that_pyod_flags_are_the_rows_flagged(detector, rows):
    peer = PyODPeer(detector, scaling=None).fit(rows)
    np.testing.assert_array_equal(peer.predict(rows) == -1, detector.fit(rows).predict(rows) == 1)
    np.testing.assert_allclose(peer.score_samples(rows), -detector.decision_function(rows))


@EACH
def test_images_and_sparse_rows_are_taken_as_vectors(build, rows):
    dense = build().fit(rows).score_samples(rows)
    images = rows.reshape(100, 2, 2)
    sparse = csr_matrix(rows)
    np.testing.assert_allclose(build().fit(images).score_samples(images), dense)
    np.testing.assert_allclose(build().fit(sparse).score_samples(sparse), dense)


def test_standard_scaling_makes_units_irrelevant(rows):
    units = np.array([1e-3, 1.0, 1e3, 5.0])
    plain, scaled = knn().fit(rows), knn().fit(rows * units)
    np.testing.assert_allclose(scaled.score_samples(rows * units), plain.score_samples(rows))


def test_without_scaling_the_detector_sees_the_rows_as_they_are(rows):
    np.testing.assert_allclose(
        knn(scaling=None).fit(rows).score_samples(rows), -KNN().fit(rows).decision_function(rows)
    )


def test_an_unknown_scaling_gets_the_nearest_name(rows):
    with pytest.raises(UsageError, match="did you mean 'standard'"):
        knn(scaling="standart").fit(rows)


def test_the_same_seed_gives_the_same_scores_and_another_seed_others(rows):
    first, second, third = (iforest(random_state=s).fit(rows).score_samples(rows) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert (first != third).any()


def test_the_detector_handed_in_is_never_fitted(rows):
    detector = KNN()
    PyODPeer(detector).fit(rows)
    assert not hasattr(detector, "decision_scores_")


def test_an_unfitted_peer_says_so(rows):
    with pytest.raises(NotFittedError):
        knn().score_samples(rows)


@pytest.mark.parametrize("method", ["fit", "score_samples"])
def test_nan_and_the_wrong_width_are_refused(rows, method):
    peer = knn().fit(rows)
    with pytest.raises(ValueError, match="NaN"):
        getattr(peer, method)(np.full((5, 4), np.nan))
    with pytest.raises(ValueError, match="3 features"):
        peer.score_samples(rows[:, :3])


def test_nothing_of_pyod_is_loaded_before_a_peer_is_built():
    code = "import sys, robustgen.peers; sys.exit(any(m in sys.modules for m in ('pyod', 'sklearn')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
