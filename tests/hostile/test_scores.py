"""Scores: a number for every row, equal where only rounding tells them apart, and learnt all at once."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyod.models.knn import KNN
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError

from robustgen import ConformalDetector, InverseRegressor, SignCanonicalizer, TableEncoder
from robustgen.inference.p_values import conformal_p_values, discoveries, whole_rows
from robustgen.inference.ties import Tolerance
from robustgen.metrics.generation import frechet_distance, precision_recall
from robustgen.peers import PyODPeer, SklearnPeer, Trimmed
from tests.detectors.builders import DETECTORS, vectors

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


@pytest.mark.parametrize("name", DETECTORS)
def test_a_row_is_told_the_same_alone_and_among_others(fitted, name):
    X = vectors()
    together = fitted[name].score_samples(X)
    alone = np.concatenate([fitted[name].score_samples(X[i : i + 1]) for i in range(0, 60, 6)])
    assert np.all(fitted[name].tolerance_.margins(alone - together[::6], 0.0) == 0) or np.allclose(
        alone, together[::6], rtol=1e-12
    )


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


@FEW
@given(st.integers(1, 1000), st.integers(0, 1000))
def test_a_share_of_whole_rows_is_these_rows(n, k):
    k = min(n, k)
    assert whole_rows(k / n, n) == k


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
