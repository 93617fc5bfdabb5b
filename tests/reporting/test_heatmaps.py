"""Heat maps of contributions."""

from __future__ import annotations

import numpy as np
import pytest

from robustgen._checks import UsageError
from robustgen.reporting.figures.heatmaps import heatmaps


@pytest.mark.parametrize("shape", [(1, 8, 8), (10, 8, 8), (3, 3, 6, 5), (2, 2, 4, 4)])
def test_every_image_has_its_map_on_one_scale(shape):
    rng = np.random.default_rng(0)
    contributions = rng.normal(size=shape)
    figure = heatmaps(rng.random(shape), contributions, titles=[str(i) for i in range(shape[0])])
    maps = [image for axes in figure.axes for image in axes.images if image.get_cmap().name == "RdBu_r"]
    assert len(maps) == shape[0]
    summed = contributions if len(shape) == 3 else contributions.sum(1)
    np.testing.assert_array_equal(maps[-1].get_array(), summed[-1])
    assert {image.norm.vmax for image in maps} == {np.abs(summed).max()}
    assert len([axes for axes in figure.axes if axes.get_title()]) == shape[0]


@pytest.mark.parametrize(
    ("images", "contributions"),
    [((2, 4, 4), (2, 4, 5)), ((2, 4), (2, 4)), ((0, 4, 4), (0, 4, 4))],
)
def test_other_shapes_are_refused(images, contributions):
    with pytest.raises(UsageError, match="expected one shape"):
        heatmaps(np.zeros(images), np.zeros(contributions))
