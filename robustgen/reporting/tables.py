"""From the records of a run to the tables of its report. Pure: records in, frames out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from robustgen.bench.records import Record
from robustgen.reporting.cells import COSTS, METRICS, beside_naive, beside_oracle, cells, measured
from robustgen.reporting.means import nested_mean, nested_spread, support

SMALLEST_DAMAGE = 0.02
"""Below two points a difference of mean AUROC or AP is a tie; `recovered` never divides by less."""

SCORES = ("auroc", "ap")
"""The metrics that need no threshold: these are shown beside their oracle."""


def summary(records: Iterable[Record], *, naive: str | None = None) -> pd.DataFrame:
    """Return how each detector stands at each corruption, on the mean over sets.

    Means are taken over repetitions within an inlier class, then over the classes of a set, then
    over sets.

    Parameters
    ----------
    records : iterable of Record
        The records of one run.
    naive : str, optional
        The detector whose damage `recovered` measures, usually the plain autoencoder.

    Returns
    -------
    pandas.DataFrame
        One row a corruption and detector, best AUROC first within a corruption: `corruption`,
        `corruption_of_all`, `corruption_of_inliers`, `detector`; `sets`, `fits` and `repetitions`
        behind the means; every metric and its `<metric>_spread` over repetitions; `auroc_oracle`,
        `ap_oracle` and `oracle_sets`; `auroc_recovered`, `ap_recovered` and `recovered_sets` (see
        `recovered`); `rank` and `rank_sets` (see `mean_rank`).
    """
    frame = cells(records)
    return (
        _summary(frame, ["corruption"], naive)
        .join(mean_rank(frame), on=["corruption", "detector"])
        .sort_values(["corruption", "auroc", "detector"], ascending=[True, False, True], ignore_index=True)
    )


def by_dataset(records: Iterable[Record], *, naive: str | None = None) -> pd.DataFrame:
    """Return the summary of each set alone: one row a corruption, dataset and detector.

    Parameters
    ----------
    records, naive
        As in `summary`.
    """
    frame = _summary(cells(records), ["corruption", "dataset"], naive)
    order = ["corruption", "dataset", "auroc", "detector"]
    return frame.sort_values(order, ascending=[True, True, False, True], ignore_index=True)


def recovered(
    paired: pd.DataFrame, by: Sequence[str], metric: str, *, smallest: float = SMALLEST_DAMAGE
) -> pd.DataFrame:
    """Return how much of the damage each detector undoes: (dirty - naive) / (oracle - naive).

    All three are nested means of `metric` over the fits for which all three exist: the detector on
    dirty data, the naive detector on the same data, and the detector on the clean part of it. So 1
    is as good as clean training and 0 as bad as the naive detector; less than 0 is worse than that.

    Blank at corruption 0, where nothing is damaged, where the naive detector itself lost less than
    `smallest` against its own oracle, and where oracle - naive is below `smallest`: a quotient of
    two ties says nothing.

    Parameters
    ----------
    paired : pandas.DataFrame
        Measured cells with `<metric>_oracle`, `<metric>_naive` and `<metric>_naive_oracle`.
    by : sequence of str
        Columns that stay apart, `corruption` and `detector` among them.
    metric : str
        A column of scores.
    smallest : float
        The least difference that may be divided by, in units of the metric.

    Returns
    -------
    pandas.DataFrame
        Indexed by `by`: `<metric>_recovered`, and `recovered_sets`, the number of sets behind it.
    """
    four = [metric, *(f"{metric}_{kind}" for kind in ("oracle", "naive", "naive_oracle"))]
    whole = paired[paired["corruption"] > 0].dropna(subset=four)
    dirty, oracle, naive, naive_oracle = (nested_mean(whole, by, four)[name] for name in four)
    gap = oracle - naive
    divisible = (np.minimum(gap, naive_oracle - naive) >= smallest - 1e-9).to_numpy()
    quotient = ((dirty - naive) / gap.where(divisible)).rename(f"{metric}_recovered")
    sets = whole.groupby(list(by))["dataset"].nunique().rename("recovered_sets")
    return pd.concat([quotient, sets.where(quotient.notna())], axis=1)


def mean_rank(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the mean rank of each detector by AUROC, 1 = best, ties shared.

    Ranks are compared only where all run: at each corruption, over the sets on which every
    detector that finished anywhere has finished.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a cell, as `cells` returns.

    Returns
    -------
    pandas.DataFrame
        Indexed by corruption and detector: `rank`, and `rank_sets`, the number of sets behind it.
    """
    keys = ["corruption", "dataset", "detector"]
    means = nested_mean(measured(frame), keys, ["auroc"])["auroc"].dropna()
    ranks = means.groupby(["corruption", "dataset"]).rank(ascending=False)
    there = means.groupby(["corruption", "dataset"]).transform("size")
    field = means.reset_index().groupby("corruption")["detector"].nunique()
    full = there == there.index.get_level_values("corruption").map(field)
    groups = ranks[full].groupby(["corruption", "detector"])
    return pd.DataFrame({"rank": groups.mean(), "rank_sets": groups.size()})


def run_times(records: Iterable[Record]) -> pd.DataFrame:
    """Return the median cost of a fit and of scoring for each detector, cheapest fit first.

    Medians, because single times stretch when a machine is shared.

    Returns
    -------
    pandas.DataFrame
        `detector`, `fits`, the median `fit_seconds`, `score_seconds`, `rows_per_second` (scored)
        and `peak_memory_mib`, and `total_seconds` over all its finished cells, oracles included.
    """
    frame = cells(records)
    finished = frame[frame["status"] == "ok"]
    groups = finished.assign(total=finished["fit_seconds"] + finished["score_seconds"]).groupby("detector")
    table = groups[list(COSTS)].median()
    table.insert(0, "fits", groups.size())
    table["total_seconds"] = groups["total"].sum()
    return table.reset_index().sort_values(["fit_seconds", "detector"], ignore_index=True)


def unfinished(records: Iterable[Record]) -> pd.DataFrame:
    """Return the cells that failed, were skipped or ran out of time, each with its message."""
    frame = cells(records)
    names = ["status", "dataset", "inlier_class", "corruption", "detector", "clean", "repetition", "message"]
    return frame.loc[frame["status"] != "ok", names].sort_values(names, ignore_index=True)


def warnings(records: Iterable[Record]) -> pd.DataFrame:
    """Return what finished cells warned of: `detector`, `message`, and in how many `fits`."""
    frame = cells(records)
    warned = frame[(frame["status"] == "ok") & (frame["message"] != "")]
    return warned.groupby(["detector", "message"]).size().rename("fits").reset_index()


def status_counts(records: Iterable[Record]) -> dict[str, int]:
    """Return how many cells ended in each way, finished ones first."""
    counts = cells(records)["status"].value_counts()
    first = [status for status in ("ok", "failed", "timeout", "skipped") if status in counts]
    rest = sorted(set(counts.index) - set(first))
    return {status: int(counts[status]) for status in (*first, *rest)}


def _summary(frame: pd.DataFrame, levels: Sequence[str], naive: str | None) -> pd.DataFrame:
    """Means, spreads, oracles, recovery and support for each group of `levels` and each detector."""
    by = [*levels, "detector"]
    paired = beside_naive(beside_oracle(frame), naive)
    means = nested_mean(paired, by, METRICS)
    spreads = nested_spread(paired, by, METRICS).add_suffix("_spread")
    shares = frame.groupby("corruption")[["corruption_of_all", "corruption_of_inliers"]].first()
    parts = [support(paired, by), means, spreads, _oracle_means(paired, by), _both_recovered(paired, by)]
    return pd.concat(parts, axis=1).reset_index().join(shares, on="corruption")


def _oracle_means(paired: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Nested means of the oracles, over the fits that have one, and the number of sets behind them."""
    clean = paired.dropna(subset=["auroc_oracle"])
    means = nested_mean(clean, by, [f"{metric}_oracle" for metric in SCORES])
    return means.assign(oracle_sets=clean.groupby(list(by))["dataset"].nunique())


def _both_recovered(paired: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    auroc, ap = (recovered(paired, by, metric) for metric in SCORES)
    return auroc.join(ap[["ap_recovered"]])
