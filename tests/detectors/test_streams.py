"""A stream is learnt from where the last rows left off, and it is said how far its scores have moved."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import robustgen
from robustgen import MAW, RSRAE, RVQVAE, SQVAE, VAE, VQVAE, Answers, Autoencoder, RobustDetector
from robustgen._checks import UsageError
from robustgen.detectors.streams import Drift
from robustgen.nets.members import tensors
from robustgen.training import RobustTraining
from tests.training.cases import table

X = table(300)
FEW = {"hidden_dims": (8,), "epochs": 3, "batch_size": 32, "random_state": 0}
OF_CODES = {"prior_epochs": 1, "quantisation": {"n_codes": 8, "updates": "ema"}}
DETECTORS = {
    "autoencoder": Autoencoder(**FEW, n_members=2),
    "robust": Autoencoder(**FEW, robust=RobustTraining(warmup_epochs=1)),
    "rsrae": RSRAE(**FEW),
    "vae": VAE(**FEW),
    "maw": MAW(**FEW),
    "vqvae": VQVAE(**FEW, **OF_CODES),
    "sqvae": SQVAE(**FEW, prior_epochs=1),
    "rvqvae": RVQVAE(**FEW, prior_epochs=1, quantisation={"n_codes": 8}, sets={"warmup_epochs": 1}),
}


SCHEDULED = {"sqvae"}
"""Whose temperature falls by a schedule that depends on the number of epochs."""


@pytest.mark.parametrize("name", sorted(DETECTORS.keys() - SCHEDULED))
def test_a_pass_over_the_same_rows_is_one_more_epoch(name):
    detector = DETECTORS[name]
    going_on = detector.fit(X).partial_fit(X)
    weights, scores = [tensor.clone() for tensor in tensors(going_on.net_)], going_on.training_scores_
    assert going_on.history_.epochs == 4
    longer = detector.set_params(epochs=4).fit(X)
    detector.set_params(epochs=3)
    assert all(torch.equal(*pair) for pair in zip(weights, tensors(longer.net_), strict=True))
    np.testing.assert_array_equal(scores, longer.training_scores_)


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_what_is_known_of_training_rows_is_of_the_last_ones(detector):
    detector.fit(X).partial_fit(X[:100], Answers(normal=[50], outliers=[3]))
    assert detector.training_scores_.shape == detector.support_.shape == (100,)
    np.testing.assert_allclose(detector.score_samples(X[:100]), detector.training_scores_, rtol=1e-9)


def test_the_first_rows_of_a_stream_are_fitted():
    assert not hasattr(Autoencoder(**FEW).partial_fit(X), "drift_")
    np.testing.assert_array_equal(
        Autoencoder(**FEW).partial_fit(X).score_samples(X), Autoencoder(**FEW).fit(X).score_samples(X)
    )


def test_a_level_that_moves_is_a_drift_and_the_rows_of_one_law_are_none():
    rng = np.random.default_rng(1)
    mixing = rng.normal(size=(2, 6))

    def rows(level, n=400):
        return rng.normal(size=(n, 2)) @ mixing + 0.3 * rng.normal(size=(n, 6)) + level

    detector = Autoencoder(epochs=20, hidden_dims=(8,), random_state=0).fit(rows(0.0, n=2000))
    assert detector.partial_fit(rows(0.0)).drift_.p_value > 0.01
    assert detector.partial_fit(rows(1.0)).drift_.p_value < 1e-6
    first = detector.drift_.statistic
    for _ in range(40):
        detector.partial_fit(rows(1.0))
    assert detector.drift_.statistic < first / 2  # the new level is learnt


def test_the_statistic_is_the_largest_gap_of_the_two_shares():
    new, former = np.array([-3.0, -2.0, -1.0]), np.array([-2.5, -0.5])
    gaps = [abs((new <= s).mean() - (former <= s).mean()) for s in (*new, *former)]
    assert Drift.between(new, former).statistic == pytest.approx(max(gaps))


def test_a_model_from_a_file_goes_on_with_new_optimisers(tmp_path):
    detector = Autoencoder(**FEW).fit(X)
    detector.save(tmp_path / "model")
    loaded = robustgen.load(tmp_path / "model")
    assert loaded.partial_fit(X).history_.epochs == 4
    assert isinstance(loaded.drift_, Drift)
    loaded.save(tmp_path / "model")
    assert robustgen.load(tmp_path / "model").drift_ == loaded.drift_
    RVQVAE(**FEW, prior_epochs=1).fit(X).save(tmp_path / "sets")
    with pytest.raises(UsageError, match="from a file, which has no sets: fit it anew"):
        robustgen.load(tmp_path / "sets").partial_fit(X)


def test_a_call_that_fails_leaves_the_detector_as_it_was():
    detector = Autoencoder(**FEW).fit(X)
    before = detector.score_samples(X)
    for wrong, said in ((X[:1], "got one row"), (X[:, :3], "features"), (np.full((9, 6), np.nan), "NaN")):
        with pytest.raises(ValueError, match=said):
            detector.partial_fit(wrong)
    with pytest.raises(UsageError, match="learning_rate"):
        detector.set_params(learning_rate=-1.0).partial_fit(X)
    np.testing.assert_array_equal(detector.score_samples(X), before)
    assert not hasattr(detector, "drift_")


def test_what_cannot_go_on_says_so():
    assert not hasattr(RobustDetector(), "partial_fit")
    with pytest.raises(AttributeError, match="asks of all rows at once which can be trusted"):
        RobustDetector().partial_fit(X)
    labelled = VQVAE(**FEW, prior_epochs=1).fit(X, labels=np.arange(300) % 2)
    with pytest.raises(UsageError, match="was fitted with labels"):
        labelled.partial_fit(X)
