"""Layers against torch's own, member by member."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from robustgen.nets.conv import Conv, ConvDecoder, ConvEncoder, ConvTranspose
from robustgen.nets.mlp import BatchNorm, Linear
from robustgen.nets.rsr import RSRLayer, UnitSphere


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_linear_is_torchs(generator):
    layer = Linear(5, 3)
    x = torch.randn(1, 4, 5, generator=generator)
    torch.testing.assert_close(layer(x)[0], functional.linear(x[0], layer.weight[0].T, layer.bias[0, 0]))


def test_convolution_is_torchs(generator):
    layer = Conv(2, 3, 5, (2, 2))
    x = torch.randn(1, 4, 2, 9, 8, generator=generator)
    expected = functional.conv2d(x[0], layer.weight[0], layer.bias[0], stride=2, padding=2)
    torch.testing.assert_close(layer(x)[0], expected)


def test_transposed_convolution_is_torchs(generator):
    layer = ConvTranspose(2, 3, 5, (2, 2), (1, 0))
    x = torch.randn(1, 4, 2, 5, 4, generator=generator)
    expected = functional.conv_transpose2d(
        x[0], layer.weight[0], layer.bias[0], stride=2, padding=2, output_padding=(1, 0)
    )
    torch.testing.assert_close(layer(x)[0], expected)


@pytest.mark.parametrize("side", [(1, 1), (4, 4), (5, 7), (8, 8), (9, 30), (28, 28), (32, 32), (33, 31)])
def test_the_decoder_returns_to_the_size_that_the_encoder_took(side):
    encoder, decoder = ConvEncoder((3, *side)), ConvDecoder(4, (3, *side))
    assert encoder(torch.zeros(1, 2, 3, *side)).shape == (1, 2, encoder.out_features)
    assert decoder(torch.zeros(1, 2, 4)).shape == (1, 2, 3, *side)


@pytest.mark.parametrize(("side", "length"), [(28, 1152), (32, 2048)])
def test_the_code_is_as_long_as_in_the_authors_net(side, length):
    assert ConvEncoder((1, side, side)).out_features == length


def test_batch_norm_is_torchs_in_training_and_evaluation(generator):
    ours, theirs = BatchNorm(3), torch.nn.BatchNorm2d(3)
    for _ in range(3):
        x = torch.randn(1, 6, 3, 4, 4, generator=generator) * 2 + 1
        torch.testing.assert_close(ours(x)[0], theirs(x[0]))
    ours.eval()
    theirs.eval()
    torch.testing.assert_close(ours(x)[0], theirs(x[0]))


def test_batch_norm_takes_a_batch_of_one_row_by_its_running_statistics():
    layer = BatchNorm(3)
    x = torch.ones(1, 1, 3)
    torch.testing.assert_close(layer(x), x, rtol=1e-4, atol=1e-4)
    assert not layer.running_mean.any()


def test_the_rsr_layer_multiplies_by_its_matrix(generator):
    layer = RSRLayer(5, 2)
    z = torch.randn(1, 4, 5, generator=generator)
    torch.testing.assert_close(layer(z)[0], z[0] @ layer.A[0].T)


def test_the_unit_sphere_keeps_directions_and_zeros():
    z = torch.tensor([[[3.0, 4.0], [0.0, 0.0]]])
    torch.testing.assert_close(UnitSphere()(z), torch.tensor([[[0.6, 0.8], [0.0, 0.0]]]))
