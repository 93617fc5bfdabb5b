"""Scalings against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse

from robustgen.training.scaling import SCALINGS, chosen_scaling, fit_scaling


@pytest.fixture
def X() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(101, 3)) * [1, 10, 0] + [0, 5, 7]


@pytest.mark.parametrize("name", SCALINGS)
def test_inverting_undoes_applying(name, X):
    scaling = fit_scaling(X, name)
    rows = torch.from_numpy(X)
    torch.testing.assert_close(scaling.invert(scaling.apply(rows)), rows)


@pytest.mark.parametrize("name", SCALINGS)
def test_sparse_and_dense_agree(name):
    rng = np.random.default_rng(1)
    X = rng.poisson(0.7, size=(80, 5)).astype(float)
    dense, csr = fit_scaling(X, name), fit_scaling(sparse.csr_matrix(X), name)
    np.testing.assert_allclose(dense.center, csr.center, atol=1e-12)
    np.testing.assert_allclose(dense.scale, csr.scale, rtol=1e-12)


def test_standard_gives_mean_zero_and_variance_one(X):
    scaled = fit_scaling(X, "standard").apply(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(0), [1, 1, 0], atol=1e-12)


def test_robust_does_not_move_when_a_tenth_of_the_rows_goes_far(X):
    dirty = X.copy()
    dirty[:10] = 1e6
    clean, moved = fit_scaling(X, "robust"), fit_scaling(dirty, "robust")
    assert (np.abs(clean.center - moved.center)[:2] < 0.3 * clean.scale[:2]).all()
    assert (moved.scale[:2] < 1.5 * clean.scale[:2]).all()


def test_auto_takes_text_as_it_is_and_all_else_in_standard_units():
    chosen = {rows: chosen_scaling("auto", rows) for rows in ("text", "vectors", "images")}
    assert chosen == {"text": None, "vectors": "standard", "images": "standard"}


@pytest.mark.parametrize("rounding", [0, 1e-16])
def test_robust_takes_the_deviation_where_the_middle_half_is_constant(rounding):
    column = np.r_[rounding * np.arange(90), np.ones(10)][:, None]
    assert fit_scaling(column, "robust").scale == pytest.approx(column.std())


def test_images_are_scaled_by_channel():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(20, 2, 4, 5)) * np.array([1, 50])[:, None, None]
    scaling = fit_scaling(images, "standard")
    assert scaling.scale.shape == (2, 1, 1)
    np.testing.assert_allclose(scaling.apply(torch.from_numpy(images)).numpy().std((0, 2, 3)), 1)


@pytest.mark.parametrize("name", ["standard", "robust"])
def test_of_many_large_images_some_are_looked_at(name, monkeypatch):
    monkeypatch.setattr("robustgen.training.scaling.CHANNEL_PIXELS", 10 * 20)
    images = np.random.default_rng(0).normal(size=(95, 2, 4, 5))
    some, alone = fit_scaling(images, name), fit_scaling(images[::10], name)
    np.testing.assert_array_equal(some.center, alone.center)
    np.testing.assert_array_equal(some.scale, alone.scale)


def test_robust_samples_every_place_of_many_images(monkeypatch):
    """Each pixel's value is its place; there are as many images as pixels are sampled."""
    monkeypatch.setattr("robustgen.training.scaling.SAMPLE_ROWS", 2000)
    images = np.tile(np.arange(64.0).reshape(1, 1, 8, 8), (2000, 1, 1, 1))
    found = fit_scaling(images, "robust")
    assert found.center.item() == pytest.approx(31.5, abs=2)
    assert found.scale.item() == pytest.approx(31.5, abs=2)
