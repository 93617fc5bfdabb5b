"""From the cells of a run to the tables of its report. Pure: frames in, frames out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from robustgen.bench.published import METRICS
from robustgen.reporting import statistics
from robustgen.reporting.cells import TIE, measured, with_baseline, with_oracle
from robustgen.reporting.intervals import intervals
from robustgen.reporting.means import nested_mean, nested_spread, support
from robustgen.reporting.statistics import Block, block, mean_ranks

SCORES = ("auroc", "ap")
"""The metrics that need no threshold: these are shown beside their oracle."""


def summary(cells: pd.DataFrame, *, baseline: str | None = None) -> pd.DataFrame:
    """Return how each detector stands at each corruption, on the mean over sets.

    Means are taken over repetitions within an inlier class, then over the classes of a set, then
    over sets.

    Parameters
    ----------
    cells : pandas.DataFrame
        The cells of one run, as :func:`robustgen.reporting.cells.cells` returns.
    baseline : str, optional
        The detector whose damage `recovered` measures, usually the plain autoencoder.

    Returns
    -------
    pandas.DataFrame
        One row a corruption and detector. Within a corruption those with as many sets as any other come
        first, for a mean over fewer sets is one of other sets, and then the best AUROC: `corruption`,
        `corruption_of_all`, `corruption_of_inliers`, `detector`; `sets`, `fits` and `repetitions`
        behind the means; every metric and its `<metric>_spread` over repetitions; `auroc_oracle`,
        `ap_oracle` and `oracle_sets`; `auroc_recovered`, `ap_recovered` and `recovered_sets` (see
        `recovered`); `auroc_low`, `auroc_high`, `ap_low` and `ap_high` (see `intervals.intervals`); `rank`
        and `rank_sets` (see :func:`robustgen.reporting.statistics.mean_ranks`).
    """
    finished, by = measured(cells), ["corruption", "detector"]
    table = (
        _summary(cells, ["corruption"], baseline)
        .join(intervals(finished, by, SCORES), on=by)
        .join(mean_ranks(finished, "auroc"), on=by)
    )
    fewer = table["sets"] < table.groupby("corruption")["sets"].transform("max")
    order = table.assign(fewer=fewer, behind=-table["auroc"])
    order = order.sort_values(["corruption", "fewer", "behind", "detector"])
    return table.loc[order.index].reset_index(drop=True)


def by_dataset(cells: pd.DataFrame, *, baseline: str | None = None) -> pd.DataFrame:
    """Return the summary of each set alone: one row a corruption, dataset and detector.

    Parameters
    ----------
    cells, baseline
        As in `summary`.
    """
    frame = _summary(cells, ["corruption", "dataset"], baseline)
    order = ["corruption", "dataset", "auroc", "detector"]
    return frame.sort_values(order, ascending=[True, True, False, True], ignore_index=True)


def recovered(paired: pd.DataFrame, by: Sequence[str], metric: str, *, smallest: float = TIE) -> pd.DataFrame:
    """Return how much of the damage each detector recovers: (dirty - baseline) / (oracle - baseline).

    All three are nested means of `metric` over the fits for which all three exist: the detector on
    dirty data, the baseline on the same data, and the detector on the clean part of it. So 1
    is as good as clean training and 0 as bad as the baseline; less than 0 is worse than that.

    Blank at corruption 0, where nothing is damaged, where the baseline itself lost less than
    `smallest` against its own oracle, and where oracle - baseline is below `smallest`: a quotient of
    two ties says nothing.

    Parameters
    ----------
    paired : pandas.DataFrame
        Measured cells with `<metric>_oracle`, `<metric>_baseline` and `<metric>_baseline_oracle`.
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
    four = [metric, *(f"{metric}_{kind}" for kind in ("oracle", "baseline", "baseline_oracle"))]
    whole = paired[paired["corruption"] > 0].dropna(subset=four)
    dirty, oracle, baseline, baseline_oracle = (nested_mean(whole, by, four)[name] for name in four)
    gap = oracle - baseline
    divisible = (np.minimum(gap, baseline_oracle - baseline) >= smallest - 1e-9).to_numpy()
    quotient = ((dirty - baseline) / gap.where(divisible)).rename(f"{metric}_recovered")
    sets = whole.groupby(list(by))["dataset"].nunique().rename("recovered_sets")
    return pd.concat([quotient, sets.where(quotient.notna())], axis=1)


def ranks(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the mean ranks by AUROC and by AP: one row a metric, corruption and detector, best first.

    Returns
    -------
    pandas.DataFrame
        `metric`, `corruption`, `detector`, `rank` and `rank_sets`; see :func:`.statistics.mean_ranks`.
    """
    finished = measured(cells)
    tables = [mean_ranks(finished, metric).reset_index().assign(metric=metric) for metric in SCORES]
    columns = ["metric", "corruption", "rank", "detector", "rank_sets"]
    return pd.concat(tables)[columns].sort_values(columns[:4], ignore_index=True)


def blocks(cells: pd.DataFrame) -> dict[float, Block]:
    """Return what can be compared by AUROC at each corruption; see :func:`.statistics.block`."""
    finished = measured(cells)
    return {float(level): block(rows, "auroc") for level, rows in finished.groupby("corruption")}


def pairs(cells: pd.DataFrame) -> pd.DataFrame:
    """Return every pair of detectors at each corruption with sets enough, the dirtiest first.

    Returns
    -------
    pandas.DataFrame
        `corruption`, the number of `sets` behind the pair, and the columns of :func:`.statistics.pairs`.
    """
    tests = [
        statistics.pairs(one.scores).assign(corruption=level, sets=len(one.scores))
        for level, one in reversed(blocks(cells).items())
        if one.testable
    ]
    columns = ["corruption", "sets", *statistics.PAIR]
    return pd.concat(tests)[columns] if tests else pd.DataFrame(columns=columns)


def run_times(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the median cost of a fit and of scoring for each detector, cheapest fit first.

    Medians, because single times stretch when a machine is shared.

    Returns
    -------
    pandas.DataFrame
        `detector`, `fits`, the median `fit_seconds` and `score_microseconds` (for one row), each with its
        quartiles `<cost>_low` and `<cost>_high`, the median `peak_memory_mib`, and `total_seconds` over
        all its finished cells, oracles included.
    """
    finished = cells[cells["status"] == "ok"]
    finished = finished.assign(
        score_microseconds=1e6 / finished["rows_per_second"],
        total_seconds=finished["fit_seconds"] + finished["score_seconds"],
    )
    groups = finished.groupby("detector")
    costs = ["fit_seconds", "score_microseconds"]
    table = groups[[*costs, "peak_memory_mib"]].median()
    table = table.join(groups[costs].quantile(0.25).add_suffix("_low"))
    table = table.join(groups[costs].quantile(0.75).add_suffix("_high"))
    table = table.assign(fits=groups.size(), total_seconds=groups["total_seconds"].sum())
    return table.reset_index().sort_values(["fit_seconds", "detector"], ignore_index=True)


def unfinished(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that failed, were skipped or ran out of time, each with its message."""
    names = ["status", "dataset", "inlier_class", "corruption", "detector", "clean", "repetition", "message"]
    return cells.loc[cells["status"] != "ok", names].sort_values(names, ignore_index=True)


def warnings(cells: pd.DataFrame) -> pd.DataFrame:
    """Return what finished cells warned of: `detector`, `message`, and in how many `fits`."""
    warned = cells[(cells["status"] == "ok") & (cells["message"] != "")]
    return warned.groupby(["detector", "message"]).size().rename("fits").reset_index()


def status_counts(cells: pd.DataFrame) -> dict[str, int]:
    """Return how many cells ended in each way, finished ones first."""
    counts = cells["status"].value_counts()
    first = [status for status in ("ok", "failed", "timeout", "skipped") if status in counts]
    rest = sorted(set(counts.index) - set(first))
    return {status: int(counts[status]) for status in (*first, *rest)}


def _summary(cells: pd.DataFrame, levels: Sequence[str], baseline: str | None) -> pd.DataFrame:
    """Means, spreads, oracles, recovery and support for each group of `levels` and each detector."""
    by = [*levels, "detector"]
    paired = with_baseline(with_oracle(cells), baseline)
    means = nested_mean(paired, by, METRICS)
    spreads = nested_spread(paired, by, METRICS).add_suffix("_spread")
    shares = cells.groupby("corruption")[["corruption_of_all", "corruption_of_inliers"]].first()
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
