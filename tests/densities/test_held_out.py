"""Errors on rows that a model has not seen."""

from __future__ import annotations

import pytest
import torch

from robustgen.densities.ensemble import MODELS, errors_of
from robustgen.densities.held_out import held_out_errors

NAMES = tuple(MODELS)


def wide(n_rows: int = 120, width: int = 100, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n_rows, width, dtype=torch.float64, generator=generator)


def first_half(n_rows: int) -> torch.Tensor:
    return torch.arange(n_rows) < n_rows // 2


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_the_sample_and_others_like_them_are_found_alike(name):
    rows, sample = wide(), first_half(120)
    seen = errors_of(MODELS[name](rows[sample], 0), rows)
    (unseen,) = held_out_errors(rows, sample, [name], 0)
    gap = [float(errors[~sample].median() - errors[sample].median()) for errors in (seen, unseen)]
    assert abs(gap[1]) < 0.3 * gap[0]


@pytest.mark.parametrize("name", NAMES)
def test_no_row_has_a_part_in_the_models_that_judge_it(name):
    rows, sample = wide(40, 3), first_half(40)
    moved = rows.clone()
    moved[0] += 50
    before, after = (held_out_errors(given, sample, [name], 0)[0] for given in (rows, moved))
    unmoved = torch.isclose(before, after)[sample]
    assert not unmoved[0]
    assert unmoved.sum() >= 9  # at least its own half, which the other one judges
    assert after[0] > 5 * before[sample].abs().max()


def test_each_model_has_a_row_of_errors():
    assert held_out_errors(wide(40, 3), first_half(40), NAMES, 0).shape == (3, 40)


@pytest.mark.parametrize("n_sample", [2, 3])
def test_of_very_few_rows_none_is_held_out(n_sample):
    rows = wide(10, 3)
    sample = torch.arange(10) < n_sample
    expected = torch.stack([errors_of(MODELS[name](rows[sample], 0), rows) for name in NAMES])
    assert torch.equal(held_out_errors(rows, sample, NAMES, 0), expected)
