"""Images from strangers."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from PIL import Image

from robustgen._checks import UsageError
from robustgen.data.files import RowOptions
from robustgen.data.files.images import read_images
from tests.hostile import damaged, draws, rows_or_one_line

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)


def encoded(form, pixels=PIXELS, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_a_damaged_image_is_read_or_refused(tmp_path, form):
    content = encoded(form)
    for rng in draws(form):
        (tmp_path / "a.png").write_bytes(damaged(content, rng))
        rows_or_one_line(lambda: read_images(tmp_path, RowOptions(size=(4, 4))))


def test_postscript_named_png_starts_no_interpreter(tmp_path, monkeypatch):
    def started(*arguments, **options):
        pytest.fail("a program was started")

    monkeypatch.setattr("subprocess.check_call", started)
    monkeypatch.setattr("subprocess.Popen", started)
    (tmp_path / "a.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    )
    with pytest.raises(UsageError, match="is not a readable image"):
        read_images(tmp_path)


@pytest.mark.parametrize("form", ["ICO", "PCX", "SGI", "TGA", "DDS", "ICNS"])
def test_other_formats_are_not_tried_whatever_their_name(tmp_path, form):
    pixels = np.zeros((16, 16, 3), np.uint8)
    (tmp_path / "a.png").write_bytes(encoded(form, pixels))
    with pytest.raises(UsageError, match="is not a readable image"):
        read_images(tmp_path)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_a_photo_is_read_as_a_viewer_shows_it(tmp_path, orientation, ending):
    exif = Image.Exif()
    exif[0x0112] = orientation
    shade = np.add.outer(np.arange(16) * 8, np.arange(24) * 4).astype(np.uint8)
    Image.fromarray(shade).save(tmp_path / f"a.{ending}", exif=exif)
    turns = {2: np.fliplr, 3: lambda x: np.rot90(x, 2), 4: np.flipud, 5: np.transpose}
    turns |= {6: lambda x: np.rot90(x, -1), 7: lambda x: np.rot90(x, 2).T, 8: np.rot90}
    shown = read_images(tmp_path, RowOptions(mode="L")).X[0].astype(int)
    np.testing.assert_allclose(shown, turns.get(orientation, np.array)(shade).astype(int), atol=6)


SEVERAL = {"tif": {}, "gif": {}, "png": {}, "webp": {}}


@pytest.mark.parametrize("ending", SEVERAL)
def test_pages_and_frames_are_refused_or_passed_over_by_name(tmp_path, ending):
    pages = [Image.fromarray(np.full((8, 8), shade, np.uint8)) for shade in (0, 90, 200)]
    pages[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=pages[1:])
    with pytest.raises(UsageError, match="has 3 pages or frames"):
        read_images(tmp_path)
    pages[0].save(tmp_path / "b.png")
    images = read_images(tmp_path, RowOptions(skip_unreadable=True))
    assert [path.name for path in images.paths] == ["b.png"]
    assert "has 3 pages" in images.skipped[0]


def test_the_photo_of_a_jpeg_with_previews_is_read(tmp_path):
    photo, preview = (Image.fromarray(np.full((8, 8), shade, np.uint8)) for shade in (200, 10))
    photo.save(tmp_path / "a.mpo", save_all=True, append_images=[preview])
    (tmp_path / "a.mpo").rename(tmp_path / "a.jpg")
    assert read_images(tmp_path).X.min() > 150


def deep_png() -> bytes:
    """A PNG of 16 bits and three channels, which Pillow reads as one of 8 bits."""
    import struct
    import zlib

    rows = b"".join(b"\0" + bytes(4 * 6) for _ in range(4))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


DEEP = {
    "grey": lambda: encoded("PNG", np.zeros((4, 4), np.uint16)),
    "colour": deep_png,
    "whole numbers": lambda: encoded("TIFF", np.zeros((4, 4), np.int32)),
    "floats": lambda: encoded("TIFF", np.zeros((4, 4), np.float32)),
}


@pytest.mark.parametrize("case", DEEP)
def test_deep_pixels_are_never_cut_to_8_bits_in_silence(tmp_path, case):
    (tmp_path / "a.png").write_bytes(DEEP[case]())
    with pytest.raises(UsageError, match="save it with 8 bits a channel"):
        read_images(tmp_path)


def test_a_bomb_of_pixels_is_refused(tmp_path):
    Image.new("1", (20_000, 6_000)).save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="exceeds limit"):
        read_images(tmp_path)


def test_a_pipe_among_the_images_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "b.png")
    (tmp_path / "a.png").write_bytes(encoded("PNG"))
    assert len(read_images(tmp_path).paths) == 1


def test_images_beside_sub_folders_are_rows_like_any(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "sub/b.png"):
        (tmp_path / name).write_bytes(encoded("PNG"))
    assert len(read_images(tmp_path).X) == 2


def test_no_image_that_can_be_read_is_an_error(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(UsageError, match=r"no image of .* can be read; the first"):
        read_images(tmp_path, RowOptions(skip_unreadable=True))
