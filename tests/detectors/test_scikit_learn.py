"""Inside scikit-learn: pipelines, searches, output in pandas, metadata. (Its own checks: test_contract.)"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from robustgen import RSRAE, Autoencoder
from tests.detectors.builders import vectors


@pytest.fixture
def X():
    """50 rows of a cloud and 10 rows far from it, shuffled."""
    rows = np.concatenate([vectors(50), 20 + 5 * np.random.default_rng(1).normal(size=(10, 6))])
    return pd.DataFrame(rows, columns=list("abcdef")).sample(frac=1, random_state=0)


@pytest.fixture
def y(X):
    """+1 for a row of the cloud, -1 for a far row, as `predict` says it."""
    return np.where(X.index < 50, 1, -1)


def area(detector, X, y):
    return roc_auc_score(y, detector.score_samples(X))


@pytest.mark.parametrize("scoring", [area, "roc_auc"], ids=["a function", "a name"])
def test_a_search_finds_parameters(X, y, scoring):
    grid = {"n_members": [1, 2], "robust": [False, True]}
    search = GridSearchCV(Autoencoder(epochs=3, random_state=0), grid, scoring=scoring, cv=2).fit(X, y)
    assert set(search.best_params_) == set(grid)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    np.testing.assert_array_equal(
        search.score_samples(X), clone(search.best_estimator_).fit(X, y).score_samples(X)
    )


def test_a_search_reaches_through_a_pipeline(X, y):
    pipeline = make_pipeline(StandardScaler(), RSRAE(epochs=2, random_state=0))
    search = GridSearchCV(pipeline, {"rsrae__lambdas": [(0.1, 0.1), (1.0, 0.1)]}, scoring=area, cv=2).fit(
        X, y
    )
    assert search.best_estimator_[-1].lambdas == search.best_params_["rsrae__lambdas"]


def test_cross_validation_leaves_the_detector_unfitted(X, y):
    detector = Autoencoder(epochs=2, random_state=0)
    assert cross_val_score(detector, X, y, scoring=area, cv=3).shape == (3,)
    assert not hasattr(detector, "net_")


def test_a_pipeline_keeps_names_and_gives_pandas(X):
    pipeline = make_pipeline(StandardScaler(), Autoencoder(latent_dim=2, epochs=2, random_state=0))
    codes = pipeline.set_output(transform="pandas").fit(X).transform(X)
    assert list(pipeline[-1].feature_names_in_) == list("abcdef")
    assert list(codes) == ["autoencoder0", "autoencoder1"] == list(pipeline.get_feature_names_out())
    assert codes.index.equals(X.index)


def test_columns_of_several_kinds_go_through_a_column_transformer(X):
    mixed = X.assign(kind=np.where(X["a"] > 0, "up", "down"))
    encode = ColumnTransformer([("kind", OneHotEncoder(), ["kind"])], remainder=StandardScaler())
    pipeline = make_pipeline(encode, Autoencoder(epochs=2, random_state=0)).fit(mixed)
    assert set(pipeline.predict(mixed)) == {-1, 1}


def test_metadata_is_routed_past_a_detector_that_asks_for_none(X, y):
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(scaler, Autoencoder(epochs=2, random_state=0))
        pipeline.fit(X, sample_weight=(y > 0).astype(float))
    np.testing.assert_allclose(pipeline[0].mean_, X[y > 0].mean())
