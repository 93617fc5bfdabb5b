"""Models of single columns against counts by hand: no cell stretches them, no unit moves them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from robustgen.densities.columns import fit_column_histograms, fit_column_tails

FITS = {"tails": fit_column_tails, "histograms": fit_column_histograms}
EVERY_FIT = pytest.mark.parametrize("fit", FITS.values(), ids=FITS)


def rows(n_rows: int = 300, width: int = 4, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(n_rows, width)))


def test_tails_are_counted():
    sample, others = rows(), rows(20, seed=1)
    below = (sample[None] <= others[:, None]).sum(1)
    above = (sample[None] >= others[:, None]).sum(1)
    expected = -((torch.minimum(below, above).double() + 0.5) / 301).log().mean(1)
    torch.testing.assert_close(fit_column_tails(sample, 0)(others), expected)


def test_a_gap_between_two_modes_is_rare_to_histograms_only():
    sample = torch.cat([rows(100, 1) - 9, rows(100, 1, seed=1) + 9])
    inside, between = torch.tensor([[9.0], [0.0]], dtype=torch.float64)
    model = fit_column_histograms(sample, 0)
    assert model(between[None]) > model(inside[None]) + 3
    tails = fit_column_tails(sample, 0)
    assert tails(between[None]) < tails(inside[None])


@EVERY_FIT
def test_no_unit_of_a_column_matters(fit):
    sample, others = rows(), rows(20, seed=1)
    units = torch.tensor([1e-3, 1.0, 7.0, 1e4], dtype=torch.float64)
    torch.testing.assert_close(fit(sample * units, 0)(others * units), fit(sample, 0)(others))


@EVERY_FIT
def test_one_gross_cell_does_not_stretch_its_column(fit):
    sample, others = rows(), rows(20, seed=1)
    dirty = sample.clone()
    dirty[0, 0] = 1e12
    torch.testing.assert_close(fit(dirty, 0)(others), fit(sample, 0)(others), rtol=0.05, atol=0.05)


@EVERY_FIT
def test_a_row_is_scored_by_the_sample_alone(fit):
    model, others = fit(rows(), 0), rows(20, seed=1)
    singly = torch.cat([model(row[None]) for row in others])
    torch.testing.assert_close(model(others), singly)


@EVERY_FIT
def test_a_constant_column_says_nothing_until_it_changes(fit):
    sample = torch.cat([rows(width=2), torch.full((300, 1), 5.0, dtype=torch.float64)], 1)
    model = fit(sample, 0)
    same, other = sample[:1], sample[:1] + torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    assert model(other) > model(same) + 1
