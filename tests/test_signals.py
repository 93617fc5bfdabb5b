"""Signals are declared, never guessed, and what is no signal is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen import RSRAE, Autoencoder, Signals, load
from robustgen._checks import UsageError
from tests.detectors.builders import signals, vectors

QUICK = {"epochs": 2, "latent_dim": 2, "random_state": 0}


def test_an_array_of_images_stays_images_and_a_declared_one_is_signals():
    X = signals(12)
    assert Autoencoder(**QUICK).fit(np.asarray(X)).row_type_ == "images"
    assert Autoencoder(**QUICK).fit(X).row_type_ == "signals"


def test_parts_of_signals_are_signals():
    X = signals(12)
    for part in (X[:5], X[np.arange(4)], X[np.arange(12) > 3]):
        assert isinstance(part, Signals)


def test_a_memory_map_is_not_copied(tmp_path):
    np.save(tmp_path / "X.npy", np.asarray(signals(12)))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert np.shares_memory(Signals(mapped), mapped)
    learnt = Autoencoder(**QUICK).fit(Signals(mapped))
    np.testing.assert_allclose(
        learnt.score_samples(mapped),
        Autoencoder(**QUICK).fit(signals(12)).score_samples(signals(12)),
        rtol=1e-4,
    )


def test_a_fitted_detector_takes_plain_arrays_for_signals():
    X = signals(12)[:, :1]
    detector = Autoencoder(**QUICK).fit(X)
    expected = detector.score_samples(X)
    np.testing.assert_array_equal(detector.score_samples(np.asarray(X)), expected)
    np.testing.assert_array_equal(detector.score_samples(np.asarray(X)[:, 0]), expected)


@pytest.mark.parametrize("build", [Autoencoder, RSRAE])
def test_a_model_file_keeps_what_rows_are(build, tmp_path):
    X = signals(12)
    detector = build(**QUICK).fit(X)
    detector.save(tmp_path / "model.rg")
    again = load(tmp_path / "model.rg")
    assert again.row_type_ == "signals"
    np.testing.assert_array_equal(again.score_samples(X), detector.score_samples(X))


def test_channels_are_scaled_apart():
    X = Signals(signals(12) * np.array([1.0, 1000.0])[:, None] + np.array([0.0, 5.0])[:, None])
    scaling = Autoencoder(**QUICK).fit(X).scaling_
    np.testing.assert_allclose(scaling.center[:, 0], np.asarray(X).mean((0, 2)))
    np.testing.assert_allclose(scaling.scale[:, 0], np.asarray(X).std((0, 2)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1.0, 2.0, 3.0], [1.0, 2.0]], "got rows of unequal shapes, lengths 2 to 3, expected equal ones"),
        (np.zeros(9), r"got an array of shape \(9,\), expected signals \(n, T\)"),
        (np.zeros((9, 1, 4, 4)), r"got an array of shape \(9, 1, 4, 4\), expected signals"),
        (np.zeros((9, 0)), "expected signals"),
    ],
    ids=["ragged", "one series", "images", "no points"],
)
def test_other_shapes_are_refused(values, message):
    with pytest.raises(UsageError, match=message):
        Signals(values)


def test_what_looks_otherwise_than_the_training_rows_is_refused():
    X = signals(12)
    detector = Autoencoder(**QUICK).fit(X)
    with pytest.raises(
        UsageError, match=r"got rows of shape \(1, 30\), but .* fitted on rows of shape \(2, 30\)"
    ):
        detector.score_samples(np.asarray(X)[:, 0])
    with pytest.raises(UsageError, match="got signals, but Autoencoder was fitted on vectors"):
        Autoencoder(**QUICK).fit(vectors()).score_samples(X)
    broken = np.array(X)
    broken[3, 0, 7] = np.nan
    with pytest.raises(UsageError, match="X holds NaN in signal 3"):
        detector.score_samples(broken)
