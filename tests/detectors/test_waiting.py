"""No training step of any detector waits for its device."""

from __future__ import annotations

import pytest
import torch

from tests.detectors.builders import DETECTORS, grey_images, vectors
from tests.detectors.on_meta import META, step_on_meta


@pytest.mark.parametrize("name", DETECTORS)
def test_a_step_reads_no_value(name):
    step_on_meta(DETECTORS[name](epochs=1), vectors())


@pytest.mark.parametrize("name", ["rsrae, robust, batch norm", "maw", "vqvae"])
def test_a_step_on_images_reads_no_value(name):
    step_on_meta(DETECTORS[name](epochs=1), grey_images())


def test_a_value_cannot_be_read_on_the_meta_device():
    with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        torch.empty(1, device=META).item()
