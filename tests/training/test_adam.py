"""The steps are those of torch's Adam."""

from __future__ import annotations

import pytest
import torch

from robustgen.training.adam import Adam

RATES = (0.1, 0.02, 0.1)


def parameters() -> list[torch.nn.Parameter]:
    return [torch.nn.Parameter(torch.linspace(-1, 1, size)) for size in (3, 5, 1)]


def gradients(step: int) -> list[torch.Tensor]:
    return [torch.cos(step + parameter.detach()) for parameter in parameters()]


@pytest.mark.parametrize("resumed_after", [None, 2])
def test_its_steps_are_those_of_torch_to_the_last_bit(resumed_after):
    own, theirs = parameters(), parameters()
    groups = [{"params": [one], "lr": rate} for one, rate in zip(theirs, RATES, strict=True)]
    expected = torch.optim.Adam(groups, betas=(0.5, 0.9), fused=True)
    optimiser = Adam(own, RATES, (0.5, 0.9))
    for step in range(5):
        if step == resumed_after:
            state = optimiser.state()
            optimiser = Adam(own, RATES, (0.5, 0.9))
            optimiser.resume(state)
        optimiser.step(gradients(step))
        for parameter, gradient in zip(theirs, gradients(step), strict=True):
            parameter.grad = gradient
        expected.step()
    for one, other in zip(own, theirs, strict=True):
        assert torch.equal(one, other)
