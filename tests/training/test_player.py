"""A player's move is the step that Adam defines."""

from __future__ import annotations

import pytest
import torch

from robustgen.objectives.base import Player, Term
from robustgen.training import TrainingConfig
from robustgen.training.player import Turn


@pytest.mark.parametrize("clip_norm", [None, 1e-9])
def test_a_gradient_may_lie_in_memory_as_it_likes(clip_norm):
    generator = torch.Generator().manual_seed(0)
    batch = torch.randn(1, 20, 7, generator=generator)
    start = torch.randn(1, 3, 7, generator=generator)

    def loss(net, batch, generators):
        return {
            "size": Term(torch.bmm(batch, moved.mT).square().sum(-1))
        }  # whose gradient is a transposed view

    moved, expected = (torch.nn.Parameter(start.clone()) for _ in range(2))
    config = TrainingConfig(learning_rate=0.1, clip_norm=clip_norm)
    Turn(Player("one", (moved,), loss), config).play(None, batch, None, [])
    torch.bmm(batch, expected.mT).square().sum(-1).mean().backward()
    if clip_norm is not None:
        torch.nn.utils.clip_grad_norm_([expected], clip_norm)
    torch.optim.Adam([expected], lr=0.1, fused=False).step()
    torch.testing.assert_close(moved, expected)
