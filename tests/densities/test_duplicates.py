"""Many copies of one row are one witness."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from robustgen.densities.duplicates import distinct

ROWS = np.random.default_rng(0).normal(size=(60, 8)).round(2)


def repeated(times: int) -> np.ndarray:
    return np.vstack([ROWS, np.repeat(ROWS[:1], times, axis=0)])


def test_many_copies_count_once():
    assert (distinct(repeated(30), 20) == np.arange(60)).all()


def test_a_few_repeats_all_count():
    assert (distinct(repeated(18), 20) == np.arange(78)).all()


def test_without_a_bound_every_row_counts():
    assert (distinct(repeated(30), None) == np.arange(90)).all()


@pytest.mark.parametrize(
    "form",
    [sparse.csr_matrix, np.asfortranarray, lambda X: X.reshape(-1, 2, 4), lambda X: X.astype(np.float32)],
)
@pytest.mark.parametrize("times", [10, 30])
def test_the_form_of_the_rows_does_not_matter(form, times):
    X = repeated(times)
    assert (distinct(form(X), 20) == distinct(X, 20)).all()


def test_two_rows_at_least_are_kept():
    assert len(distinct(np.ones((30, 3)), 20)) == 30
