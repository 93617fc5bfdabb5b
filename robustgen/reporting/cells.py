"""Records as a frame with one row a cell, and each cell joined with its oracle and the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from robustgen.bench.published import METRICS
from robustgen.bench.records import Record

SAMPLE_METRICS = ("inlier_fraction", "frechet", "gen_precision", "gen_recall", "density", "coverage")
"""What the records of a task hold: of "detection", and of "generation"."""

TIE = 0.02
"""Two points: a smaller difference of mean AUROC or AP is a tie."""

COSTS = ("fit_seconds", "score_seconds", "rows_per_second", "peak_memory_mib")
COUNTS = ("n_train_inliers", "n_train_outliers", "n_test_inliers", "n_test_outliers")
ORDER = ["corruption", "dataset", "inlier_class", "detector", "clean", "repetition"]
"""What names a cell, in the order in which cells are listed."""

DRAW = ["dataset", "inlier_class", "repetition"]
"""What names a draw of data; with a corruption it names the dirty training set all detectors share."""


def cells(records: Iterable[Record], metrics: Sequence[str] = METRICS) -> pd.DataFrame:
    """Return one row a cell, sorted by its name and free of repeats (see `latest`).

    Parameters
    ----------
    records : iterable of Record
        The records of one run, in the order of their lines.
    metrics : sequence of str
        The metrics of its task.

    Returns
    -------
    pandas.DataFrame
        Names (`dataset`, `inlier_class` as text, "" for given labels, `detector`, `clean`,
        `repetition`), `corruption` as the suite states it, `corruption_of_all` (outliers / all
        training rows) and `corruption_of_inliers` (outliers / inliers), `status`, `message`, row
        counts, one column a metric (missing where the cell gave none), seconds, MiB, and the key.
    """
    rows = [_row(record, metrics) for record in latest(records)]
    return _ordered(pd.DataFrame(rows, columns=_columns(metrics)), metrics)


def cells_of(published: pd.DataFrame, also: Sequence[str] = ()) -> pd.DataFrame:
    """Return published results (:mod:`robustgen.bench.published`), each cell once, as `cells` does.

    Parameters
    ----------
    published : pandas.DataFrame
        Rows of the schema.
    also : sequence of str
        Further columns that stay.
    """
    columns = ["corruption", "corruption_of"]
    pairs = zip(*(published[name] for name in columns), strict=True)
    shares = pd.DataFrame([corruption_shares(*pair) for pair in pairs], index=published.index)
    frame = published.join(shares)[[*_columns(METRICS), *also]]
    frame = frame.fillna({"inlier_class": "", "message": ""}).infer_objects()
    return _ordered(frame, METRICS)


def _ordered(frame: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return a frame of cells with its numbers as floats, in the order of the cells."""
    numbers = [*metrics, *COSTS]
    typed = frame.assign(**{name: frame[name].astype(float) for name in numbers})
    return typed.sort_values(ORDER, kind="stable", ignore_index=True)


def latest(records: Iterable[Record]) -> list[Record]:
    """Return one record a cell: where a cell was run again, the last one."""
    return list({tuple(getattr(record, name) for name in ORDER): record for record in records}.values())


def corruption_shares(corruption: float, of: str) -> dict[str, float]:
    """Return a corruption as a share of all training rows and as outliers per inlier.

    Examples
    --------
    >>> corruption_shares(0.2, "all")
    {'corruption_of_all': 0.2, 'corruption_of_inliers': 0.25}
    >>> corruption_shares(0.25, "inliers")
    {'corruption_of_all': 0.2, 'corruption_of_inliers': 0.25}
    """
    of_all = corruption if of == "all" else corruption / (1 + corruption)
    of_inliers = corruption if of == "inliers" else corruption / (1 - corruption)
    return {"corruption_of_all": round(of_all, 6), "corruption_of_inliers": round(of_inliers, 6)}


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the finished cells that say how a detector stands at its corruption.

    Clean oracles are left out, but for corruption 0, where a detector and its oracle are one fit.
    """
    finished = frame[frame["status"] == "ok"]
    standing = finished[~finished["clean"] | (finished["corruption"] == 0)]
    return standing.drop_duplicates([*DRAW, "corruption", "detector"], keep="first")


def oracles(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the finished clean fits; each serves the corruption in its own row, or all of them.

    Returns
    -------
    pandas.DataFrame
        Where the run holds an oracle for each corruption (`clean` at a corruption above 0: the
        transductive protocol) those; otherwise the corruption 0 cells, without the column
        `corruption`, for they serve every one.
    """
    finished = frame[frame["status"] == "ok"]
    one_each = frame["clean"] & (frame["corruption"] > 0)
    if one_each.any():
        return finished[finished["clean"]]
    zero = finished[finished["corruption"] == 0]
    return zero.drop_duplicates([*DRAW, "detector"]).drop(columns="corruption")


def with_oracle(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the measured cells with `<metric>_oracle`: the same detector fitted on the clean part."""
    clean = oracles(frame)
    names = [name for name in (*DRAW, "detector", "corruption") if name in clean]
    renamed = clean[[*names, *METRICS]].rename(columns={metric: f"{metric}_oracle" for metric in METRICS})
    return measured(frame).merge(renamed, on=names, how="left", validate="many_to_one")


def with_baseline(paired: pd.DataFrame, baseline: str | None) -> pd.DataFrame:
    """Add `<metric>_baseline` and `<metric>_baseline_oracle`: the baseline on the same dirty data.

    Parameters
    ----------
    paired : pandas.DataFrame
        What `with_oracle` returns.
    baseline : str or None
        The detector whose damage is the measure; without it the columns are empty.
    """
    scores = [*METRICS, *(f"{metric}_oracle" for metric in METRICS)]
    names = [*DRAW, "corruption"]
    rows = paired.loc[paired["detector"] == baseline, [*names, *scores]]
    renamed = rows.rename(columns={score: _baseline_name(score) for score in scores})
    return paired.merge(renamed, on=names, how="left", validate="many_to_one")


def _baseline_name(score: str) -> str:
    metric, oracle, _ = score.partition("_oracle")
    return f"{metric}_baseline{oracle}"


def _columns(metrics: Sequence[str]) -> list[str]:
    shares = ["corruption_of_all", "corruption_of_inliers"]
    state = ["status", "message"]
    return [*ORDER, *shares, *state, *metrics, *COSTS, *COUNTS, "key"]


def _row(record: Record, metrics: Sequence[str]) -> dict[str, Any]:
    values = record.metrics or {}
    return {
        **{name: getattr(record, name) for name in (*ORDER, "status", "message", *COSTS, *COUNTS, "key")},
        **corruption_shares(record.corruption, record.corruption_of),
        **{metric: values.get(metric) for metric in metrics},
        "inlier_class": "" if record.inlier_class is None else str(record.inlier_class),
        "clean": bool(record.clean),
        "message": record.message or "",
    }
