"""MAW and the VAE: the ablations, and what both generate."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from robustgen import MAW, VAE, LatentMixture, Layers, Regularisation
from robustgen.detectors.vae import VARIANCE_FLOOR
from tests.detectors.builders import grey_images, vectors

ABLATIONS = {
    "MAW": {},
    "MAW-MSE": {"reconstruction": "l2"},
    "MAW-L1": {"reconstruction": "l1"},
    "MAW-KL": {"regulariser": {"kind": "kl"}},
    "one Gaussian": {"mixture": {"n_components": 1}},
    "both full rank": {"mixture": {"ranks": (2, 2)}},
    "component per batch": {"mixture": {"component_per": "batch"}},
    "joint": {"regulariser": {"mode": "joint", "weight": 0.5}},
    "singular": {"mixture": {"covariance_floor": 0.0}},
    "codes of many dimensions": {"latent_dim": 7},
    "drawn scores": {"mixture": {"n_draws": 3}},
}


@pytest.mark.parametrize("options", ABLATIONS.values(), ids=ABLATIONS)
@pytest.mark.parametrize("make", [vectors, grey_images])
def test_every_ablation_is_one_argument_away(options, make):
    X = make()
    detector = MAW(**{"epochs": 2, "random_state": 0} | options).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert detector.sample(5).shape == (5, *X.shape[1:])


def test_with_one_component_and_the_divergence_it_is_the_vae_term_by_term():
    X = vectors()
    shared = {"latent_dim": 2, "epochs": 3, "learning_rate": 1e-3, "random_state": 0, "scoring": "l2"}
    vae = VAE(**shared).fit(X)
    maw = MAW(
        mixture=LatentMixture(n_components=1, covariance_floor=VARIANCE_FLOOR),
        regulariser=Regularisation("kl"),
        reconstruction="l2",
        **shared,
    ).fit(X)
    assert list(maw.history_) == list(vae.history_)
    for term in vae.history_:
        np.testing.assert_array_equal(maw.history_[term], vae.history_[term])
    np.testing.assert_array_equal(maw.score_samples(X), vae.score_samples(X))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_a_thousand_steps_stay_finite(activation):
    X = vectors()
    X[0] *= 1e4
    detector = MAW(
        layers=Layers(activation), hidden_dims=(8,), learning_rate=1e-3, epochs=1000, random_state=0
    ).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert all(np.isfinite(values).all() for values in detector.history_.values())


@pytest.mark.parametrize("build", [MAW, VAE])
def test_a_member_is_the_net_that_a_single_fit_gives(build):
    X = vectors()
    options = {"epochs": 2, "random_state": 0}
    alone, pair = build(**options).fit(X), build(n_members=2, **options).fit(X)
    for single, both in zip(alone.net_.parameters(), pair.net_.parameters(), strict=True):
        torch.testing.assert_close(both[:1], single, rtol=1e-3, atol=1e-5)


def test_drawn_scores_are_the_same_each_time_and_whatever_rows_stand_beside():
    X = vectors(200)
    detector = MAW(mixture=LatentMixture(n_draws=4), epochs=2, random_state=0).fit(X)
    scores = detector.score_samples(X)
    np.testing.assert_array_equal(detector.score_samples(X), scores)
    singly = np.concatenate([detector.score_samples(X[i : i + 1]) for i in range(0, 200, 23)])
    np.testing.assert_allclose(singly, scores[::23], rtol=1e-10)


@pytest.mark.parametrize("build", [MAW, VAE])
def test_samples_come_in_the_units_of_the_rows(build):
    X = 1000 + 5 * vectors(300)
    made = build(epochs=40, learning_rate=1e-3, random_state=0).fit(X).sample(500, random_state=0)
    assert made.shape == (500, 6)
    np.testing.assert_allclose(made.mean(0), X.mean(0), atol=10)
    assert (made.std(0) < 2 * X.std(0)).all()


@pytest.mark.parametrize("build", [MAW, VAE])
def test_samples_are_seeded(build):
    detector = build(epochs=2, n_members=2, random_state=0).fit(vectors())
    made = detector.sample(5, random_state=3)
    np.testing.assert_array_equal(detector.sample(5, random_state=3), made)
    assert (detector.sample(5, random_state=4) != made).any()
    assert detector.sample().shape == (1, 6)


def test_samples_do_not_come_from_what_predict_calls_outliers():
    X = vectors(100)
    X[:10] += 50
    detector = MAW(epochs=5, contamination=0.1, random_state=0).fit(X)
    assert detector.inlier_codes_.means.shape[1] == (detector.predict(X) == 1).sum()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regulariser": {"kind": "wassertein"}}, "did you mean 'wasserstein'"),
        ({"reconstruction": "l3"}, "expected one of 'l2', 'l1', 'l21'"),
        ({"mixture": {"n_components": 3}}, "expected one of 1, 2"),
        ({"mixture": {"eta": 1.0}}, "between 0 and 1"),
        ({"mixture": {"eta": "most"}}, "between 0 and 1"),
        ({"mixture": {"ranks": (1.5, 2)}}, "expected 2 from 1 to latent_dim=2"),
        ({"mixture": {"ranks": (1,)}}, "expected 2 from 1 to latent_dim=2"),
        ({"mixture": {"ranks": (3, 2)}}, "expected 2 from 1 to latent_dim=2"),
        ({"regulariser": {"kind": "kl"}, "mixture": {"covariance_floor": 0}}, "infinite"),
        ({"mixture": {"component_per": "epoch"}}, "expected one of 'row', 'batch'"),
        ({"mixture": {"n_draws": -1}}, "integer of 0 or more"),
        ({"mixture": {"etha": 0.5}}, "got the setting 'etha' of mixture, .*did you mean 'eta'"),
        ({"mixture": 0.5}, "got mixture=0.5, expected a LatentMixture or a dict of its settings"),
        ({"regulariser": "kl"}, "got regulariser='kl', expected a Regularisation or a dict"),
    ],
)
def test_a_wrong_parameter_is_one_clear_line(options, message):
    with pytest.raises(ValueError, match=message):
        MAW(**options).fit(vectors())


def test_a_wrong_number_of_samples_is_refused():
    with pytest.raises(ValueError, match="n_samples"):
        VAE(epochs=1).fit(vectors()).sample(0)
