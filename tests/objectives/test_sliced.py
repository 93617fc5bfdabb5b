"""The sliced distance against what is known of it."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor

from robustgen.objectives.sliced import drawn_directions, sliced_distance


def generators(n: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(k) for k in range(n)]


def draws(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_along_one_line_it_is_the_distance_of_the_projected_samples():
    z, prior = draws(2, 50, 3), 1 + 2 * draws(2, 50, 3, seed=1)
    lines = drawn_directions(z, generators(2))
    for member in range(2):
        for line in lines[member, :4]:
            expected = wasserstein_distance(z[member] @ line, prior[member] @ line)
            made = sliced_distance(z, prior, line.expand(2, 1, 3)).mean(1)[member]
            assert float(made) == pytest.approx(expected)


def test_of_a_shift_it_is_the_mean_length_of_its_projections():
    z, shift = draws(1, 40, 2), torch.tensor([3.0, 4.0], dtype=torch.float64)
    turns = torch.arange(1000, dtype=torch.float64) * (2 * math.pi / 1000)
    circle = torch.stack([turns.cos(), turns.sin()], dim=-1)[None]
    distance = float(sliced_distance(z, z + shift, circle).mean())
    assert distance == pytest.approx(5 * 2 / math.pi, rel=1e-4)
    assert distance <= 5  # W1


def test_it_is_0_of_a_sample_with_itself_in_any_order():
    z = draws(1, 40, 2)
    lines = drawn_directions(z, generators(1))
    torch.testing.assert_close(sliced_distance(z, z.flip(1), lines), torch.zeros(1, 40, dtype=z.dtype))


def test_lines_have_length_1_and_members_have_their_own():
    lines = drawn_directions(draws(2, 5, 3), generators(2))
    torch.testing.assert_close(lines.norm(dim=-1), torch.ones(lines.shape[:2], dtype=lines.dtype))
    assert (lines[0] != lines[1]).any()
