"""Autoregressive nets: nothing earlier depends on anything later."""

from __future__ import annotations

import pytest
import torch

from robustgen.nets.autoregressive import AutoregressiveMLP
from robustgen.nets.causal import CausalNet
from robustgen.nets.members import initialise
from robustgen.nets.pixelcnn import GatedPixelCNN

N_CODES = 6


def pixelcnn(height, width, n_layers):
    return lambda **options: GatedPixelCNN(N_CODES, (height, width), channels=8, n_layers=n_layers, **options)


PRIORS = {
    "pixelcnn 4 x 5": (pixelcnn(4, 5, 4), 20),
    "pixelcnn 1 x 1": (pixelcnn(1, 1, 2), 1),
    "pixelcnn 9 x 9": (pixelcnn(9, 9, 2), 81),
    "causal 1": (lambda **options: CausalNet(N_CODES, 1, channels=8, **options), 1),
    "causal 2": (lambda **options: CausalNet(N_CODES, 2, channels=8, **options), 2),
    "causal 19": (lambda **options: CausalNet(N_CODES, 19, channels=8, **options), 19),
    "mlp": (lambda **options: AutoregressiveMLP(N_CODES, 7, channels=8, **options), 7),
}


@pytest.fixture(params=PRIORS)
def case(request: pytest.FixtureRequest):
    return PRIORS[request.param]


def codes(n_positions: int, seed: int = 0, members: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(N_CODES, (members, 3, n_positions), generator=generator)


def test_a_later_code_never_changes_an_earlier_logit(case):
    build, n_positions = case
    net = initialise(build, [0]).double()
    before = codes(n_positions)
    for position in range(n_positions):
        after = before.clone()
        after[..., position:] = (after[..., position:] + 1) % N_CODES
        torch.testing.assert_close(net(before)[:, :, : position + 1], net(after)[:, :, : position + 1])


def test_every_earlier_code_in_reach_changes_a_later_logit(case):
    build, n_positions = case
    net = initialise(build, [0]).double()
    before = codes(n_positions)
    reached = range(n_positions - 1) if n_positions <= 20 else ()  # two layers do not reach over 9 x 9
    for position in reached:
        after = before.clone()
        after[..., position] = (after[..., position] + 1) % N_CODES
        assert not torch.equal(net(before)[:, :, -1], net(after)[:, :, -1]), position


@pytest.mark.parametrize("n_labels", [0, 3])
def test_the_logits_in_turn_are_those_of_the_whole(case, n_labels):
    """Though each is asked for while the later codes are not known yet."""
    build, n_positions = case
    net = initialise(lambda: build(n_labels=n_labels), [0, 1]).double()
    drawn = codes(n_positions, members=2)
    labels = torch.tensor([[0, 1, 2], [2, 1, 0]]) if n_labels else None
    known = torch.zeros_like(drawn)
    for position, logits in enumerate(net.in_turn(known, labels)):
        torch.testing.assert_close(logits, net(drawn, labels)[:, :, position])
        known[..., position] = drawn[..., position]


SLICED = {
    "pixelcnn": lambda: GatedPixelCNN(N_CODES, (2, 4), channels=8, n_layers=2, n_slices=2),
    "causal": lambda: CausalNet(N_CODES, 8, channels=8, n_slices=2),
    "mlp": lambda: AutoregressiveMLP(N_CODES, 8, channels=8, n_slices=2),
}


@pytest.mark.parametrize("name", SLICED)
def test_codes_of_another_slice_are_impossible_and_the_others_sum_to_1(name):
    net, drawn = initialise(SLICED[name], [0]).double(), codes(8)
    p = torch.softmax(net(drawn), dim=-1)
    assert (p[:, :, 0::2, 3:] == 0).all()
    assert (p[:, :, 1::2, :3] == 0).all()
    for position, logits in enumerate(net.in_turn(drawn)):
        torch.testing.assert_close(torch.softmax(logits, dim=-1), p[:, :, position])


def test_labels_change_the_distribution(case):
    build, n_positions = case
    net = initialise(lambda: build(n_labels=3), [0])
    given = codes(n_positions)
    labels = torch.tensor([[0, 0, 0]])
    assert not torch.equal(net(given, labels), net(given, labels + 2))


def test_each_member_computes_what_it_would_alone(case):
    build, n_positions = case
    given = codes(n_positions, members=3)
    together = initialise(build, [3, 4, 5]).double()(given)
    for k in range(3):
        torch.testing.assert_close(together[k], initialise(build, [3 + k]).double()(given[k : k + 1])[0])
