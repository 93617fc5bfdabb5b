"""Scales: no cell, no number of rows and no other column decides what is constant or equal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from robustgen.densities.duplicates import distinct
from robustgen.training.scaling import fit_scaling
from tests.detectors.builders import DETECTORS, vectors

FEW = settings(max_examples=30, deadline=None, derandomize=True)
UNITS = st.sampled_from([1e-300, 1e-165, 1e-9, 1.0, 1e9, 1e150])


@FEW
@given(st.integers(0, 1000), UNITS, st.sampled_from(["standard", "robust"]), st.booleans())
def test_scales_have_the_units_of_their_column(seed, unit, name, stored_sparse):
    X = np.random.default_rng(seed).normal(size=(50, 3))
    kind = sparse.csr_matrix if stored_sparse else np.asarray
    np.testing.assert_allclose(
        fit_scaling(kind(unit * X), name).scale, unit * fit_scaling(X, name).scale, rtol=1e-9
    )


@FEW
@given(st.integers(0, 1000), st.floats(1e3, 1e300))
def test_one_cell_does_not_move_the_robust_scale(seed, cell):
    X = np.random.default_rng(seed).normal(size=(100, 2))
    dirty = X.copy()
    dirty[0, 0] = cell
    clean, moved = fit_scaling(X, "robust").scale, fit_scaling(dirty, "robust").scale
    assert 0.8 < moved[0] / clean[0] < 1.25
    assert moved[1] == clean[1]


@pytest.mark.parametrize("n_rows", [20, 10_000, 100_000])
def test_a_far_origin_does_not_make_a_column_constant(n_rows):
    X = 1e9 + 1e-3 * np.random.default_rng(0).normal(size=(n_rows, 1))
    assert fit_scaling(X, "standard").scale == pytest.approx(X.std(), rel=1e-3)


@pytest.mark.parametrize("value", [0.0, 7.0, 0.1, 1e-300, 1e300, -1e9])
@pytest.mark.parametrize("name", ["standard", "robust"])
def test_a_constant_column_has_scale_one(value, name):
    X = np.full((1000, 2), value)
    X[:, 1] = np.arange(1000)
    assert fit_scaling(X, name).scale[0] == 1
    assert fit_scaling(sparse.csr_matrix(X), name).scale[0] == 1


@FEW
@given(st.integers(0, 1000), st.sampled_from([1.0, 1e18, 1e300]), st.booleans())
def test_a_large_column_does_not_make_unlike_rows_copies(seed, unit, stored_sparse):
    rng = np.random.default_rng(seed)
    X = np.column_stack([unit * rng.integers(1, 5, 200), rng.normal(size=(200, 2))])
    X = np.vstack([X, X[:1], -0.0 * X[:1], 0.0 * X[:1]])
    given_rows = sparse.csr_matrix(X) if stored_sparse else X
    assert np.array_equal(distinct(given_rows, 2), [*range(200), 201])


@pytest.mark.parametrize("name", DETECTORS)
def test_a_tiny_unit_is_a_unit(name):
    X = 1e-165 * vectors()
    scores = DETECTORS[name]().fit(X).score_samples(X)
    np.testing.assert_allclose(
        scores, DETECTORS[name]().fit(vectors()).score_samples(vectors()), rtol=1e-2, atol=1e-2
    )
