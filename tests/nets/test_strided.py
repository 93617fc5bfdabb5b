"""Convolutions along time: torch's own, mirrored to the point, and as far-sighted as is said."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from robustgen.nets.conv import Conv, ConvTranspose
from robustgen.nets.members import initialise, member
from robustgen.nets.strided import (
    SIGNALS,
    StridedCodeDecoder,
    StridedCodeEncoder,
    StridedDecoder,
    StridedEncoder,
    receptive_field,
)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_convolution_is_torchs(generator):
    layer = Conv(2, 3, 5, (6,), stride=2, dilation=3)
    x = torch.randn(1, 4, 2, 40, generator=generator)
    expected = functional.conv1d(x[0], layer.weight[0], layer.bias[0], stride=2, dilation=3, padding=6)
    torch.testing.assert_close(layer(x)[0], expected)


def test_transposed_convolution_is_torchs(generator):
    layer = ConvTranspose(2, 3, 5, (2,), (1,))
    x = torch.randn(1, 4, 2, 5, generator=generator)
    expected = functional.conv_transpose1d(
        x[0], layer.weight[0], layer.bias[0], stride=2, padding=2, output_padding=1
    )
    torch.testing.assert_close(layer(x)[0], expected)


@pytest.mark.parametrize(
    "shape",
    [
        (1, 1),
        (2, 2),
        (3, 9),
        (1, 16),
        (2, 63),
        (1, 100),
        (1, 1, 1, 1),
        (2, 5, 8, 7),
        (1, 10, 16, 16),
        (3, 2, 33, 9),
    ],
)
def test_decoders_return_to_the_shape_that_the_encoders_took(shape):
    x = torch.zeros(1, 2, *shape)
    encoder = StridedEncoder(shape)
    assert encoder(x).shape == (1, 2, encoder.out_features)
    assert StridedDecoder(4, shape)(torch.zeros(1, 2, 4)).shape == x.shape
    codes = StridedCodeEncoder(shape, 5)(x)
    assert codes.shape == (1, 2, math.prod(StridedCodeEncoder(shape, 5).map_shape), 5)
    assert StridedCodeDecoder(5, shape)(codes).shape == x.shape


@pytest.mark.parametrize("n_points", [40, 300])
def test_a_position_sees_the_receptive_field_and_no_point_more(n_points):
    seen = receptive_field(n_points)
    stages = nn.Sequential(*list(StridedEncoder((1, n_points)))[:-1])  # they see a longer signal as well
    x = torch.randn(1, 1, 1, 4 * seen, generator=torch.Generator().manual_seed(1)).requires_grad_()
    middle = stages(x).shape[-1] // 2
    stages(x)[0, 0, :, middle].sum().backward()
    places = x.grad[0, 0, 0].nonzero()[:, 0]
    assert int(places.max() - places.min()) + 1 == seen
    assert len(SIGNALS.sizes((n_points,))) > 2


def test_a_member_is_the_net_that_its_seed_alone_gives(generator):
    x = torch.randn(2, 3, 2, 30, generator=generator)
    pair = initialise(lambda: StridedEncoder((2, 30)), seeds=[0, 1])
    torch.testing.assert_close(member(pair, 1)(x[1:]), pair(x)[1:])
