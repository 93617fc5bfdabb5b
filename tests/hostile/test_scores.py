"""Scores: a number for every row, equal where they differ by rounding alone, and learnt all at once."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pyod.models.knn import KNN
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError

from robustgen import ConformalDetector, InverseRegressor, SignCanonicalizer, TableEncoder
from robustgen.inference.p_values import conformal_p_values, discoveries
from robustgen.inference.ties import Tolerance
from robustgen.metrics.generation import frechet_distance, precision_recall
from robustgen.peers import PyODPeer, SklearnPeer, Trimmed
from tests.detectors.builders import DETECTORS, grey_images, vectors

FEW = settings(max_examples=30, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def fitted():
    return {name: build().fit(vectors()) for name, build in DETECTORS.items()}


@pytest.mark.parametrize("name", DETECTORS)
def test_a_cell_however_large_is_no_inlier(fitted, name):
    far = np.repeat(vectors()[:1], 4, axis=0)
    far[:, 1] = [1e20, -1e160, 1e300, -1.7e308]
    with np.errstate(all="ignore"):
        scores, said = fitted[name].score_samples(far), fitted[name].predict(far)
    assert np.isfinite(scores).all()
    assert (said == -1).all()


@contextmanager
def threads(number):
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def in_batches(detector, X, size):
    return np.concatenate([detector.score_samples(X[i : i + size]) for i in range(0, len(X), size)])


def expect_equal_in_batches_and_threads(detector, X):
    """The README's promise: to `tolerance_`, of 1e-9 for vectors and 2e-6 for images, or less."""
    assert detector.tolerance_.precision <= (1e-9 if X.ndim == 2 else 2e-6)
    whole = detector.score_samples(X)
    with threads(2):
        others = [in_batches(detector, X[:9], 1), in_batches(detector, X, 7), detector.score_samples(X)]
    with threads(1):
        others += [in_batches(detector, X[:9], 1), in_batches(detector, X, 7), detector.score_samples(X)]
    for scores in others:
        expected = whole[: len(scores)]
        sizes = np.maximum(np.abs(expected), np.abs(scores)) + detector.tolerance_.unit
        assert np.all(np.abs(scores - expected) <= detector.tolerance_.precision * sizes)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_score_depends_on_no_other_row_and_on_no_number_of_threads(fitted, name):
    expect_equal_in_batches_and_threads(fitted[name], vectors())


@pytest.mark.parametrize("name", ["autoencoder", "maw", "rvqvae"])
def test_nor_does_that_of_an_image(name):
    X = grey_images()
    expect_equal_in_batches_and_threads(DETECTORS[name](epochs=2).fit(X), X)


@pytest.mark.parametrize("name", ["autoencoder, L2,1, robust", "maw", "vqvae", "robust detector, all models"])
def test_equal_rows_are_told_the_same_alone_and_together(name):
    X = np.ones((60, 3))
    X[7, 2] = 2
    detector = DETECTORS[name]().fit(X)
    together = detector.predict(X)
    alone = np.concatenate([detector.predict(X[i : i + 1]) for i in range(60)])
    assert np.array_equal(together, alone)
    assert len(np.unique(np.delete(together, 7))) == 1


@FEW
@given(st.integers(0, 2**32 - 1), st.floats(1e-200, 1e200))
def test_scores_that_differ_by_rounding_have_one_p_value(seed, unit):
    rng = np.random.default_rng(seed)
    reference = unit * np.repeat(rng.normal(size=5), 4)
    noisy = reference * (1 + 1e-13 * rng.normal(size=20))
    expected = conformal_p_values(np.sort(reference), reference)
    assert np.array_equal(conformal_p_values(np.sort(noisy), reference), expected)


def test_p_at_the_border_is_a_discovery():
    assert discoveries(np.array([0.1, 1.0, 1.0]), 0.3).sum() == 1


def test_one_far_score_does_not_move_what_is_equal():
    scores = np.random.default_rng(0).normal(size=100)
    far = np.append(scores, -1e300)
    assert Tolerance.of(far, 1e-6).unit < 1.1 * Tolerance.of(scores, 1e-6).unit


@FEW
@given(
    st.integers(0, 1000),
    st.sampled_from([1e-150, 1e-3, 1.0, 1e3, 1e9]),
    st.integers(2, 40),
    st.integers(1, 60),
)
def test_a_set_is_at_no_distance_from_itself(seed, unit, n, d):
    rows = unit * np.random.default_rng(seed).normal(size=(n, d))
    assert 0 <= frechet_distance(rows, rows) <= 1e-9 * unit**2 * d


@pytest.mark.parametrize("apart", [1e3, 1e9, 1e12])
@pytest.mark.parametrize("width", [2, 40])
def test_far_clusters_do_not_make_unlike_rows_alike(apart, width):
    rng = np.random.default_rng(0)
    real = np.concatenate([rng.normal(size=(40, width)), apart + rng.normal(size=(40, width))])
    unlike = np.concatenate([50 + rng.normal(size=(40, width)), apart + 50 + rng.normal(size=(40, width))])
    assert precision_recall(real, unlike) == (0.0, 0.0)


@pytest.mark.parametrize(
    "peer", [PyODPeer(KNN()), SklearnPeer(IsolationForest(random_state=0))], ids=["pyod", "sklearn"]
)
def test_a_peer_refuses_columns_in_another_order(peer):
    X = pd.DataFrame(vectors(), columns=list("abcdef"))
    with pytest.raises(ValueError, match="feature names"):
        peer.fit(X).score_samples(X[list("fedcba")])


class Silent(IsolationForest):
    """Scores nothing."""

    def score_samples(self, X):
        return np.full(len(X), np.nan)


@pytest.mark.parametrize("wrap", [SklearnPeer, Trimmed])
def test_no_number_from_others_is_the_worst_outlier(wrap):
    scores = wrap(Silent(random_state=0)).fit(vectors()).score_samples(vectors())
    assert (scores == -1e300).all()


class Stop(KeyboardInterrupt):
    """As Ctrl-C."""


def stopping(*arguments, **named):
    raise Stop


TABLE = pd.DataFrame({"a": np.arange(60.0)})
FITS = {
    "InverseRegressor": (
        InverseRegressor(epochs=1, random_state=0),
        (vectors(), vectors()[:, :2]),
        (vectors()[:, :3], vectors()[:, :2]),
        "robustgen.inverse.regressor.fit_scaling",
    ),
    "SignCanonicalizer": (
        SignCanonicalizer(),
        (vectors(),),
        (vectors()[:, :3],),
        "robustgen.symmetry.sign.SignCanonicalizer._learn",
    ),
    "TableEncoder": (
        TableEncoder(),
        (TABLE,),
        (TABLE.assign(b=1.0),),
        "robustgen.tables.columns.NumberColumn.__init__",
    ),
    "PyODPeer": (
        PyODPeer(KNN()),
        (vectors(),),
        (vectors()[:, :3],),
        "robustgen.peers.pyod.PyODPeer._fitted",
    ),
    "ConformalDetector": (
        ConformalDetector(IsolationForest(random_state=0), random_state=0),
        (vectors(),),
        (vectors()[:, :3],),
        "robustgen.inference.conformal.estimate_corruption",
    ),
    "Trimmed": (
        Trimmed(IsolationForest(random_state=0)),
        (vectors(),),
        (vectors()[:, :3],),
        "robustgen.peers.trimmed.contamination_offset",
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fit_that_is_stopped_leaves_what_was(name, monkeypatch):
    estimator, first, second, place = FITS[name]
    estimator.fit(*first)
    before = dict(vars(estimator))
    monkeypatch.setattr(place, stopping)
    with pytest.raises(Stop):
        estimator.fit(*second)
    assert vars(estimator) == before
    assert estimator.n_features_in_ == before.get("n_features_in_", estimator.n_features_in_)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_first_fit_that_is_stopped_leaves_nothing(name, monkeypatch):
    detector = DETECTORS[name]()
    monkeypatch.setattr("robustgen.detectors.base.contamination_offset", stopping)
    with warnings.catch_warnings(), pytest.raises(Stop):
        detector.fit(vectors())
    with pytest.raises(NotFittedError):
        detector.score_samples(vectors())
