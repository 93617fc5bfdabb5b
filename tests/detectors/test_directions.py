"""SQ-VAE's von Mises-Fisher decoder: directions, above all one-hot categories."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from scipy.special import ive

from robustgen import SQVAE, load
from robustgen._checks import UsageError
from robustgen.objectives.quantisation import free_concentration_likelihood

QUICK = {
    "quantisation": {"n_codes": 8, "variance": "vmf", "decoder": "vmf"},
    "codebook_training": True,
    "learning_rate": 3e-3,
    "training": {"steps": 400},
    "prior_epochs": 2,
    "random_state": 0,
}


def label_maps(n: int) -> np.ndarray:
    """Return maps (n, 3, 8, 8) of three categories: a background, and a square of one of two kinds."""
    rng = np.random.default_rng(0)
    maps = np.zeros((n, 8, 8), dtype=int)
    for one, kind, left in zip(maps, rng.integers(1, 3, n), 4 * rng.integers(0, 2, n), strict=True):
        one[2:6, left : left + 4] = kind
    return np.eye(3)[maps].transpose(0, 3, 1, 2)


def test_categories_come_back(tmp_path):
    X = label_maps(200)
    detector = SQVAE(**QUICK).fit(X)
    made = detector.reconstruct(X)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, rtol=1e-5)
    assert (made.argmax(1) == X.argmax(1)).mean() > 0.9  # .75 are background
    sampled = detector.sample(20, random_state=0)
    np.testing.assert_allclose(np.linalg.norm(sampled, axis=1), 1, rtol=1e-5)
    noise = np.eye(3)[np.random.default_rng(1).integers(0, 3, size=(200, 8, 8))].transpose(0, 3, 1, 2)
    assert detector.score_samples(noise).max() < detector.score_samples(X).min()
    detector.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").score_samples(X), detector.score_samples(X))


def test_columns_may_be_one_direction():
    X = np.random.default_rng(0).normal(size=(50, 5))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    detector = SQVAE(**QUICK | {"training": {"steps": 3}}).fit(X)
    np.testing.assert_allclose(np.linalg.norm(detector.sample(4, random_state=0), axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("n_channels", [2, 3, 10])
@pytest.mark.parametrize("concentration", [2.0, 20.0])
def test_the_gradient_is_that_of_the_likeliest_density(n_channels, concentration):
    """The density is C(k) exp(k x.f), with C(k) by a Bessel function; k maximises it, so only x.f moves."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(1, 400, n_channels, 2))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    x = concentration * directions + rng.normal(size=directions.shape)
    x /= np.linalg.norm(x, axis=2, keepdims=True)
    resultant, order = (x * directions).sum(2).mean(), n_channels / 2 - 1
    kappa = brentq(lambda k: ive(order + 1, k) / ive(order, k) - resultant, 1e-3, 1e5)
    f = torch.from_numpy(directions).requires_grad_()
    free_concentration_likelihood(torch.from_numpy(x), f).sum().backward()
    np.testing.assert_allclose(f.grad.numpy(), -kappa * x, rtol=0.06)


@pytest.mark.parametrize(
    ("options", "X", "said"),
    [
        ({}, np.ones((40, 3)), "2 or more of length 1 at each place for decoder='vmf'"),
        ({}, np.ones((40, 6, 6)), "1 channels have lengths from 1 to 1"),
        ({"scaling": "standard"}, np.eye(40), "scaling='standard', expected None"),
        ({"quantisation": {"decoder": "categorical"}}, np.eye(40), "decoder='categorical'"),
    ],
)
def test_rows_are_unit_vectors_as_they_are(options, X, said):
    with pytest.raises(UsageError, match=said):
        SQVAE(**QUICK | options).fit(X)


def test_what_is_of_a_gaussian_decoder_is_refused():
    detector = SQVAE(**QUICK | {"training": {"steps": 2}}).fit(np.eye(30))
    with pytest.raises(UsageError, match="got noise=True, expected None or False"):
        detector.sample(2, noise=True)
    with pytest.raises(UsageError, match="got decoder='vmf', expected 'gaussian': bits"):
        detector.bits_per_dim(np.eye(30))
