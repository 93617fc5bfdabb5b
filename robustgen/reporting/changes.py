"""What changed between two benchmarks, A and B: runs, means, and what they were made with. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from robustgen.reporting.cells import DRAW, ORDER, TIE, measured
from robustgen.reporting.documents import provenance
from robustgen.reporting.means import UNIT, nested_mean
from robustgen.reporting.posthoc import holm, signed_rank_p_value
from robustgen.reporting.run import Run
from robustgen.reporting.statistics import ALPHA, least_sets
from robustgen.reporting.tables import SCORES

BY = ["corruption", "detector"]
PASSING = ("runs", "started", "finished", "cells")
"""Entries of a manifest that differ between any two runs, and say nothing."""


def joined(a: Run, b: Run) -> pd.DataFrame:
    """Return every cell of either run, with what it came to in both.

    Returns
    -------
    pandas.DataFrame
        What names the cell; `where` ("both", "A" or "B"); `status_a`, `message_a`, `auroc_a`, `ap_a` and
        the same of B; `auroc_difference` and `ap_difference`, B - A, where both finished.
    """
    sides = [run.cells[[*ORDER, "status", "message", *SCORES]] for run in (a, b)]
    table = sides[0].merge(sides[1], on=ORDER, how="outer", suffixes=("_a", "_b"), indicator="where")
    names = {"both": "both", "left_only": "A", "right_only": "B"}
    return _with_differences(table.assign(where=table["where"].map(names).astype(str)))


def new_outcomes(table: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of `joined` that ended otherwise in B than in A, those that B lost first."""
    changed = table[(table["where"] == "both") & (table["status_a"] != table["status_b"])]
    return changed.sort_values(
        "status_a", key=lambda status: status != "ok", kind="stable", ignore_index=True
    )


def most_changed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of `joined` whose AUROC differs, the largest difference first."""
    differ = table[table["auroc_difference"].abs() > 0]
    return differ.sort_values(
        "auroc_difference", key=np.abs, ascending=False, kind="stable", ignore_index=True
    )


def means(a: Run, b: Run) -> pd.DataFrame:
    """Return how each detector moved at each corruption, over the cells that finished in both runs.

    Means as in `tables.summary`. The test is Wilcoxon's signed-rank test over sets (each inlier class one,
    its repetitions averaged first), two-sided, with Holm's correction over all rows that have sets enough
    for a single test; the others have no p.

    Returns
    -------
    pandas.DataFrame
        One row a corruption and detector: `auroc_a`, `auroc_b`, `auroc_difference` (B - A), the same of
        `ap`, `sets` and `fits` behind them, `p` of the AUROC, and the `verdict`: "tie" where the AUROC
        differs by less than two points, whatever p; "better" or "worse" where p is below 0.05; else "open".
    """
    names = [*DRAW, *BY]
    sides = [measured(run.cells)[[*names, *SCORES]] for run in (a, b)]
    common = sides[0].merge(sides[1], on=names, suffixes=("_a", "_b"), validate="one_to_one")
    columns = [f"{metric}_{side}" for metric in SCORES for side in ("a", "b")]
    table = _with_differences(nested_mean(common, BY, columns))
    groups = [rows for _, rows in common.groupby(BY)]
    table["sets"] = [rows.groupby(UNIT).ngroups for rows in groups]
    table["fits"] = [len(rows) for rows in groups]
    table["p"] = holm(pd.Series([_p_value(rows) for rows in groups], index=table.index, dtype=float))
    table["verdict"] = [_verdict(row) for _, row in table.iterrows()]
    return table.reset_index().sort_values(
        ["corruption", "auroc_difference"], ascending=False, ignore_index=True
    )


def settings(a: Run, b: Run) -> pd.DataFrame:
    """Return the entries of the two manifests that differ: `name`, `a` and `b`, "" where there is none."""
    sides = [entries(run.manifest) for run in (a, b)]
    names = list(dict.fromkeys([*sides[0], *sides[1]]))
    rows = [(name, sides[0].get(name, ""), sides[1].get(name, "")) for name in names]
    return pd.DataFrame([row for row in rows if row[1] != row[2]], columns=["name", "a", "b"])


def entries(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return a manifest as flat lines, each detector and data set of its suite by its name.

    Examples
    --------
    >>> entries({"device": "cpu", "suite": {"detectors": [{"name": "knn", "use": "knn"}], "baseline": "pca"}})
    {'device': 'cpu', 'suite detectors knn': '{"use": "knn"}', 'suite baseline': 'pca'}
    """
    return provenance({name: _by_name(value) for name, value in manifest.items() if name not in PASSING})


def _by_name(value: Any) -> Any:
    """Turn every list of named things into lines of JSON by their names."""
    if isinstance(value, Mapping):
        return {name: _by_name(inner) for name, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(one, Mapping) and "name" in one for one in value):
        return {str(one["name"]): _json({k: v for k, v in one.items() if k != "name"}) for one in value}
    return value


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _with_differences(table: pd.DataFrame) -> pd.DataFrame:
    differences = {
        f"{metric}_difference": (table[f"{metric}_b"] - table[f"{metric}_a"]).round(9) for metric in SCORES
    }
    return table.assign(**differences)


def _p_value(cells_of_one: pd.DataFrame) -> float:
    """Test whether one detector's AUROC moved, if there are sets enough for a single test."""
    of_sets = cells_of_one.groupby(UNIT)[["auroc_a", "auroc_b"]].mean()
    if len(of_sets) < least_sets(1):
        return math.nan
    return signed_rank_p_value(of_sets["auroc_b"] - of_sets["auroc_a"])


def _verdict(row: pd.Series) -> str:
    if abs(row["auroc_difference"]) < TIE:
        return "tie"
    if math.isnan(row["p"]) or row["p"] >= ALPHA:
        return "open"
    return "better" if row["auroc_difference"] > 0 else "worse"
