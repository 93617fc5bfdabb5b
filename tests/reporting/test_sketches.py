"""Images, signals and clips are drawn small, of any shape, within what a page may weigh."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from robustgen.reporting.sketches import (
    HEAT_LENGTH,
    LENGTHS,
    sketched_clips,
    sketched_images,
    sketched_signals,
)

SHAPES = [(9, 9), (1, 1), (3, 200, 7), (1, 5, 40), (2, 6, 6), (4, 12, 12)]


def opened(drawing):
    (content,) = re.findall(r'base64,([^"]+)"', drawing)
    return Image.open(io.BytesIO(base64.b64decode(content)))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["uint8", "float64"])
def test_an_image_of_any_shape_is_drawn_in_its_proportions(shape, kind):
    images = (255 * np.random.default_rng(0).random((3, *shape))).astype(kind)
    sketches = sketched_images(images, {0: images[0].astype(float)}, {0: 2})
    assert sketches.size == (shape[-1], shape[-2])
    assert sorted(sketches.drawn) == [0, 2]
    assert max(opened(sketches.drawn[0]).size) == min(max(shape[-2:]), LENGTHS[0])


def test_a_small_image_is_drawn_as_it_is():
    images = np.arange(64, dtype=np.uint8).reshape(1, 8, 8)
    np.testing.assert_array_equal(np.asarray(opened(sketched_images(images, {}, {0: 0}).drawn[0])), images[0])


def test_images_that_do_not_pack_are_drawn_smaller(monkeypatch):
    monkeypatch.setattr("robustgen.reporting.sketches.BUDGET", 50_000)
    images = np.random.default_rng(0).integers(0, 255, (9, 3, 96, 96)).astype(np.uint8)
    drawn = sketched_images(images, {}, {place: place for place in range(9)}).drawn
    assert len(drawn) == 9
    assert sum(map(len, drawn.values())) <= 50_000


def test_heat_is_where_more_is_added_than_elsewhere():
    contributions = np.full((64, 64), 0.1)
    contributions[:16, :16] = 1
    heat = sketched_images(np.zeros((1, 64, 64)), {0: contributions}, {}).heat[0]
    opacity = np.asarray(opened(heat))[..., 3]
    assert opacity.shape == (HEAT_LENGTH, HEAT_LENGTH)
    assert opacity[:6, :6].min() > 0
    assert opacity[8:, 8:].max() == 0


def test_what_adds_evenly_has_no_heat():
    heat = sketched_images(np.zeros((1, 8, 8)), {0: np.ones((8, 8))}, {}).heat[0]
    assert np.asarray(opened(heat))[..., 3].max() == 0


def test_what_is_not_explained_has_no_heat():
    assert sketched_images(np.zeros((2, 8, 8)), {0: np.empty(0)}, {0: 1}).heat == {}


@pytest.mark.parametrize("points", [2, 3, 160, 161, 5000])
def test_no_spike_of_a_signal_is_lost(points):
    signals = np.zeros((5, 2, points))
    signals[0, 1, points // 2] = 1
    drawn = sketched_signals(signals + 1e-9, {}, {0: 1}).drawn
    heights = [float(y) for y in re.findall(r",([\d.]+)", drawn[0].split("</path>")[-1])]
    assert min(heights) < 58 < max(heights)  # the frame of the second channel is from 58 to 110


def test_signals_share_their_units():
    signals = np.zeros((4, 1, 8))
    signals[0], signals[1] = 1, 2
    drawn = sketched_signals(signals, {}, {0: 1}).drawn
    assert [re.findall(r",([\d.]+)", drawn[place])[0] for place in (0, 1)] == ["28.0", "2.0"]


@pytest.mark.parametrize("n_frames", [1, 3, 5, 8, 30])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_frame_that_adds_most_to_the_error_of_a_clip_is_drawn_and_framed(n_frames, channels):
    worst = n_frames // 2
    clips = np.zeros((2, channels, n_frames, 6, 9), dtype=np.uint8)
    clips[0, :, worst] = 255
    added = (clips[0] > 0).astype(float)
    sketches = sketched_clips(clips, {0: added}, {0: 1})
    assert sorted(sketches.drawn) == [0, 1]
    sheet = np.asarray(opened(sketches.drawn[0]).convert("L"))
    assert sheet.shape == sketches.size[::-1]
    x, y = (float(re.search(f'{name}="([\\d.]+)"', sketches.heat[0].split("rect")[1])[1]) for name in "xy")
    framed = sheet[int(y) : int(y) + 6, int(x) : int(x) + 9]
    assert framed.min() > 245
    assert sheet.astype(int).sum() - framed.astype(int).sum() < 255
    assert sketches.drawn.keys() > sketches.heat.keys()
