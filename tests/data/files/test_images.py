"""Folders of images: pixels, classes, and the file that does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from robustgen._checks import UsageError
from robustgen.data.files import RowOptions
from robustgen.data.files.images import read_images

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (5, 4), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (5, 4, 3), dtype=np.uint8)


def put(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def test_sub_folders_are_classes_at_any_depth(tmp_path):
    put(tmp_path / "dog/a.png", GREY)
    put(tmp_path / "cat/b.PNG", 255 - GREY)
    put(tmp_path / "cat/old/a.png", GREY)
    images = read_images(tmp_path)
    assert images.classes == ("cat", "cat", "dog")
    assert [path.name for path in images.paths] == ["b.PNG", "a.png", "a.png"]
    np.testing.assert_array_equal(images.X, [255 - GREY, GREY, GREY])


def test_a_flat_folder_has_no_classes(tmp_path):
    put(tmp_path / "a.png", GREY)
    assert read_images(tmp_path).classes is None
    assert read_images(tmp_path).X.shape == (1, 5, 4)


def test_colours_come_first_and_one_colour_image_makes_all_coloured(tmp_path):
    put(tmp_path / "a.png", COLOUR)
    np.testing.assert_array_equal(read_images(tmp_path).X[0], COLOUR.transpose(2, 0, 1))
    put(tmp_path / "b.png", GREY)
    np.testing.assert_array_equal(read_images(tmp_path).X[1], [GREY] * 3)


def test_the_mode_and_the_size_can_be_asked_for(tmp_path):
    put(tmp_path / "a.png", GREY)
    put(tmp_path / "b.png", np.zeros((9, 9, 3), np.uint8))
    assert read_images(tmp_path, RowOptions(size=(6, 7), mode="L")).X.shape == (2, 6, 7)
    assert read_images(tmp_path, RowOptions(size=(6, 7))).X.shape == (2, 3, 6, 7)


def test_transparency_is_left_out(tmp_path):
    put(tmp_path / "a.png", np.dstack([COLOUR, GREY]))
    np.testing.assert_array_equal(read_images(tmp_path).X[0], COLOUR.transpose(2, 0, 1))


def test_other_and_hidden_files_are_passed_over(tmp_path):
    put(tmp_path / "a.png", GREY)
    put(tmp_path / ".thumbnails/a.png", COLOUR)
    (tmp_path / "labels.txt").write_text("none")
    assert [path.name for path in read_images(tmp_path).paths] == ["a.png"]


def test_an_image_of_another_size_is_named(tmp_path):
    put(tmp_path / "a.png", GREY)
    put(tmp_path / "b.png", GREY[:4])
    with pytest.raises(UsageError, match=r"b\.png' is 4 x 4 pixels, but '.*a\.png' is 5 x 4"):
        read_images(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n cut off"])
def test_a_file_that_is_no_image_is_named(tmp_path, content):
    put(tmp_path / "a.png", GREY)
    (tmp_path / "b.png").write_bytes(content)
    with pytest.raises(UsageError, match=r"b\.png' is not a readable image"):
        read_images(tmp_path)


def test_a_cut_off_image_is_named(tmp_path):
    put(tmp_path / "a.png", RNG.integers(0, 256, (50, 50), dtype=np.uint8))
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match=r"a\.png' is not a readable image"):
        read_images(tmp_path)


def test_deep_pixels_are_refused_and_not_clipped(tmp_path):
    put(tmp_path / "a.png", GREY.astype(np.uint16) * 200)
    with pytest.raises(UsageError, match=r"'I(;16)?': save it with 8 bits"):
        read_images(tmp_path)


def test_images_beside_sub_folders_have_no_clear_class(tmp_path):
    put(tmp_path / "a.png", GREY)
    put(tmp_path / "cat/b.png", GREY)
    with pytest.raises(UsageError, match=r"both beside its sub-folders and inside them \('a\.png'"):
        _ = read_images(tmp_path).classes


def test_a_folder_without_images(tmp_path):
    with pytest.raises(UsageError, match="holds no image"):
        read_images(tmp_path)
