"""Peers keep the project's contract: one sign, any shape of rows, no trace in the caller's generators."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from pyod.models.auto_encoder import AutoEncoder
from pyod.models.copod import COPOD
from pyod.models.deep_svdd import DeepSVDD
from pyod.models.iforest import IForest
from pyod.models.knn import KNN
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.svm import OneClassSVM
from sklearn.utils.estimator_checks import parametrize_with_checks

from robustgen._checks import UsageError
from robustgen.peers import PyODPeer, SklearnPeer
from tests.peers.peers import HUNGRY, NAMES, cloud, make

EACH = pytest.mark.parametrize("name", NAMES)
FULL_RANK = pytest.mark.filterwarnings("ignore:The covariance matrix associated to your dataset")


@pytest.fixture(scope="module")
def rows():
    """110 rows of a cloud, then 10 far from it on all sides."""
    return cloud(110, far=10)


@pytest.fixture(scope="module")
def fitted(rows):
    """Each peer, fitted to the 110."""
    known = {}

    def of(name):
        if name not in known:
            known[name] = make(name).fit(rows[:110])
        return known[name]

    return of


@EACH
def test_outliers_score_lower_than_inliers(name, fitted, rows):
    score = fitted(name).score_samples(rows)
    assert score.dtype == np.float64
    assert score.shape == (120,)
    assert score[110:].max() < np.median(score[:110])


@EACH
def test_an_obvious_outlier_has_the_lowest_score(name, fitted, rows):
    one = np.append(rows[:110], [[40.0, -40.0, 40.0, -40.0]], axis=0)
    assert fitted(name).score_samples(one).argmin() == 110


@EACH
def test_decisions_are_scores_against_the_offset(name, fitted, rows):
    peer = fitted(name)
    np.testing.assert_allclose(peer.decision_function(rows), peer.score_samples(rows) - peer.offset_)
    np.testing.assert_array_equal(peer.predict(rows) == -1, peer.decision_function(rows) < 0)
    assert set(peer.predict(rows)) == {-1, 1}


@EACH
def test_the_same_seed_gives_the_same_scores_also_to_a_clone(name, fitted, rows):
    peer = fitted(name)
    first = peer.score_samples(rows)
    np.testing.assert_array_equal(peer.score_samples(rows), first)
    np.testing.assert_array_equal(clone(peer).fit(rows[:110]).score_samples(rows), first)


def generators():
    """Return the state of everything global that a detector could draw from."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state().tolist()
    return repr((*states, os.environ.get("PYTHONHASHSEED")))


@pytest.fixture(scope="module")
def drawn_before(rows):
    """The scores of each peer where the caller drew before, and the generators before and after them."""
    known = {}

    def of(name):
        if name not in known:
            state = np.random.get_state(), torch.get_rng_state()
            np.random.seed(5)
            torch.manual_seed(5)
            make(name)  # what is imported for the first time may draw
            before = generators()
            try:
                scores = make(name).fit(rows[:110]).score_samples(rows)
                known[name] = scores, before, generators()
            finally:
                np.random.set_state(state[0])
                torch.set_rng_state(state[1])
        return known[name]

    return of


@EACH
def test_the_callers_generators_are_left_as_they_were(name, drawn_before):
    _, before, after = drawn_before(name)
    assert after == before


@EACH
def test_what_the_caller_drew_before_changes_nothing(name, drawn_before, fitted, rows):
    np.testing.assert_array_equal(drawn_before(name)[0], fitted(name).score_samples(rows))


@EACH
def test_images_and_sparse_rows_are_taken_as_vectors(name, fitted, rows):
    if name == "autoencoder-trimmed":
        pytest.skip("ours takes images as images")
    near = rows[:110]
    dense = fitted(name).score_samples(near)
    images, sparse = near.reshape(110, 2, 2), csr_matrix(near)
    np.testing.assert_allclose(make(name).fit(images).score_samples(images), dense)
    np.testing.assert_allclose(make(name).fit(sparse).score_samples(sparse), dense)


@EACH
def test_fewer_rows_than_a_batch(name):
    few = cloud(20, seed=1)
    if name in HUNGRY:
        with pytest.raises(ValueError, match="n_neighbors = 50"):
            make(name).fit(few)
    else:
        assert np.isfinite(make(name).fit(few).score_samples(few)).all()


@EACH
def test_a_last_batch_of_one_row(name):
    odd = cloud(129, seed=1)  # 4 * 32 + 1
    assert np.isfinite(make(name).fit(odd).score_samples(odd)).all()


@EACH
@FULL_RANK
def test_a_constant_column_and_a_repeated_one(name, rows):
    flat = np.column_stack([rows[:, :2], np.full(120, 7.0), rows[:, 0]])
    score = make(name).fit(flat[:110]).score_samples(flat)
    assert np.isfinite(score).all()
    assert score[110:].mean() < score[:110].mean()


def test_pca_leaves_out_the_axes_that_are_rounding(rows):
    single = np.column_stack([rows, rows.sum(axis=1)]).astype(np.float32)
    assert make("pca").fit(single).detector_.n_components == 4
    assert make("pca").fit(rows).detector_.n_components is None


@EACH
def test_nothing_is_printed(name, rows, capfd):
    make(name).fit(rows).score_samples(rows)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("detector", [KNN(contamination=0.2), COPOD(), IForest(random_state=0)])
def test_the_rows_that_pyod_flags_are_the_rows_flagged(detector, rows):
    peer = PyODPeer(detector, scaling=None).fit(rows)
    np.testing.assert_array_equal(peer.predict(rows) == -1, detector.fit(rows).predict(rows) == 1)
    np.testing.assert_allclose(peer.score_samples(rows), -detector.decision_function(rows))


def test_standard_scaling_makes_units_irrelevant(rows):
    units = np.array([1e-3, 1.0, 1e3, 5.0])
    plain, scaled = make("knn").fit(rows), make("knn").fit(rows * units)
    np.testing.assert_allclose(scaled.score_samples(rows * units), plain.score_samples(rows))


@pytest.mark.parametrize("name", ["knn", "deepsvdd", "sklearn-lof"])
def test_scaling_is_a_parameter_of_the_peer(name):
    assert make(name, scaling="robust").scaling == "robust"


def test_without_scaling_the_detector_sees_the_rows_as_they_are(rows):
    np.testing.assert_allclose(
        make("knn", scaling=None).fit(rows).score_samples(rows), -KNN().fit(rows).decision_function(rows)
    )


def test_words_are_left_as_they_are():
    texts = np.abs(np.random.default_rng(0).normal(size=(30, 2000))) * (np.arange(2000) % 9 == 0)
    np.testing.assert_array_equal(
        make("knn").fit(texts).score_samples(texts), make("knn", scaling=None).fit(texts).score_samples(texts)
    )


def test_an_unknown_scaling_gets_the_nearest_name(rows):
    with pytest.raises(UsageError, match="did you mean 'standard'"):
        make("knn", scaling="standart").fit(rows)


@pytest.mark.parametrize("name", ["iforest", "pyod-autoencoder", "deepsvdd", "lunar", "dif"])
def test_another_seed_gives_other_scores(name, fitted, rows):
    other = make(name).set_params(random_state=2).fit(rows[:110]).score_samples(rows)
    assert (other != fitted(name).score_samples(rows)).any()


def test_the_detectors_own_seed_counts_where_the_peer_has_none(rows):
    one, same, other = (
        PyODPeer(IForest(random_state=seed)).fit(rows).score_samples(rows) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_the_width_given_to_deepsvdd_does_not_matter(rows):
    assert PyODPeer(DeepSVDD(n_features=9, epochs=1)).fit(rows).detector_.n_features == 4


def test_the_detector_handed_in_is_never_fitted(rows):
    detector = AutoEncoder(epoch_num=1)
    PyODPeer(detector).fit(rows)
    assert not hasattr(detector, "decision_scores_")
    assert detector.verbose == 1


def test_an_unfitted_peer_says_so(rows):
    with pytest.raises(NotFittedError):
        make("knn").score_samples(rows)


@pytest.mark.parametrize("method", ["fit", "score_samples"])
def test_nan_and_the_wrong_width_are_refused(rows, method):
    peer = make("knn").fit(rows)
    with pytest.raises(ValueError, match="NaN"):
        getattr(peer, method)(np.full((5, 4), np.nan))
    with pytest.raises(ValueError, match="3 features"):
        peer.score_samples(rows[:, :3])


def test_complex_numbers_are_refused(rows):
    with pytest.raises(UsageError, match="Complex data not supported"):
        make("knn").fit(rows * 1j)


@parametrize_with_checks(
    [PyODPeer(KNN()), SklearnPeer(IsolationForest(n_estimators=10)), SklearnPeer(OneClassSVM())]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_nothing_of_pyod_is_loaded_before_a_peer_is_built():
    code = "import sys, robustgen.peers; sys.exit(any(m in sys.modules for m in ('pyod', 'sklearn')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
