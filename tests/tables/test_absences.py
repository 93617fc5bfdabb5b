"""Gaps that meet by chance are nothing odd, a row that is largely empty is."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.tables.absences import fit_absences

N, D = 5000, 10


@pytest.fixture
def scattered():
    return np.random.default_rng(0).random((N, D)) < 0.01


def missing(n_cells: int) -> np.ndarray:
    return (np.arange(D) < n_cells)[None]


def test_gaps_that_meet_by_chance_are_nothing_odd(scattered):
    odd = fit_absences(scattered)(scattered)
    assert scattered.sum(1).max() >= 2
    assert (odd[scattered.sum(1) <= 2] == 0).all()


def test_the_emptier_a_row_the_odder(scattered):
    odd = fit_absences(scattered)(np.concatenate([missing(k) for k in range(D + 1)]))
    assert (np.diff(odd) >= 0).all()
    assert odd[5] > 1
    assert odd[0] == 0


@pytest.mark.parametrize("share", [0.001, 0.02, 0.4])
def test_an_empty_row_is_odd_however_many_there_are(scattered, share):
    scattered[: round(share * N)] = True
    assert fit_absences(scattered)(missing(D)) >= 4


def test_a_panel_that_a_third_of_the_rows_lack_is_nothing_odd(scattered):
    scattered[: N // 3, :6] = True
    assert fit_absences(scattered)(missing(6)) == 0
