"""Floods are outliers while they are few and the norm when they are many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from robustgen.densities.duplicates import FLOOD, without_floods

ROWS = np.random.default_rng(0).normal(size=(60, 8)).round(2)


def flooded(times: int) -> np.ndarray:
    return np.vstack([ROWS, np.repeat(ROWS[:1], times, axis=0)])


def test_a_flood_counts_once():
    assert (without_floods(flooded(30), 0.4).places == np.arange(60)).all()


def test_where_floods_are_the_norm_every_row_counts():
    assert (without_floods(flooded(60), 0.4).places == np.arange(120)).all()


def test_a_few_repeats_are_no_flood():
    X = flooded(FLOOD - 2)
    counted = without_floods(X, 0.4)
    assert (counted.places == np.arange(len(X))).all()
    assert not counted.vouched.any()


def test_copies_vouch_only_where_floods_are_the_norm():
    tolerated, norm = without_floods(flooded(30), 0.4), without_floods(flooded(60), 0.4)
    assert not tolerated.vouched.any()
    assert (norm.vouched == (flooded(60) == ROWS[0]).all(1)).all()


@pytest.mark.parametrize("times", [0, 10, 30, 60])
def test_an_equal_row_stands_in_for_each_row(times):
    X = flooded(times)
    counted = without_floods(X, 0.4)
    assert (X[counted.stand_ins] == X).all()
    assert (np.unique(counted.stand_ins) == counted.places).all()


def test_rows_that_all_count_are_not_copied():
    assert without_floods(ROWS, 0.4).of(ROWS) is ROWS
    assert (without_floods(flooded(30), 0.4).of(flooded(30)) == ROWS).all()


@pytest.mark.parametrize(
    "form",
    [sparse.csr_matrix, np.asfortranarray, lambda X: X.reshape(-1, 2, 4), lambda X: X.astype(np.float32)],
)
@pytest.mark.parametrize("times", [30, 60])
def test_the_form_of_the_rows_does_not_matter(form, times):
    X = flooded(times)
    expected, counted = without_floods(X, 0.4), without_floods(form(X), 0.4)
    assert (counted.places == expected.places).all()
    assert (counted.vouched == expected.vouched).all()


def test_two_rows_at_least_are_kept():
    assert len(without_floods(np.ones((30, 3)), 1.0).places) == 30
