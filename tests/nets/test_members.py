"""A net with K members is K nets: outputs, gradients and starts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from robustgen.nets.autoencoder import AutoencoderNet
from robustgen.nets.autoregressive import MaskedLinear
from robustgen.nets.code_maps import (
    CodeNets,
    ConvCodeDecoder,
    ConvCodeEncoder,
    VectorCodeDecoder,
    VectorCodeEncoder,
)
from robustgen.nets.conv import ConvDecoder, ConvEncoder
from robustgen.nets.members import count, initialise, member, stack, tensors
from robustgen.nets.mlp import MLP, Affine, BatchNorm, Linear
from robustgen.nets.pixelcnn import GatedPair
from robustgen.nets.quantizers.base import Quantized
from robustgen.nets.quantizers.gaussian import GaussianQuantizer, mix
from robustgen.nets.rsr import RSRLayer, UnitSphere
from robustgen.nets.variational import Critic
from robustgen.nets.vector_quantised import VectorQuantisedNet

LARGE = CodeNets(channels=(4,), residual_blocks=2, kernel=4, map_side=4, codes_a_position=4)

NETS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "linear": (lambda: Linear(6, 3), (6,)),
    "linear without bias": (lambda: Linear(6, 3, bias=False), (6,)),
    "mlp": (lambda: MLP([6, 5, 4], activation="tanh", normalization="affine"), (6,)),
    "mlp with batch norm": (lambda: MLP([6, 5, 4], normalization="batch"), (6,)),
    "affine on images": (lambda: Affine(2), (2, 5, 4)),
    "batch norm on images": (lambda: BatchNorm(2), (2, 5, 4)),
    "conv encoder": (lambda: ConvEncoder((2, 9, 8), normalization="affine"), (2, 9, 8)),
    "conv decoder": (lambda: ConvDecoder(3, (2, 9, 8), normalization="batch"), (3,)),
    "rsr layer": (lambda: RSRLayer(6, 2), (6,)),
    "autoencoder": (
        lambda: AutoencoderNet(MLP([6, 4]), RSRLayer(4, 2), nn.Sequential(UnitSphere(), MLP([2, 6]))),
        (6,),
    ),
    "critic": (lambda: Critic(6), (6,)),
    "conv code encoder": (lambda: ConvCodeEncoder((2, 9, 8), 3), (2, 9, 8)),
    "conv code decoder": (lambda: ConvCodeDecoder(3, (2, 9, 8)), (20, 3)),
    "large conv code encoder": (lambda: ConvCodeEncoder((2, 9, 8), 3, LARGE), (2, 9, 8)),
    "large conv code decoder": (lambda: ConvCodeDecoder(3, (2, 9, 8), LARGE), (24, 3)),
    "vector code encoder": (lambda: VectorCodeEncoder(6, (5,), 2, 3), (6,)),
    "vector code decoder": (lambda: VectorCodeDecoder(2, 3, (5,), 6), (2, 3)),
    "vector-quantised net, Gaussian": (
        lambda: VectorQuantisedNet(
            VectorCodeEncoder(6, (5,), 2, 3),
            Soft(GaussianQuantizer(8, 3, variance="IV")),
            VectorCodeDecoder(2, 3, (5,), 6),
            code_dim=3,
        ),
        (6,),
    ),
    "masked linear": (lambda: MaskedLinear(4, 3, 2, strict=True), (4, 3)),
    "gated pair": (lambda: OneMap(GatedPair(3, n_labels=0, first=False)), (3, 4, 5)),
}


class Soft(nn.Module):
    """A quantizer of which all parameters bear on the latent: the mean code under P."""

    def __init__(self, quantizer: GaussianQuantizer) -> None:
        super().__init__()
        self.quantizer = quantizer

    def forward(self, z, generators=None):
        log_p = self.quantizer.log_probabilities(z)
        return Quantized(mix(log_p.exp(), self.quantizer.codebook.codes), log_p.argmax(-1), {})


class OneMap(nn.Module):
    """Both stacks of a layer fed with one map, and summed."""

    def __init__(self, pair: GatedPair) -> None:
        super().__init__()
        self.pair = pair

    def forward(self, x):
        above, left = self.pair(x, x)
        return above + left


@pytest.fixture(params=NETS)
def case(request: pytest.FixtureRequest) -> tuple[Callable[[], nn.Module], tuple[int, ...]]:
    return NETS[request.param]


def test_a_start_seeds_no_generator_of_a_gpu(monkeypatch):
    seeded: list[int] = []
    monkeypatch.setattr("torch.cuda.manual_seed_all", seeded.append)
    initialise(lambda: Linear(3, 2), seeds=[0])
    assert not seeded


def test_each_member_computes_what_it_would_alone(case):
    build, row_shape = case
    net = initialise(build, seeds=[3, 4, 5]).double()
    x = torch.randn(3, 7, *row_shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    together = net(x)
    for k in range(3):
        alone = initialise(build, seeds=[3 + k]).double()
        torch.testing.assert_close(together[k], alone(x[k : k + 1])[0])


def test_no_gradient_crosses_members(case):
    build, row_shape = case
    net = initialise(build, seeds=[0, 1])
    x = torch.randn(2, 7, *row_shape, generator=torch.Generator().manual_seed(0))
    net(x)[0].square().sum().backward()
    for parameter in net.parameters():
        assert parameter.grad is not None
        assert not parameter.grad[1].any()


def test_member_undoes_stack(case):
    build, _ = case
    nets = [initialise(build, seeds=[seed]) for seed in (0, 1)]
    joined = stack(nets)
    assert count(joined) == 2
    for k, net in enumerate(nets):
        for cut, original in zip(tensors(member(joined, k)), tensors(net), strict=True):
            assert torch.equal(cut, original)


def test_initialisation_leaves_the_global_generator_alone(case):
    build, _ = case
    before = torch.get_rng_state()
    initialise(build, seeds=[0, 1])
    assert torch.equal(torch.get_rng_state(), before)
