"""Adam is torch's, step by step, on whatever device."""

from __future__ import annotations

import pytest
import torch

from robustgen.training import adam

SHAPES = [(2, 3, 5), (2, 1, 5), (2, 4)]
RATES = [0.1, 0.1, 0.01]
BETAS = (0.5, 0.9)


def drawn(seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for shape in SHAPES]


def parameters() -> list[torch.nn.Parameter]:
    return [torch.nn.Parameter(tensor) for tensor in drawn(0)]


@pytest.mark.parametrize("fused", [("cpu",), ()], ids=["fused", "plain"])
def test_every_step_is_that_of_torch(fused, monkeypatch):
    monkeypatch.setattr(adam, "FUSED_DEVICES", fused)
    own, theirs = parameters(), parameters()
    optimiser = adam.Adam(own, RATES, BETAS)
    groups = [{"params": [one], "lr": rate} for one, rate in zip(theirs, RATES, strict=True)]
    reference = torch.optim.Adam(groups, betas=BETAS, fused=False, foreach=False)
    for seed in range(1, 6):
        gradients = drawn(seed)
        optimiser.step(gradients)
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = gradient
        reference.step()
        torch.testing.assert_close(own, theirs, rtol=1e-6, atol=1e-6)


def test_it_goes_on_from_a_state_to_the_last_bit():
    straight, resumed = parameters(), parameters()
    whole = adam.Adam(straight, RATES)
    for seed in range(1, 5):
        whole.step(drawn(seed))
    first, second = adam.Adam(resumed, RATES), adam.Adam(resumed, RATES)
    for seed in (1, 2):
        first.step(drawn(seed))
    second.resume(first.state())
    for seed in (3, 4):
        second.step(drawn(seed))
    assert all((a == b).all() for a, b in zip(straight, resumed, strict=True))
