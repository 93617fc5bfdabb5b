"""Skewed numbers are made symmetric; what is symmetric stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew as third_moment

from robustgen.tables.units import Skew, center_and_scale, fit_skew

DRAWN = {
    "exponential": lambda rng: rng.exponential(size=2000),
    "lognormal": lambda rng: np.exp(rng.normal(size=2000)),
    "gamma": lambda rng: rng.gamma(3, size=2000),
    "mirrored": lambda rng: -np.exp(rng.normal(size=2000)),
}


def in_spreads(x: np.ndarray) -> np.ndarray:
    center, scale = center_and_scale(x, 1.0)
    return (x - center) / scale


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_a_long_tail_becomes_as_short_as_the_other_one(drawn):
    u = in_spreads(drawn(np.random.default_rng(0)))
    z = fit_skew(u)(u)
    assert abs(third_moment(z)) < 0.4 < abs(third_moment(u))
    assert np.abs(z).max() < 6


@pytest.mark.parametrize("n_rows", [20, 200, 2000])
def test_normal_and_uniform_numbers_stay_as_they_are(n_rows):
    rng = np.random.default_rng(1)
    for x in (rng.normal(size=n_rows), rng.random(n_rows)):
        assert fit_skew(in_spreads(x)) == Skew(0.0)


@pytest.mark.parametrize("g", [-3.0, -0.5, 0.0, 0.2, 1.0, 3.0])
def test_it_grows_and_leads_back(g):
    u = np.linspace(-50, 50, 2001)
    z = Skew(g)(u)
    assert (np.diff(z) > 0).all()
    np.testing.assert_allclose(Skew(g).inverse(z), u, atol=1e-6)


def test_outliers_have_little_say():
    rng = np.random.default_rng(0)
    clean = np.exp(rng.normal(size=1000))
    dirty = np.r_[clean[:900], 1000 * clean[900:950], np.full(50, -999)]
    assert abs(fit_skew(in_spreads(dirty)).g - fit_skew(in_spreads(clean)).g) < 0.3
    assert np.abs(fit_skew(in_spreads(dirty))(in_spreads(dirty)))[900:].min() > 3
