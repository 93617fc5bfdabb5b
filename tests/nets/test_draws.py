"""Random numbers against their laws."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from robustgen.nets import draws
from robustgen.nets.draws import gumbel, member_generators


def test_gumbels_have_the_moments_of_their_law():
    drawn = gumbel(member_generators(0, "test", 1), torch.empty(0, dtype=torch.float64), 200_000)
    assert drawn.mean().item() == pytest.approx(np.euler_gamma, abs=0.01)
    assert drawn.var().item() == pytest.approx(np.pi**2 / 6, abs=0.03)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_draw_that_is_rounded_to_0_is_as_likely_as_its_gumbel(dtype, monkeypatch):
    """The next step gives the largest of the others, which exceeds it by log 2 only."""
    step = torch.finfo(dtype).eps / 2
    monkeypatch.setattr(draws, "uniform", lambda *_: torch.tensor([0.0, step], dtype=dtype))
    largest, second = gumbel([], torch.empty(0)).tolist()
    assert largest - second == pytest.approx(np.log(2), rel=1e-4)
