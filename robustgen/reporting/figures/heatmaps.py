"""Where in an image its score comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from robustgen._checks import UsageError

A_ROW = 8
"""Images side by side."""


def heatmaps(images: Any, contributions: Any, titles: list[str] | None = None) -> Figure:
    """Draw images, and below each of them what its pixels contribute to its error.

    Parameters
    ----------
    images : array, (n, H, W) or (n, C, H, W)
        What was explained.
    contributions : array, shaped like the images
        What ``explain`` returned; channels are summed.
    titles : list of str or None
        A title above each image, its score for instance.

    Returns
    -------
    matplotlib.figure.Figure
        The same colours mean the same contribution in all of them: red adds to the error, blue
        takes away from it.

    Raises
    ------
    UsageError
        When the shapes are not those of images, or not the same.

    Examples
    --------
    >>> figure = heatmaps(np.zeros((3, 8, 8)), np.ones((3, 8, 8)))
    >>> len([axes for axes in figure.axes if axes.images])
    6
    """
    shown, heat = np.asarray(images), np.asarray(contributions, dtype=np.float64)
    if shown.shape != heat.shape or shown.ndim not in (3, 4) or not len(shown):
        raise UsageError(
            f"got images of shape {shown.shape} and contributions of shape {heat.shape}, "
            "expected one shape, (n, H, W) or (n, C, H, W)"
        )
    heat = heat if heat.ndim == 3 else heat.sum(1)
    n_columns = min(A_ROW, len(shown))
    n_strips = -(-len(shown) // n_columns)
    figure = Figure(figsize=(0.9 * n_columns + 0.8, 2.0 * n_strips), layout="constrained")
    grid = figure.subplots(2 * n_strips, n_columns, squeeze=False)
    limit = float(np.abs(heat).max()) or 1.0
    norm = TwoSlopeNorm(0.0, -limit, limit)
    for axes in grid.flat:
        axes.set_axis_off()
    for i, (image, values) in enumerate(zip(shown, heat, strict=True)):
        strip, column = divmod(i, n_columns)
        above, below = grid[2 * strip, column], grid[2 * strip + 1, column]
        above.imshow(_picture(image), cmap="gray", interpolation="none")
        mapped = below.imshow(values, cmap="RdBu_r", norm=norm, interpolation="none")
        if titles is not None:
            above.set_title(titles[i], fontsize=7)
    figure.colorbar(mapped, ax=grid, shrink=0.6, label="contribution to the error")
    return figure


def _picture(image: np.ndarray) -> np.ndarray:
    """Return what can be shown: grey, or three channels last within [0, 1]."""
    if image.ndim == 2:
        return image
    if len(image) != 3:
        return image.mean(0)
    channels = image.transpose(1, 2, 0).astype(float)
    return (channels - channels.min()) / (np.ptp(channels) or 1.0)
