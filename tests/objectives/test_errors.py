"""Each entry's part in a score."""

from __future__ import annotations

import pytest
import torch

from robustgen.objectives.errors import PARTS, SCORES, shared


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x, made = torch.randn(2, 2, 5, 3, 4, 4, generator=generator, dtype=torch.float64)
    return x, made


def test_every_score_has_its_parts():
    assert set(PARTS) == set(SCORES)


@pytest.mark.parametrize("name", ["cosine", "l1", "l2"])
def test_the_parts_of_a_sum_are_its_terms(name, pair):
    score, parts = SCORES[name](*pair), PARTS[name](*pair)
    torch.testing.assert_close(parts.flatten(2).sum(-1), score)
    torch.testing.assert_close(shared(score, parts), parts)


def test_the_euclidean_error_is_shared_by_squares(pair):
    residual = pair[0] - pair[1]
    expected = residual.square() / residual.flatten(2).norm(dim=-1)[..., None, None, None]
    torch.testing.assert_close(shared(SCORES["l21"](*pair), PARTS["l21"](*pair)), expected)


@pytest.mark.parametrize("name", list(SCORES))
def test_shares_add_up_whatever_the_row_is(name):
    rows = torch.stack([torch.zeros(6), torch.ones(6), 1e-20 * torch.ones(6), 1e18 * torch.ones(6)]).double()
    for made in (torch.zeros(6), torch.ones(6), -torch.ones(6)):
        x, made = rows[None], made.double().expand(1, 4, 6)
        score = SCORES[name](x, made)
        total = shared(score, PARTS[name](x, made)).sum(-1)
        torch.testing.assert_close(total, score)
