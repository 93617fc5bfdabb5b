"""What is found by somebody who can look at few rows: precision and recall at an alarm budget."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from robustgen.bench.records import Record
from robustgen.reporting.cells import latest
from robustgen.reporting.means import nested_mean

BUDGETS = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Shares of the test rows that raise an alarm."""


def alarm_budgets(records: Iterable[Record]) -> pd.DataFrame:
    r"""Return the mean precision and recall among the most suspicious rows, for each budget of alarms.

    With :math:`\pi` the share of outliers among the test rows, a point (recall r, precision p) of the curve
    raises :math:`f = \pi r / p` alarms a row. So the recall at a budget b is that of the curve at
    :math:`f = b`, and the precision :math:`\pi r / b`.

    Parameters
    ----------
    records : iterable of Record
        Of one run; those on dirty data that have a curve count.

    Returns
    -------
    pandas.DataFrame
        One row a corruption, detector and budget: `precision` and `recall`, means as those of
        :func:`robustgen.reporting.tables.summary`.
    """
    drawn = [one for one in latest(records) if one.status == "ok" and one.precision_recall]
    dirty = [one for one in drawn if not one.clean or one.corruption == 0]
    rows = [_row(record) for record in dirty]
    by, columns = ["corruption", "detector"], ["budget", "precision", "recall"]
    if not rows:
        return pd.DataFrame(columns=[*by, *columns])
    frame = pd.DataFrame(rows)
    means = [nested_mean(frame, by, [f"{name} {b:g}" for name in columns[1:]]) for b in BUDGETS]
    named = [
        mean.set_axis(columns[1:], axis=1).assign(budget=b) for mean, b in zip(means, BUDGETS, strict=True)
    ]
    return pd.concat(named).reset_index().sort_values([*by, "budget"], ignore_index=True)


def recall_at(budget: float, recall: np.ndarray, precision: np.ndarray, prevalence: float) -> float:
    """Return the recall at a share of rows that raise an alarm, from a curve of recalls and precisions.

    Examples
    --------
    A perfect ranking of rows of which a tenth are outliers finds half of them among 5 %:

    >>> recall_at(0.05, np.array([0.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.1]), 0.1)
    0.5
    """
    alarms = np.maximum.accumulate(prevalence * recall / np.maximum(precision, 1e-12))
    return float(np.interp(budget, alarms, recall))


def _row(record: Record) -> dict[str, object]:
    curve = record.precision_recall or {}
    recall, precision = (np.asarray(curve[name], dtype=float) for name in ("recall", "precision"))
    n_outliers, n_inliers = record.n_test_outliers or 0, record.n_test_inliers or 0
    prevalence = n_outliers / max(n_outliers + n_inliers, 1)
    found = {budget: recall_at(budget, recall, precision, prevalence) for budget in BUDGETS}
    return {
        **{name: getattr(record, name) for name in ("dataset", "corruption", "detector", "repetition")},
        "inlier_class": "" if record.inlier_class is None else str(record.inlier_class),
        **{f"recall {budget:g}": share for budget, share in found.items()},
        **{f"precision {budget:g}": prevalence * share / budget for budget, share in found.items()},
    }
