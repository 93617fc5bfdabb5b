"""Looks at an image turn with it, and care neither for its light nor for its size."""

from __future__ import annotations

import pytest
import torch

from robustgen.descriptors.description import described_width, fit_description, looks
from robustgen.descriptors.gradients import N_DIRECTIONS, gradient_histograms
from robustgen.descriptors.thumbnail import thumbnail
from robustgen.descriptors.wavelets import LEAST_ENERGY, morlet_wavelets, wavelet_energies


def images(n_images: int = 5, channels: int = 3, side: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n_images, channels, side, side, generator=generator, dtype=torch.float64)


def cells(look: torch.Tensor, side: int) -> torch.Tensor:
    return look.unflatten(1, (-1, side, side))


def turned(x: torch.Tensor) -> torch.Tensor:
    """Turn images by a quarter, from across to down."""
    return x.rot90(-1, (-2, -1))


@pytest.mark.parametrize("side", [1, 4, 8])
def test_histograms_turn_with_the_image(side):
    expected = turned(cells(gradient_histograms(images(), side), side)).roll(N_DIRECTIONS // 4, 1)
    torch.testing.assert_close(cells(gradient_histograms(turned(images()), side), side), expected)


def test_energies_turn_with_the_image():
    fine, coarse = turned(cells(wavelet_energies(images(), 4), 4)).chunk(2, 1)
    expected = torch.cat([fine.roll(4, 1), coarse.roll(4, 1)], 1)  # eight directions are half a turn
    torch.testing.assert_close(cells(wavelet_energies(turned(images()), 4), 4), expected)


@pytest.mark.parametrize("direction", range(N_DIRECTIONS))
def test_an_edge_counts_for_its_direction(direction):
    angle = torch.tensor(2 * torch.pi * direction / N_DIRECTIONS)
    steps = torch.arange(8.0)
    ramp = steps[:, None] * angle.sin() + steps * angle.cos()
    histogram = gradient_histograms(ramp[None, None, 1:-1, 1:-1], 1)
    assert histogram.argmax() == direction


def test_brightness_does_not_matter_and_contrast_hardly():
    brighter, stronger = (gradient_histograms(x, 4) for x in (images() + 7, 3 * images()))
    torch.testing.assert_close(brighter, gradient_histograms(images(), 4))
    torch.testing.assert_close(stronger, gradient_histograms(images(), 4), atol=0.02, rtol=0)
    torch.testing.assert_close(wavelet_energies(images() + 7, 4), wavelet_energies(images(), 4))


def test_wavelets_are_blind_to_what_is_flat():
    for scale in (0, 1):
        torch.testing.assert_close(
            morlet_wavelets(scale).sum((1, 2, 3)), torch.zeros(16, dtype=torch.float64)
        )
    flat = wavelet_energies(torch.full((1, 2, 9, 9), 5.0), 4)
    torch.testing.assert_close(flat.exp(), torch.full_like(flat, LEAST_ENERGY), rtol=1e-4, atol=0)


def test_of_the_channels_the_strongest_is_seen():
    grey, faint = images(channels=1), 0.1 * images(channels=1).flip(-1)
    for look in (lambda x: gradient_histograms(x, 4), lambda x: wavelet_energies(x, 1)):
        torch.testing.assert_close(look(grey.repeat(1, 3, 1, 1)), look(grey))
    assert (wavelet_energies(torch.cat([grey, faint], 1), 4) >= wavelet_energies(grey, 4)).all()


def test_a_large_image_is_seen_by_its_thumbnail():
    small = images(side=32)
    large = small.repeat_interleave(3, -1).repeat_interleave(3, -2)
    torch.testing.assert_close(thumbnail(large), small)
    torch.testing.assert_close(thumbnail(images()), images())
    for seen, expected in zip(looks(large), looks(small), strict=True):
        torch.testing.assert_close(seen, expected)


def test_each_look_has_the_same_say_whatever_the_blocks():
    sample = images(20)
    description = fit_description(sample.split(7))
    vectors = description(sample)
    assert vectors.shape == (20, described_width((3, 16, 16)))
    widths = [look.shape[1] for look in looks(sample)]
    for look in vectors.split(widths, dim=1):
        torch.testing.assert_close(look.var(0, correction=0).sum(), torch.tensor(1.0, dtype=torch.float64))


def test_images_that_are_all_the_same_have_finite_vectors():
    same = images(1).expand(4, -1, -1, -1)
    vectors = fit_description([same])(same)
    assert vectors.isfinite().all()
    assert (vectors == vectors[0]).all()
