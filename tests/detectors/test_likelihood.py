"""Bits an entry: probabilities of cells, and bounds on what is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from robustgen import VAE, VQVAE
from robustgen._checks import UsageError
from robustgen.detectors.likelihood import gaussian_surprisal
from tests.detectors.builders import grey_images


def nats(residual: list[float], deviation: float, step: float | None) -> np.ndarray:
    r = torch.tensor(residual, dtype=torch.float64)
    return gaussian_surprisal(r, torch.tensor(deviation, dtype=torch.float64), step).numpy()


def test_a_cell_has_its_probability_by_hand():
    # A standard normal lies within one half of 0 with 2 * 0.6914625 - 1, and from 0.5 to 1.5 with
    # 0.9331928 - 0.6914625.
    expected = -np.log([0.3829249, 0.2417303, 0.2417303])
    np.testing.assert_allclose(nats([0, 1, -1], 1, 1), expected, rtol=1e-6)
    np.testing.assert_allclose(nats([0, 3, -3], 3, 3), expected, rtol=1e-6)


@pytest.mark.parametrize("deviation", [0.05, 0.7, 40.0])
def test_the_cells_of_a_grid_add_up_to_1(deviation):
    grid = np.arange(-400, 401) + 0.3
    assert np.exp(-nats(list(grid), deviation, 1)).sum() == pytest.approx(1)


def test_small_cells_have_their_density_times_their_size():
    r = [0.0, 0.5, -2.0]
    np.testing.assert_allclose(nats(r, 0.8, None), -norm.logpdf(r, scale=0.8))
    np.testing.assert_allclose(nats(r, 0.8, 1e-4), nats(r, 0.8, None) - math.log(1e-4), rtol=1e-6)


def test_far_cells_are_finite():
    assert np.isfinite(nats([1e4], 1, 1)).all()


@pytest.mark.parametrize("build", [VAE, VQVAE])
@pytest.mark.parametrize("step", [None, 1.0])
def test_no_bound_is_below_the_entropy_of_noise(build, step):
    """Uniform bytes take 8 bits each, which is their density's entropy too.

    A Gaussian takes a quarter of a bit more, and three codes of 128 three and a half bits an entry.
    """
    X = np.random.default_rng(0).integers(0, 256, size=(400, 6)).astype(float)
    quick = {"prior_epochs": 1} if build is VQVAE else {}
    detector = build(epochs=1, n_members=2, random_state=0, **quick).fit(X)
    bits = detector.bits_per_dim(np.random.default_rng(1).integers(0, 256, size=(2000, 6)), step=step)
    assert bits.shape == (2000,)
    assert 8 < bits.mean() < 8.25 + 3.5 + 0.25


def test_codes_and_decoder_together_need_the_entropy_of_a_few_rows():
    """Four rows of even chances have two bits a row, which the prior finds; the decoder then needs none."""
    patterns = np.random.default_rng(0).integers(0, 256, size=(4, 6)).astype(float)
    X = patterns[np.arange(200) % 4]
    detector = VQVAE(quantisation={"n_codes": 4}, epochs=120, prior_epochs=150, random_state=0).fit(X)
    bits = 6 * detector.bits_per_dim(patterns, step=1)
    assert 2 <= bits.mean() < 2.1


def test_the_bound_is_near_the_entropy_of_a_gaussian_that_the_model_can_be():
    """One factor and noise: with beta twice its variance the VAE minimises the bound that it tells."""
    rng, noise = np.random.default_rng(0), 10.0
    loads = np.array([40.0, -40.0, 40.0, 40.0])
    X = np.round(128 + rng.normal(size=(1500, 1)) * loads + noise * rng.normal(size=(1500, 4)))
    covariance = np.outer(loads, loads) + noise**2 * np.eye(4)
    entropy = np.linalg.slogdet(2 * math.pi * math.e * covariance)[1] / (2 * math.log(2) * 4)
    beta = 2 * noise**2 / covariance[0, 0]
    detector = VAE(beta=beta, latent_dim=1, epochs=60, learning_rate=1e-3, random_state=0).fit(X)
    bits = detector.bits_per_dim(X, step=1).mean()
    assert entropy - 0.05 < bits < entropy + 0.05


def test_images_have_bits_too_and_steps_are_numbers_above_0():
    detector = VAE(epochs=1, random_state=0).fit(grey_images())
    assert np.isfinite(detector.bits_per_dim(grey_images(), step=1)).all()
    with pytest.raises(UsageError, match="got step=0, expected a number above 0"):
        detector.bits_per_dim(grey_images(), step=0)
