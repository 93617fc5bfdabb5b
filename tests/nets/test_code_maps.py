"""Sizes of the nets of code maps: what comes out has the shape that was asked for."""

from __future__ import annotations

import pytest
import torch

from robustgen import VQVAE, CodeNets
from robustgen._checks import UsageError
from robustgen.nets.code_maps import ConvCodeDecoder, ConvCodeEncoder, ToMap, ToPositions, map_sizes
from tests.detectors.builders import grey_images


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
@pytest.mark.parametrize("size", [(8, 8), (7, 9), (28, 27), (33, 6)])
def test_images_of_every_size_are_halved_and_doubled_back(kernel, size):
    nets = CodeNets(channels=(3, 4, 5), kernel=kernel, residual_blocks=2, map_side=4)
    encoder, decoder = ConvCodeEncoder((1, *size), 2, nets), ConvCodeDecoder(2, (1, *size), nets)
    z = encoder(torch.zeros(1, 2, 1, *size))
    assert encoder.map_shape == map_sizes(*size, 4)[-1]
    assert z.shape == (1, 2, encoder.map_shape[0] * encoder.map_shape[1], 2)
    assert decoder(z).shape == (1, 2, 1, *size)


def test_a_map_may_be_as_large_as_that_of_imagenet():
    assert map_sizes(128, 128, 32)[-1] == (32, 32)


def test_codes_of_a_place_stand_beside_each_other_and_come_back():
    x = torch.randn(2, 3, 4 * 5, 6, 7)
    z = ToPositions(5)(x)
    assert z.shape == (2, 3, 6 * 7 * 4, 5)
    assert torch.equal(z[0, 0, 1], x[0, 0, 5:10, 0, 0])  # the second code of the first place
    assert torch.equal(ToMap((6, 7))(z), x)


def test_the_preset_is_the_net_of_the_paper():
    encoder = ConvCodeEncoder((3, 32, 32), 64, CodeNets.as_published())
    shapes = [tuple(weight.shape[1:]) for name, weight in encoder.named_parameters() if "weight" in name]
    halvings, block = [(256, 3, 4, 4), (256, 256, 4, 4)], [(256, 256, 3, 3), (256, 256, 1, 1)]
    assert shapes == [*halvings, *block, *block, (64, 256, 1, 1)]
    assert encoder.map_shape == (8, 8)


def test_sizes_are_one_parameter_of_the_detector():
    nets = {"channels": (6,), "map_side": 4, "codes_a_position": 2, "prior_channels": 5, "prior_layers": 2}
    X = grey_images()
    quick = {"quantisation": {"n_codes": 8}, "epochs": 1, "prior_epochs": 1, "random_state": 0}
    detector = VQVAE(nets=nets, **quick).fit(X)
    assert detector.map_shape_ == (3, 4)  # 9 x 8 to 3 x 2 places of two codes
    assert detector.sample(2, random_state=0).shape == (2, 9, 8)
    assert len(detector.prior_.net.layers) == 2
    assert detector.prior_.net.embedding.shape[-1] == 5


@pytest.mark.parametrize(
    "wrong", [{"channels": ()}, {"channels": [32]}, {"kernel": 1}, {"residual_blocks": -1}, {"map_side": 0}]
)
def test_sizes_have_ranges(wrong):
    with pytest.raises(UsageError, match=f"{next(iter(wrong))}="):
        CodeNets(**wrong)
