"""95 % intervals of the mean over sets, by what there is enough of: sets, or else repetitions.

Over sets: the percentile bootstrap (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, section
13.3), which says how far a mean hangs on the choice of sets. Over repetitions: Student's t, which says how
far it hangs on the draws and seeds. No interval compares two detectors: they ran on the same sets, and the
paired tests of `statistics` know that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from robustgen.reporting.formatting import count
from robustgen.reporting.means import nested_mean, nested_spread

LEVEL = 0.95
LEAST_SETS = 5
"""With fewer sets a bootstrap over them means nothing."""

RESAMPLES = 2000


def intervals(frame: pd.DataFrame, by: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    """Return the interval of the nested mean of each metric.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a measured cell.
    by : sequence of str
        Columns that stay apart; they become the index.
    metrics : sequence of str
        Columns of scores.

    Returns
    -------
    pandas.DataFrame
        `<metric>_low` and `<metric>_high`, blank where a group has too few sets or repetitions. The same
        frame gives the same intervals: resamples are seeded, and shared by all groups of as many sets.
    """
    find = over_sets if enough_sets(frame) else over_repetitions
    return find(frame, by, metrics)


def meaning(frame: pd.DataFrame) -> str:
    """Say what an interval of `intervals` is, for a caption.

    Examples
    --------
    >>> meaning(pd.DataFrame({"dataset": ["a", "b"], "repetition": [0, 0]}))
    'no band: 2 sets, 1 repetition'
    """
    sets = count(frame["dataset"].nunique(), "set")
    repetitions = count(frame["repetition"].nunique(), "repetition")
    if enough_sets(frame):
        return f"band: 95 % bootstrap interval over {sets} ({RESAMPLES:,} resamples)"
    if frame["repetition"].nunique() > 1:
        return f"band: 95 % t interval over {repetitions}, for the {sets} at hand"
    return f"no band: {sets}, {repetitions}"


def enough_sets(frame: pd.DataFrame) -> bool:
    """Return whether there are sets enough to resample."""
    return bool(frame["dataset"].nunique() >= LEAST_SETS)


def over_sets(frame: pd.DataFrame, by: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    """Return percentile bootstrap intervals over sets; see `intervals`."""
    of_sets = nested_mean(frame, [*by, "dataset"], metrics)
    groups = of_sets.groupby(list(by))
    return pd.concat([_sides(groups[metric].apply(_bootstrap), metric) for metric in metrics], axis=1)


def over_repetitions(frame: pd.DataFrame, by: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    """Return Student's t intervals over repetitions, mean ± t s / sqrt(r), inside [0, 1]; see `intervals`."""
    means = nested_mean(frame, by, metrics)
    spreads = nested_spread(frame, by, metrics).reindex(means.index)
    repetitions = frame.groupby(list(by))["repetition"].nunique().where(lambda number: number > 1)
    factor = stats.t.ppf((1 + LEVEL) / 2, repetitions - 1) / np.sqrt(repetitions)
    margins = spreads.mul(factor, axis=0)
    low, high = (means - margins).clip(lower=0), (means + margins).clip(upper=1)
    return low.add_suffix("_low").join(high.add_suffix("_high"))


def _bootstrap(values: pd.Series) -> tuple[float, float]:
    known = values.dropna().to_numpy()
    if known.size < LEAST_SETS:
        return np.nan, np.nan
    chosen = np.random.default_rng(0).integers(known.size, size=(RESAMPLES, known.size))
    low, high = np.quantile(known[chosen].mean(axis=1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _sides(pairs: pd.Series, metric: str) -> pd.DataFrame:
    sides = pd.DataFrame(pairs.tolist(), index=pairs.index, columns=["low", "high"], dtype=float)
    return sides.add_prefix(f"{metric}_")
