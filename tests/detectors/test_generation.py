"""What samples keep of the rows: their spread, and what draws and means have in common."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn.datasets import load_wine

from robustgen import MAW, RVQVAE, SQVAE, VAE, VQVAE
from robustgen.metrics.generation import density_coverage
from tests.detectors.builders import grey_images, vectors

GENERATORS = {
    "VAE": VAE,
    "MAW": partial(MAW, regulariser={"critic_steps": 2}),
    "RVQVAE": RVQVAE,
}
N_SAMPLES = 4000


@pytest.fixture(scope="module", params=GENERATORS)
def fitted(request: pytest.FixtureRequest):
    return GENERATORS[request.param](epochs=60, batch_size=32, random_state=0).fit(load_wine().data)


def test_samples_keep_the_spread_of_every_column(fitted):
    X = load_wine().data
    inliers = X[fitted.support_] if isinstance(fitted, RVQVAE) else X[fitted.predict(X) == 1]
    spread = fitted.sample(N_SAMPLES, random_state=0).std(0) / inliers.std(0)
    assert spread.min() > 0.8
    assert spread.max() < 1.25


def test_samples_cover_the_rows(fitted):
    """Most rows have a sample nearer than their fifth nearest row."""
    X = load_wine().data
    rows = X[fitted.support_] if isinstance(fitted, RVQVAE) else X[fitted.predict(X) == 1]
    scale = rows.std(0)
    assert density_coverage(rows / scale, fitted.sample(400, random_state=0) / scale)[1] > 0.8


def test_samples_are_the_means_plus_errors_of_the_measured_scale(fitted):
    means = fitted.sample(N_SAMPLES, noise=False, random_state=0)
    errors = (fitted.sample(N_SAMPLES, random_state=0) - means) / fitted.noise_scale_[0]
    np.testing.assert_allclose(errors.mean(0), 0, atol=0.07)
    np.testing.assert_allclose(errors.std(0), 1, atol=0.05)
    mixing = fitted._noise_mixing[0]
    np.testing.assert_allclose(np.corrcoef(errors.T), mixing @ mixing.T, atol=0.07)


@pytest.mark.parametrize("build", [MAW, VAE, VQVAE, SQVAE, RVQVAE])
def test_images_are_the_means_unless_noise_is_asked_for(build):
    quick = {} if build in (MAW, VAE) else {"prior_epochs": 1}
    detector = build(epochs=2, n_members=2, random_state=0, **quick).fit(grey_images())
    usual = detector.sample(3, random_state=0)
    np.testing.assert_array_equal(usual, detector.sample(3, noise=False, random_state=0))
    drawn = detector.sample(3, noise=True, random_state=0)
    assert drawn.shape == usual.shape
    assert (drawn != usual).all()
    assert detector.noise_scale_.shape == (2, *usual.shape[1:])


def test_each_member_errs_by_its_own_scale():
    detector = VQVAE(epochs=2, n_members=2, prior_epochs=1, random_state=0).fit(vectors())
    detector.noise_scale_[0] = 0
    drawn, means = (detector.sample(7, noise=noise, random_state=0) for noise in (True, False))
    assert ((drawn == means).all(1) == [True, False, True, False, True, False, True]).all()
