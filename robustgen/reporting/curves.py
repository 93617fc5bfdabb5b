"""Mean precision-recall curves and mean score histograms, from the records of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from robustgen.bench.records import Record
from robustgen.reporting.cells import latest
from robustgen.reporting.means import nested_mean

GRID = np.linspace(0.0, 1.0, 101)
"""The recalls at which curves are averaged."""

KEYS = ["dataset", "corruption", "detector", "clean"]


def precision_recall(records: Iterable[Record]) -> pd.DataFrame:
    """Return the mean precision at each recall, for each dataset, corruption and detector.

    Averaged at fixed recall over repetitions, then over inlier classes; never over sets, whose
    shares of outliers differ.

    Returns
    -------
    pandas.DataFrame
        `dataset`, `corruption`, `detector`, `clean`, `fits` (how many curves the mean is of),
        `recall` (101 values from 0 to 1) and `precision`, sorted in that order.
    """
    drawn = [record for record in latest(records) if record.status == "ok" and record.precision_recall]
    means = _mean_vectors(drawn, [_on_grid(record) for record in drawn], GRID.size)
    named = means.rename(columns=dict(enumerate(GRID.round(2))))
    long = named.reset_index().melt([*KEYS, "fits"], var_name="recall", value_name="precision")
    return long.sort_values([*KEYS, "recall"], ignore_index=True).astype({"recall": float})


def histograms(records: Iterable[Record]) -> pd.DataFrame:
    """Return the mean score histogram of inliers and outliers, for each dataset, corruption, detector.

    Scores have no common scale: each fit's own range is cut into its bins, counts become shares of
    the group (so that few outliers show beside many inliers), and shares are averaged bin by bin.

    Returns
    -------
    pandas.DataFrame
        `dataset`, `corruption`, `detector`, `clean`, `fits`, `bin` (0 = most normal), and the
        shares `inliers` and `outliers`, each summing to 1 over the bins.
    """
    drawn = [record for record in latest(records) if record.status == "ok" and record.histogram]
    sides = [_mean_shares(drawn, side) for side in ("inliers", "outliers")]
    both = sides[0].merge(sides[1], on=[*KEYS, "fits", "bin"])
    return both.sort_values([*KEYS, "bin"], ignore_index=True)


def _mean_shares(records: Sequence[Record], side: str) -> pd.DataFrame:
    values = [_shares(record, side) for record in records]
    means = _mean_vectors(records, values, max((value.size for value in values), default=0))
    return means.reset_index().melt([*KEYS, "fits"], var_name="bin", value_name=side).astype({"bin": int})


def _on_grid(record: Record) -> np.ndarray:
    curve = record.precision_recall or {}
    return np.interp(GRID, curve["recall"], curve["precision"])


def _shares(record: Record, side: str) -> np.ndarray:
    counts = np.asarray((record.histogram or {})[side], dtype=float)
    return counts / max(counts.sum(), 1.0)


def _mean_vectors(records: Sequence[Record], values: Sequence[np.ndarray], size: int) -> pd.DataFrame:
    """Nested mean of one vector a record: a column a position, a row for each of `KEYS` and `fits`."""
    names = [*KEYS, "inlier_class"]
    frame = pd.DataFrame([[getattr(record, name) for name in names] for record in records], columns=names)
    frame["inlier_class"] = frame["inlier_class"].map(str)
    vectors = pd.DataFrame(np.reshape(values, (len(records), size)), index=frame.index)
    groups = frame.groupby(KEYS)
    means = nested_mean(pd.concat([frame, vectors], axis=1), KEYS, list(range(size)))
    return means.set_index(groups.size().rename("fits"), append=True)
