"""A number is judged within its group, in a unit in which it is symmetric; a seldom one is a kind of row."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.tables.grouped_number import fit_grouped_number

N = 2000
NONE = np.empty((N, 0), dtype=np.intp)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


SELDOM = {
    "hardly ever there": lambda rng: np.where(rng.random(N) < 0.05, rng.normal(50, 9, N), np.nan),
    "hardly ever another one": lambda rng: np.where(rng.random(N) < 0.05, rng.gamma(3, 40, N), 0.0),
    "a yes in a hundred": lambda rng: (rng.random(N) < 0.01).astype(float),
    "a discount": lambda rng: rng.choice([0.0, 5, 10, 20], N, p=[0.7, 0.15, 0.1, 0.05]),
}


@pytest.mark.parametrize("drawn", SELDOM.values(), ids=SELDOM)
def test_what_is_seldom_is_nothing_odd_and_what_is_far_is(rng, drawn):
    numbers = drawn(rng)
    grouped = fit_grouped_number(numbers, NONE)
    there = grouped(numbers, NONE)[np.isfinite(numbers)]
    assert (there != grouped.usual).mean() < 0.03  # the long tail of a few
    far = grouped(np.array([-9999.0, 1e6]), NONE[:2])
    assert far[0] < grouped.usual - 2
    assert far[1] > grouped.usual + 2


def test_a_value_or_two_in_a_constant_column_are_no_kind_of_row(rng):
    numbers = np.zeros(N)
    numbers[:2] = -999
    np.testing.assert_array_equal(fit_grouped_number(numbers, NONE)(numbers, NONE), numbers)


def test_cells_lead_back(rng):
    groups = rng.integers(3, size=(N, 1))
    numbers = np.exp(rng.normal(size=N)) * 10.0 ** groups[:, 0]
    grouped = fit_grouped_number(numbers, groups)
    assert grouped.by == 0
    assert grouped.skew.g > 0.5
    back = grouped.cells(grouped(numbers, groups), groups[:, 0])
    np.testing.assert_allclose(back, numbers)
