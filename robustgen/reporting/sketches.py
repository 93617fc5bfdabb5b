"""Images, signals and clips drawn small for a page: each once, and what adds to its error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from robustgen.reporting.pictures import data_url, drawn

BUDGET = 1_500_000
"""Bytes that all drawings of a page may take."""
LENGTHS = (144, 112, 80, 56, 40)
"""The longer side of a drawn image in pixels, as long as the budget allows."""
JPEG_QUALITY = 78
HEAT_LENGTH = 28
"""The longer side of a heat map in pixels; the browser smooths it."""
HEAT = (255, 64, 0)
OPAQUE = 200
"""How opaque the hottest place is, of 255."""
SIGNAL_WIDTH, CHANNEL_HEIGHT, MARGIN = 160, 56, 2
"""Of a drawn signal."""
POINTS = 160
"""Points of a drawn signal; of more the lowest and highest of each stretch are drawn."""
FRAMES, COLUMNS = 8, 4
"""Of a drawn clip: its frames stand in two lines."""
CENTRAL = (0.1, 99.9)
"""The percentiles of a channel's values that are within its frame."""


@dataclass(frozen=True)
class Sketches:
    """Rows drawn small.

    Attributes
    ----------
    size : (width, height)
        In units of the drawing.
    drawn : mapping of int to Markup
        What is inside an ``<svg>``, by the places of the rows.
    heat : mapping of int to Markup
        What is laid over it: where the row's error comes from.
    nearest : mapping of int to int
        The place of the most similar row that is taken as normal.
    """

    size: tuple[int, int]
    drawn: Mapping[int, Markup]
    heat: Mapping[int, Markup]
    nearest: Mapping[int, int]


def sketched_images(
    images: NDArray[Any], contributions: Mapping[int, NDArray[np.float64]], nearest: Mapping[int, int]
) -> Sketches:
    """Draw images.

    Parameters
    ----------
    images : ndarray, (n, H, W) or (n, C, H, W)
        All of them.
    contributions : mapping of int to ndarray, (H, W) or (C, H, W)
        What each pixel adds to the error, by the places of images that are drawn; without any entries
        where that is not known.
    nearest : mapping of int to int
        For each drawn image the place of the one to show beside it, which is drawn too.

    Returns
    -------
    Sketches
        As large as they may be for all to take ``BUDGET`` bytes.

    Examples
    --------
    >>> sketches = sketched_images(np.eye(8)[None].repeat(2, 0), {0: np.eye(8)}, {0: 1})
    >>> sketches.size, sorted(sketches.drawn), sorted(sketches.heat)
    ((8, 8), [0, 1], [0])
    """
    pictures = {place: drawn(images[place]) for place in _shown(contributions, nearest)}
    size = images.shape[-1], images.shape[-2]
    return Sketches(size, _within_budget(pictures, size), _heats(contributions, size), nearest)


def _shown(contributions: Mapping[int, Any], nearest: Mapping[int, int]) -> list[int]:
    """Return the places of all rows that are drawn."""
    return sorted({*contributions, *nearest, *nearest.values()})


def _within_budget(pictures: Mapping[int, Image.Image], size: tuple[int, int]) -> dict[int, Markup]:
    """Return pictures as large as they may be for all to take ``BUDGET`` bytes."""
    for length in LENGTHS:
        shown = {place: _image(_url(picture, length), size) for place, picture in pictures.items()}
        if sum(map(len, shown.values())) <= BUDGET:
            break
    return shown


def sketched_clips(
    clips: NDArray[Any], contributions: Mapping[int, NDArray[np.float64]], nearest: Mapping[int, int]
) -> Sketches:
    """Draw clips (n, C, T, H, W) as up to eight of their frames, the one that adds most to the error framed.

    Parameters
    ----------
    clips : ndarray, (n, C, T, H, W)
        All of them.
    contributions : mapping of int to ndarray, (C, T, H, W)
        What each pixel adds to the error, by the places of the clips that are drawn.
    nearest : mapping of int to int
        For each drawn clip the place of the one to show beside it, which is drawn too.

    Returns
    -------
    Sketches
        Frames stand evenly in time, four in a line; the one that adds most takes the place of the frame that
        is nearest to it.

    Examples
    --------
    >>> added = np.arange(10.0)[None, :, None, None] * np.ones((1, 10, 6, 6))
    >>> sketches = sketched_clips(np.zeros((2, 1, 10, 6, 6)), {0: added}, {0: 1})
    >>> sketches.size, str(sketches.heat[0])[-59:]
    ((24, 12), '<rect class="worst" x="18.5" y="6.5" width="5" height="5"/>')
    """
    n_frames, height, width = clips.shape[2:]
    parts = {place: added for place, added in contributions.items() if added.size}
    frames = {place: _frames(n_frames, parts.get(place)) for place in _shown(contributions, nearest)}
    sheets = {place: drawn(_sheet(clips[place], chosen)) for place, chosen in frames.items()}
    size = min(COLUMNS, n_frames) * width, -(-min(FRAMES, n_frames) // COLUMNS) * height
    added = {place: _sheet(part, frames[place]) for place, part in parts.items()}
    heats = {
        place: heat + _framed(parts[place], frames[place]) for place, heat in _heats(added, size).items()
    }
    return Sketches(size, _within_budget(sheets, size), heats, nearest)


def _frames(n_frames: int, added: NDArray[np.float64] | None) -> NDArray[np.intp]:
    """Return which frames of a clip are drawn: evenly in time, and the one that adds most, if known."""
    chosen = np.linspace(0, n_frames - 1, min(FRAMES, n_frames)).round().astype(np.intp)
    if added is not None:
        worst = _worst(added)
        chosen[np.abs(chosen - worst).argmin()] = worst
    return chosen


def _worst(added: NDArray[np.float64]) -> int:
    """Return the frame of (C, T, H, W) that adds most."""
    return int(added.sum((0, 2, 3)).argmax())


def _sheet(clip: NDArray[Any], frames: NDArray[np.intp]) -> NDArray[Any]:
    """Return frames of a clip (C, T, H, W) as one image (C, ...), four in a line."""
    columns = min(COLUMNS, clip.shape[1])
    missing = -len(frames) % columns
    shown = np.pad(clip[:, frames], ((0, 0), (0, missing), (0, 0), (0, 0)), constant_values=clip.min())
    lines = shown.reshape(len(clip), -1, columns, *clip.shape[2:]).swapaxes(2, 3)
    return lines.reshape(len(clip), lines.shape[1] * lines.shape[2], -1)


def _framed(added: NDArray[np.float64], frames: NDArray[np.intp]) -> Markup:
    """Return the outline of the frame that adds most."""
    height, width = added.shape[2:]
    line, column = divmod(int(np.flatnonzero(frames == _worst(added))[0]), COLUMNS)
    x, y = column * width + 0.5, line * height + 0.5
    return Markup(f'<rect class="worst" x="{x}" y="{y}" width="{width - 1}" height="{height - 1}"/>')


def sketched_signals(
    signals: NDArray[Any], contributions: Mapping[int, NDArray[np.float64]], nearest: Mapping[int, int]
) -> Sketches:
    """Draw signals (n, C, T), one channel below the other, each in the same units for all of them.

    Parameters
    ----------
    signals : ndarray, (n, C, T)
        All of them.
    contributions : mapping of int to ndarray, (C, T)
        What each point adds to the error, by the places of the signals that are drawn.
    nearest : mapping of int to int
        For each drawn signal the place of the one to show beside it, which is drawn too.

    Returns
    -------
    Sketches
        Values beyond the central 99.8 % of a channel's are drawn at its frame.

    Examples
    --------
    >>> sketched_signals(np.zeros((2, 1, 3)), {}, {0: 1}).drawn[0]
    Markup('<path class="signal" d="M0.0,54.0L80.0,54.0L160.0,54.0"/>')
    """
    lowest, highest = np.percentile(signals, CENTRAL, axis=(0, 2))
    unit = np.where(highest > lowest, highest - lowest, 1)
    size = SIGNAL_WIDTH, CHANNEL_HEIGHT * signals.shape[1]
    places = _shown(contributions, nearest)
    levels = {place: ((signals[place].T - lowest) / unit).clip(0, 1).T for place in places}
    lines = {place: Markup("".join(map(_path, level, range(len(level))))) for place, level in levels.items()}
    return Sketches(size, lines, _heats(contributions, size), nearest)


def _url(picture: Image.Image, length: int) -> str:
    """Return a picture of that length at most as a PNG or a JPEG, whichever is smaller."""
    small = picture.copy()
    small.thumbnail((length, length))
    return min(data_url(small, "png"), data_url(small, "jpeg", quality=JPEG_QUALITY), key=len)


def _image(url: str, size: tuple[int, int]) -> Markup:
    width, height = size
    pixelated = ' class="pixels"' if max(size) <= LENGTHS[-1] else ""
    return Markup(
        f'<image width="{width}" height="{height}" preserveAspectRatio="none"{pixelated} href="{url}"/>'
    )


def _heats(contributions: Mapping[int, NDArray[np.float64]], size: tuple[int, int]) -> dict[int, Markup]:
    return {place: _image(_heat(parts), size) for place, parts in contributions.items() if parts.size}


def _heat(contributions: NDArray[np.float64]) -> str:
    """Return where an error comes from as one colour, the more opaque the more a place adds to it.

    What half of the places add does not single any of them out.
    """
    added = contributions if contributions.ndim == 2 else contributions.sum(0)
    height, width = (min(side, HEAT_LENGTH) for side in added.shape)
    singled = Image.fromarray((added - np.median(added)).clip(0, None).astype(np.float32))
    heat = np.asarray(singled.resize((width, height), Image.Resampling.BOX))
    opacity = (OPAQUE * heat / (heat.max() or 1)).astype(np.uint8) // 8 * 8  # 26 levels pack well
    coloured = np.dstack([np.full_like(opacity, level) for level in HEAT] + [opacity])
    return data_url(Image.fromarray(coloured), "png", optimize=True)


def _path(level: NDArray[np.float64], channel: int) -> str:
    """Return the line of a channel's values in [0, 1]."""
    values = _shortened(level)
    x = np.linspace(0, SIGNAL_WIDTH, len(values))
    y = CHANNEL_HEIGHT * (channel + 1) - MARGIN - (CHANNEL_HEIGHT - 2 * MARGIN) * values
    line = "L".join(f"{left:.1f},{top:.1f}" for left, top in zip(x, y, strict=True))
    return f'<path class="signal" d="M{line}"/>'


def _shortened(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lowest and the highest value of each stretch of a long channel: no spike is lost."""
    if len(values) <= POINTS:
        return values
    stretches = np.array_split(values, POINTS // 2)
    return np.array([end for part in stretches for end in (part.min(), part.max())])
