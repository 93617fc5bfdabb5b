"""The nearest rows are the nearest, however far, near, equal or many."""

from __future__ import annotations

import pytest
import torch

from robustgen.densities.nearest import least_distances


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def far_rows() -> torch.Tensor:
    rows = normal(700, 5)
    rows[:9] *= 1e9
    return rows


ROWS = {
    "normal": lambda: normal(700, 8),
    "on a grid": lambda: normal(700, 3).round(),
    "copies": lambda: normal(40, 6).repeat(18, 1),
    "some of them far": far_rows,
    "close together, far from 0": lambda: 1e6 + 1e-6 * normal(700, 4),
    "fewer than candidates": lambda: normal(7, 2),
    "beyond single precision": lambda: 1e200 * normal(700, 3),
}


@pytest.mark.parametrize("make", ROWS.values(), ids=ROWS)
def test_they_are_as_near_as_those_that_are_found_entry_by_entry(make):
    rows = make()
    x = torch.cat([rows[:150], rows[:150] + 0.1 * normal(*rows[:150].shape)])
    k = min(6, len(rows))
    distances = torch.cdist(x, rows, compute_mode="donot_use_mm_for_euclid_dist")
    torch.testing.assert_close(
        least_distances(x, rows, k), distances.sort(1).values[:, :k], rtol=1e-10, atol=0
    )


def test_a_row_has_the_neighbours_that_it_has_alone():
    rows, x = normal(3000, 6), normal(50, 6)
    singly = torch.cat([least_distances(x[i : i + 1], rows, 5) for i in range(50)])
    assert torch.equal(least_distances(x, rows, 5), singly)
