"""Floods are outliers while they are few and the norm when they are many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from robustgen.densities.repeats import FLOOD, copies, vouched_by_copies, without_floods

ROWS = np.random.default_rng(0).normal(size=(60, 8)).round(2)


def flooded(times: int) -> np.ndarray:
    return np.vstack([ROWS, np.repeat(ROWS[:1], times, axis=0)])


def test_a_flood_counts_once():
    assert (without_floods(flooded(30), 0.4) == np.arange(60)).all()


def test_where_floods_are_the_norm_every_row_counts():
    assert (without_floods(flooded(60), 0.4) == np.arange(120)).all()


def test_a_few_repeats_are_no_flood():
    X = flooded(FLOOD - 2)
    assert (without_floods(X, 0.4) == np.arange(len(X))).all()
    assert not vouched_by_copies(X).any()


def test_copies_vouch_only_where_floods_are_the_norm():
    tolerated, norm = flooded(30), flooded(60)
    assert not vouched_by_copies(tolerated[without_floods(tolerated, 0.4)]).any()
    assert (vouched_by_copies(norm[without_floods(norm, 0.4)]) == (copies(norm) == 61)).all()


@pytest.mark.parametrize(
    "form",
    [sparse.csr_matrix, np.asfortranarray, lambda X: X.reshape(-1, 2, 4), lambda X: X.astype(np.float32)],
)
def test_the_form_of_the_rows_does_not_matter(form):
    X = flooded(30)
    assert (copies(form(X)) == copies(X)).all()
    assert (without_floods(form(X), 0.4) == without_floods(X, 0.4)).all()


def test_two_rows_at_least_are_kept():
    assert len(without_floods(np.ones((30, 3)), 1.0)) == 30
