"""The wrapper that gives p-values and decisions to any detector."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyod.models.hbos import HBOS
from pyod.models.knn import KNN
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from sklearn.utils.estimator_checks import estimator_checks_generator

from robustgen import Autoencoder, ConformalDetector
from robustgen._checks import UsageError
from robustgen.inference.conformal import conformal_p_values_among, cross_conformal_p_values
from robustgen.peers import PyODPeer, Trimmed


class Distance(BaseEstimator):
    """Score a row by minus its distance from the origin: nothing is learnt."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def score_samples(self, X):
        return -np.linalg.norm(np.asarray(X).reshape(len(X), -1), axis=1)


def rows(corruption: float = 0.1, n_rows: int = 300, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 4))
    X[: round(corruption * n_rows)] += 30
    return X


FOREST = IsolationForest(n_estimators=10, random_state=0)
DETECTORS = {
    "ours": Autoencoder(epochs=3, random_state=0),
    "scikit-learn's": FOREST,
    "without score_samples": OneClassSVM(),
    "PyOD's": PyODPeer(HBOS()),
}


@pytest.mark.parametrize("calibration", [0.4, 3])
@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_any_detector_is_wrapped(detector, calibration):
    wrapped = ConformalDetector(detector, calibration=calibration, random_state=0).fit(rows())
    new = rows(seed=1)
    p_values, probability = wrapped.p_values(new), wrapped.outlier_probability(new)
    n_reference = sum(part.reference.size for part in wrapped.parts_)
    assert ((p_values >= 1 / (n_reference + 1)) & (p_values <= 1)).all()
    assert ((probability >= 0) & (probability <= 1)).all()
    assert set(wrapped.predict(new)) <= {-1, 1}
    assert p_values[:30].mean() < p_values[30:].mean()
    assert wrapped.n_features_in_ == 4


@pytest.mark.parametrize(
    "X",
    [
        np.random.default_rng(0).random((30, 6, 6)),
        sparse.random(60, 9, density=0.3, format="csr", random_state=np.random.default_rng(0)),
        pd.DataFrame(rows(), columns=list("abcd")),
    ],
    ids=["images", "CSR", "frame"],
)
def test_rows_are_what_the_detector_takes(X):
    wrapped = ConformalDetector(Autoencoder(epochs=1, random_state=0), random_state=0).fit(X)
    assert wrapped.p_values(X).shape == (X.shape[0],)
    assert list(getattr(wrapped, "feature_names_in_", [])) == list(getattr(X, "columns", []))


def test_a_split_keeps_a_share_and_folds_keep_every_row():
    split = ConformalDetector(Distance(), calibration=0.25, trim=0, random_state=0).fit(rows())
    folds = ConformalDetector(Distance(), calibration=5, trim=0, random_state=0).fit(rows())
    assert [part.reference.size for part in split.parts_] == [75]
    assert [part.reference.size for part in folds.parts_] == [60] * 5
    everything = np.sort(Distance().score_samples(rows()))
    np.testing.assert_array_equal(np.sort(np.concatenate([p.reference for p in folds.parts_])), everything)


def test_across_folds_of_one_detector_the_p_value_is_the_rank_among_all_rows():
    folds = ConformalDetector(Distance(), calibration=5, trim=0, random_state=0).fit(rows())
    scores, new = Distance().score_samples(rows()), rows(seed=1)
    ranks = (scores <= Distance().score_samples(new)[:, None]).sum(1)
    np.testing.assert_allclose(folds.p_values(new), (1 + ranks) / 301)


def test_clear_outliers_are_trimmed_and_found():
    wrapped = ConformalDetector(Distance(), calibration=5, random_state=0).fit(rows(0.2, 1000))
    assert 0.1 < wrapped.trimmed_ <= wrapped.contamination_ == pytest.approx(0.2, abs=0.01)
    decided = wrapped.predict(rows(0.2, 1000, seed=1), fdr=0.1)
    assert (decided[:200] == -1).mean() > 0.7
    assert (decided[200:] == -1).mean() < 0.05


def test_an_extreme_new_row_changes_nothing_for_the_others():
    wrapped = ConformalDetector(Distance(), random_state=0).fit(rows())
    new = rows(seed=1)
    spoilt = np.vstack([new, np.full((1, 4), 1e9)])
    np.testing.assert_array_equal(wrapped.p_values(spoilt)[:-1], wrapped.p_values(new))
    np.testing.assert_array_equal(wrapped.outlier_probability(spoilt)[:-1], wrapped.outlier_probability(new))


def test_the_probability_follows_the_score():
    wrapped = ConformalDetector(Distance(), random_state=0).fit(rows())
    line = np.outer(np.linspace(0, 100, 200), [1.0, 0, 0, 0])
    assert (np.diff(wrapped.outlier_probability(line)) >= 0).all()
    assert (np.diff(wrapped.p_values(line)) <= 0).all()
    assert wrapped.outlier_probability(line)[-1] > 0.9


def test_the_same_seed_holds_out_the_same_rows():
    first, second, other = (
        ConformalDetector(Distance(), random_state=seed).fit(rows()).parts_[0].reference for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert (first[:20] != other[:20]).any()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"calibration": 0}, "got calibration=0, expected a share in .* or a number of folds"),
        ({"calibration": 1}, "got calibration=1"),
        ({"calibration": 1.5}, "got calibration=1.5"),
        ({"calibration": True}, "got calibration=True"),
        ({"calibration": "half"}, "got calibration='half'"),
        ({"trim": 0.6}, "got trim=0.6, expected 'auto' or a share"),
        ({"trim": "all"}, "got trim='all'"),
        ({"detector": HBOS()}, "HBOS is PyOD's, .* wrap it in robustgen.peers.PyODPeer"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, said):
    with pytest.raises(UsageError, match=said):
        clone(ConformalDetector(FOREST)).set_params(**parameters).fit(rows())


@pytest.mark.parametrize("fdr", [0, 1, -0.1, "low"])
def test_a_rate_out_of_range_is_refused(fdr):
    with pytest.raises(UsageError, match="expected a rate in"):
        ConformalDetector(Distance(), random_state=0).fit(rows()).predict(rows(), fdr=fdr)


def test_what_is_known_after_the_fit_is_not_known_before():
    with pytest.raises(AttributeError, match="known once the detector is fitted"):
        _ = ConformalDetector(FOREST).n_features_in_


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=check.func.__name__)
        for estimator, check in estimator_checks_generator(ConformalDetector(FOREST, random_state=0))
    ],
)
@pytest.mark.filterwarnings("ignore:no row can be discovered")  # of the 20 rows of some checks
def test_scikit_learn_check(estimator, check):
    if check.func.__name__ in ("check_outliers_fit_predict", "check_outliers_train"):
        pytest.skip("expects outliers among blobs, where nothing is discovered at this rate")
    check(estimator)


def test_it_is_an_estimator_like_others():
    X = rows()
    conformal = ConformalDetector(FOREST, random_state=0)
    far = np.vstack([X[:5], np.full((5, X.shape[1]), 99.0)])
    pipeline = make_pipeline(StandardScaler(), conformal).fit(X)
    assert np.array_equal(pipeline.predict(far) < 0, pipeline.decision_function(far) < 0)
    assert (pipeline.score_samples(far)[5:] < pipeline.score_samples(far)[:5].min()).all()
    assert conformal.fit_predict(X).shape == (len(X),)
    inlier = np.where(X[:, 0] < np.median(X[:, 0]), 1, -1)
    assert cross_val_score(conformal, X, inlier, scoring="roc_auc", cv=2).shape == (2,)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_detector_of_the_opposite_sign_is_refused_however_deep(depth):
    detector = KNN()
    for _ in range(depth):
        detector = make_pipeline(StandardScaler(), detector)
    with pytest.raises(UsageError, match="PyODPeer"):
        ConformalDetector(detector).fit(rows())
    with pytest.raises(UsageError, match="PyODPeer"):
        Trimmed(detector).fit(rows())


def test_a_peer_turns_the_sign_at_any_depth():
    X = rows()
    peer = make_pipeline(StandardScaler(), PyODPeer(KNN()))
    assert ConformalDetector(peer, random_state=0).fit(X).p_values(np.full((1, X.shape[1]), 99.0)) < 0.1


def test_among_clean_training_rows_an_inlier_s_p_value_is_conservative():
    """The scores out of random folds are exchangeable: at most a share t of the p-values is t or less."""
    detector = IsolationForest(n_estimators=10, random_state=0)
    p_values = np.concatenate(
        [
            cross_conformal_p_values(detector, rows(0, 100, seed), 5, random_state=seed, trim=0)
            for seed in range(5)
        ]
    )
    for level in (0.02, 0.1, 0.5):
        assert (p_values <= level).mean() <= level


def test_scores_of_a_model_that_treats_all_rows_alike_give_conservative_p_values_too():
    """Rows that are exchangeable have exchangeable scores, by whatever symmetric function of them all."""
    scores = [Distance().score_samples(rows(0, 100, seed) - rows(0, 100, seed).mean(0)) for seed in range(5)]
    p_values = np.concatenate([conformal_p_values_among(one, trim=0) for one in scores])
    for level in (0.02, 0.1, 0.5):
        assert (p_values <= level).mean() <= level


def test_among_training_rows_clear_outliers_have_the_least_p_values():
    p_values = cross_conformal_p_values(Distance(), rows(0.2, 1000), random_state=0)
    assert (p_values[:200] < 0.05).all()
    assert (p_values[:200] < 0.002).mean() > 0.9
    assert (p_values[200:] < 0.05).mean() < 0.05


def test_of_one_detector_p_values_among_training_rows_are_ranks():
    X = rows(0.0, 101)
    scores = Distance().score_samples(X)
    at_most = (scores <= scores[:, None]).sum(1)
    for n_folds in (2, 5, 1000):
        found = cross_conformal_p_values(Distance(), X, n_folds, random_state=0, trim=0)
        np.testing.assert_allclose(found, (1 + at_most) / 102)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"n_folds": 1}, "got n_folds=1, expected a whole number of 2 or more"),
        ({"n_folds": 2.5}, "got n_folds=2.5"),
        ({"trim": 0.6}, "got trim=0.6, expected 'auto' or a share"),
        ({"detector": make_pipeline(KNN())}, "KNN is PyOD's"),
        ({"X": rows(0, 1)}, "got 1 rows, expected two or more"),
    ],
)
def test_p_values_among_training_rows_refuse_bad_parameters(parameters, said):
    with pytest.raises(UsageError, match=said):
        cross_conformal_p_values(**{"detector": FOREST, "X": rows(), **parameters})


def test_a_rate_that_so_few_rows_cannot_reach_is_said_so():
    wrapped = ConformalDetector(Distance(), calibration=0.1, random_state=0).fit(rows(0, n_rows=80))
    with pytest.warns(
        UserWarning, match="no row can be discovered at a rate of 0.1 by 8 calibration rows: 9"
    ):
        wrapped.predict(rows(0.5, seed=1))
