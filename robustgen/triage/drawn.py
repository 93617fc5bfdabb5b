"""What a page shows of images, signals and clips: where their errors come from, and normal ones like them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances_argmin

from robustgen._validation import check_rows
from robustgen.detectors.comparison import compared_rows
from robustgen.reporting.sketches import Sketches, sketched_clips, sketched_images, sketched_signals
from robustgen.triage.table_audit import TableAudit

DRAWINGS = {"images": sketched_images, "signals": sketched_signals, "clips": sketched_clips}
BLOCK = 64
"""Rows that are explained at a time: their contributions are as large as the rows."""


def sketches_of(audit: TableAudit, places: Sequence[int]) -> Sketches | None:
    """Return images, signals or clips drawn small; None of other rows.

    Parameters
    ----------
    audit : TableAudit
        What is known of the rows.
    places : sequence of int
        Which of them to draw.

    Returns
    -------
    Sketches or None
        The most similar row is found among those that are no outliers, compared as
        :func:`robustgen.detectors.comparison.compared_rows` does.
    """
    drawing = DRAWINGS.get(audit.row_type)
    if drawing is None:
        return None
    rows = check_rows(audit.model, audit.array, fitting=False)
    return drawing(rows, _contributions(audit, places), _nearest_normal(audit, rows, places))


def _contributions(audit: TableAudit, places: Sequence[int]) -> dict[int, NDArray[np.float64]]:
    """Return what each pixel or point adds to the errors of rows; empty arrays where that is not known."""
    if not hasattr(audit.model, "explain"):
        return {place: np.empty(0) for place in places}
    blocks = (places[start : start + BLOCK] for start in range(0, len(places), BLOCK))
    return {
        place: parts
        for block in blocks
        for place, parts in zip(block, _explained(audit, list(block)), strict=True)
    }


def _explained(audit: TableAudit, block: list[int]) -> NDArray[np.float64]:
    return np.asarray(audit.model.explain(audit.array[block]))


def _nearest_normal(audit: TableAudit, X: NDArray[Any], places: Sequence[int]) -> dict[int, int]:
    """Return the normal row that is most similar to each of the places, if there is another."""
    normal = np.flatnonzero(~audit.outlier)
    compared = compared_rows(X)
    found = {}
    for place in places:
        others = normal[normal != place]
        if others.size:
            found[place] = int(others[pairwise_distances_argmin(compared[[place]], compared[others])[0]])
    return found
