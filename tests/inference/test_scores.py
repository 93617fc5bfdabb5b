"""Scores of whatever detector: columns are what their names say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from robustgen import ConformalDetector
from robustgen._checks import UsageError
from robustgen.peers import Trimmed

# neighbours lose the names themselves, on the way from one method to another
pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")
FOREST = IsolationForest(n_estimators=5, random_state=0)
DETECTORS = {
    "forest": FOREST,
    "neighbours": LocalOutlierFactor(novelty=True),
    "mixture": GaussianMixture(random_state=0),
    "density": KernelDensity(),
    "names lost": make_pipeline(FunctionTransformer(np.asarray), FOREST),
}


@pytest.fixture
def rows():
    return pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)) * [1, 10, 100], columns=list("abc"))


def wrapped(detector):
    """Return the wrappers that take a detector: some need its threshold."""
    yield ConformalDetector(detector, random_state=0)
    if hasattr(detector, "decision_function"):
        yield Trimmed(detector)


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_columns_in_another_order_are_the_same_rows(rows, detector):
    for one in wrapped(detector):
        one.fit(rows)
        np.testing.assert_allclose(one.score_samples(rows[["c", "a", "b"]]), one.score_samples(rows))


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_columns_of_other_names_are_refused(rows, detector):
    for one in wrapped(detector):
        one.fit(rows)
        with pytest.raises(UsageError, match="got the column 'z', expected those of training: 'a', 'b', 'c'"):
            one.score_samples(rows.rename(columns={"a": "z"}))
