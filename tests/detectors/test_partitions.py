"""Tables in partitions score as the table in memory does, when they are computed and not before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import robustgen
from robustgen._checks import UsageError

arrays = pytest.importorskip("dask.array")
frames = pytest.importorskip("dask.dataframe")

METHODS = ("score_samples", "decision_function", "predict", "outlier_probability")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).normal(size=(60, 4)), columns=list("abcd"))


@pytest.fixture(scope="module")
def detector(table):
    return robustgen.Autoencoder(epochs=1, random_state=0).fit(table)


@pytest.mark.parametrize("method", METHODS)
def test_partitions_of_a_frame_score_as_the_whole(detector, table, method):
    score = getattr(detector, method)
    lazy = score(frames.from_pandas(table, npartitions=2))
    assert lazy.npartitions == 2
    np.testing.assert_allclose(lazy.compute(scheduler="synchronous"), score(table), rtol=1e-9)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("method", METHODS)
def test_blocks_of_an_array_score_as_the_whole_however_its_columns_are_cut(detector, table, method):
    score = getattr(detector, method)
    lazy = score(arrays.from_array(table.to_numpy(), chunks=(40, 3)))
    assert lazy.chunks == ((40, 20),)
    computed = lazy.compute(scheduler="synchronous")
    np.testing.assert_allclose(computed, score(table), rtol=1e-9)
    assert lazy.dtype == computed.dtype


def test_the_default_scores_partitions(table):
    detector = robustgen.RobustDetector(epochs=1, n_members=1, random_state=0).fit(table.to_numpy())
    lazy = detector.score_samples(arrays.from_array(table.to_numpy(), chunks=(30, 4)))
    np.testing.assert_allclose(
        lazy.compute(scheduler="synchronous"), detector.score_samples(table.to_numpy()), rtol=1e-9
    )


def test_partitions_without_rows_have_no_scores(detector, table):
    chosen = frames.from_pandas(table, npartitions=2).query("index < 30")
    assert len(detector.predict(chosen).compute(scheduler="synchronous")) == 30


def test_a_partition_that_cannot_be_scored_says_so_when_it_is_computed(detector, table):
    table = table.copy()
    table.iloc[50, 1] = np.nan
    lazy = detector.predict(frames.from_pandas(table, npartitions=2))
    with pytest.raises(UsageError, match="X holds NaN"):
        lazy.compute(scheduler="synchronous")
