"""The forms of an image under flips and circular shifts, and the choice among those that are tied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

TIE = 1e-9
"""Two forms whose measures differ by less are tied: far above rounding, far below what data holds."""


class Forms(NamedTuple):
    """Forms of some images: first flipped or not, then shifted.

    Attributes
    ----------
    image : ndarray of int, (m,)
        Whose form, in ascending order.
    flip : ndarray of int, (m,)
        1 where it is flipped.
    row, column : ndarray of int, (m,)
        The shifts.
    """

    image: NDArray[np.intp]
    flip: NDArray[np.intp]
    row: NDArray[np.intp]
    column: NDArray[np.intp]

    def of(self, index: Any) -> Forms:
        """Return some of them."""
        return Forms(*(part[index] for part in self))


def distinct_forms(images: NDArray[Any], symmetries: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which forms (n, 2, H, W) the symmetries give each image (n, C, H, W).

    Along an axis on which nothing changes one shift stands for all.
    """
    flips = np.array([True, "flip" in symmetries])
    rows, columns = (_distinct_shifts(images, axis, "shift" in symmetries) for axis in (2, 3))
    return flips[:, None, None] & rows[:, None, :, None] & columns[:, None, None, :]


def _distinct_shifts(images: NDArray[Any], axis: int, shifting: bool) -> NDArray[np.bool_]:
    constant = (images == np.take(images, [0], axis=axis)).all(axis=(1, 2, 3))
    return (np.arange(images.shape[axis]) == 0) | (shifting & ~constant[:, None])


def moved(images: NDArray[Any], forms: Forms) -> NDArray[Any]:
    """Return the flipped and shifted images (m, C, H, W)."""
    height, width = images.shape[2:]
    rows = _sources(forms.row, forms.flip, height)[:, :, None]
    columns = _sources(forms.column, forms.flip, width)[:, None, :]
    taken = np.moveaxis(images[forms.image[:, None, None], :, rows, columns], 3, 1)
    return np.where(forms.flip[:, None, None, None] == 1, taken.conj(), taken)


def _sources(shift: NDArray[np.intp], flip: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Return where each entry (m, N) comes from."""
    place = (np.arange(length) - shift[:, None]) % length
    return np.where(flip[:, None] == 1, -place % length, place)


def largest(images: NDArray[Any]) -> int:
    """Return which of some images (m, C, H, W) is the largest in lexicographic order, to 9 digits."""
    entries = images.reshape(len(images), -1)
    scale = np.abs(entries).max() or 1.0
    keys = np.concatenate([entries.real, entries.imag], axis=1) / scale
    return int(np.lexsort(np.round(keys, 9).T[::-1])[-1])


def unit(images: NDArray[Any]) -> NDArray[Any]:
    """Return images (n, C, H, W) of norm 1 in double precision; 0 stays 0."""
    kind = np.complex128 if np.iscomplexobj(images) else np.float64
    peak = np.abs(images).max(
        axis=(1, 2, 3), keepdims=True
    )  # squares of what is huge or tiny are out of range
    scaled = images.astype(kind) / np.where(peak > 0, peak, 1)
    norm = np.sqrt((np.abs(scaled) ** 2).sum(axis=(1, 2, 3), keepdims=True))
    made: NDArray[Any] = scaled / np.where(norm > 0, norm, 1)
    return made
