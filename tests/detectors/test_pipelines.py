"""Behind a `TableEncoder` every detector explains, decides and tells probabilities of a table's own rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from robustgen import ConformalDetector, TableEncoder
from robustgen._checks import UsageError
from robustgen.inference.explanation import explain, top_features

from .builders import DETECTORS, vectors

COLUMNS = ["heat", "flow", "seen", "fuel"]


@pytest.fixture(scope="module")
def table():
    numbers = vectors(120, 2)
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(numbers, columns=["heat", "flow"], index=np.arange(120) + 1000)
    days = pd.date_range("2024-01-01", periods=120)[rng.permutation(120)]
    frame["seen"], frame["fuel"] = days.strftime("%Y-%m-%d"), rng.choice(["oil", "gas"], 120)
    frame["id"] = np.arange(120)
    return frame


@pytest.fixture(scope="module", params=DETECTORS.values(), ids=DETECTORS)
def fitted(request, table):
    return make_pipeline(TableEncoder(), request.param(contamination=0.1)).fit(table)


def test_a_row_is_explained_by_the_columns_of_the_table(fitted, table):
    parts = explain(fitted, table)
    assert list(parts) == COLUMNS
    assert parts.index.equals(table.index)
    np.testing.assert_allclose(parts.sum(axis=1), -fitted.score_samples(table), rtol=1e-4, atol=1e-5)
    assert set(top_features(parts, 1).names.ravel()) <= set(COLUMNS)


def test_probabilities_come_through_the_pipeline(fitted, table):
    probabilities = fitted.predict_proba(table)
    assert probabilities.shape == (120, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    order = np.argsort(fitted.score_samples(table))
    assert (np.diff(probabilities[order, 1]) <= 0).all()


def test_a_threshold_moves_what_the_pipeline_predicts(fitted, table):
    fitted[-1].set_threshold(0.3)
    assert (fitted.predict(table) == -1).mean() == pytest.approx(0.3)
    fitted[-1].set_threshold(0.1)
    assert (fitted.predict(table) == -1).mean() == pytest.approx(0.1)


def test_p_values_and_probabilities_are_those_of_the_pipeline(table):
    model = make_pipeline(TableEncoder(), DETECTORS["rsrae"]())
    calibrated = ConformalDetector(model, random_state=0).fit(table)
    assert ((calibrated.p_values(table) > 0) & (calibrated.p_values(table) <= 1)).all()
    assert ((calibrated.outlier_probability(table) >= 0) & (calibrated.outlier_probability(table) <= 1)).all()


def test_steps_that_keep_the_columns_keep_their_names(table):
    numbers = table[["heat", "flow"]]
    model = make_pipeline(StandardScaler(), DETECTORS["rsrae"]()).fit(numbers)
    assert list(explain(model, numbers)) == ["heat", "flow"]


def test_what_cannot_be_explained_is_said(table):
    numbers = table[["heat", "flow"]]
    with pytest.raises(UsageError, match="PCA, which makes 1 numbers of 2"):
        explain(make_pipeline(PCA(1), DETECTORS["rsrae"]()).fit(numbers), numbers)
    with pytest.raises(UsageError, match="IsolationForest does not explain"):
        explain(make_pipeline(StandardScaler(), IsolationForest()).fit(numbers), numbers)
