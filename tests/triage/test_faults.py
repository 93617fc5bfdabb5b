"""Which column a cell was swapped with, if it was."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen.triage.faults import _partners
from robustgen.triage.repairs import Usual


@pytest.mark.parametrize("n_columns", [5, 150])
def test_a_fault_in_one_column_is_no_swap_with_whichever_of_the_others_is_a_little_unusual(n_columns):
    values = np.random.default_rng(0).normal(size=(300, n_columns))
    scales = np.where(np.arange(n_columns), 1.5, 1.0) * np.ones_like(values)
    usual = Usual(scales * values, np.zeros_like(values), scales)
    usual.values[:, 0] += 5
    assert (_partners(usual, np.zeros(300, dtype=int)) < 0).mean() > 0.95


def test_two_columns_that_were_swapped_are_told_among_many():
    centers = np.tile(np.linspace(0, 500, 150), (300, 1))
    values = centers + np.random.default_rng(0).normal(size=centers.shape)
    values[:, [3, 7]] = values[:, [7, 3]]
    assert (_partners(Usual(values, centers, np.ones_like(values)), np.full(300, 3)) == 7).all()
