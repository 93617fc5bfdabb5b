"""The one order of averaging: repetitions within an inlier class, classes within a set, then sets."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pandas as pd

UNIT = ["dataset", "inlier_class"]


def nested_mean(frame: pd.DataFrame, by: Sequence[str], columns: Sequence[Hashable]) -> pd.DataFrame:
    """Average over repetitions, then over the inlier classes of a set, then over sets.

    So a set with ten inlier classes weighs as much as a set with one, and a class with a missing
    repetition as much as its neighbours.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a cell, with the columns `dataset` and `inlier_class`.
    by : sequence of str
        Columns that stay apart; they become the index.
    columns : sequence of str
        Columns to average; missing values are left out.

    Returns
    -------
    pandas.DataFrame
        One row a group.

    Examples
    --------
    >>> frame = pd.DataFrame({
    ...     "detector": "knn", "dataset": ["a", "a", "a", "b"], "inlier_class": ["0", "0", "1", ""],
    ...     "auroc": [0.75, 0.25, 1.0, 0.25]})
    >>> float(nested_mean(frame, ["detector"], ["auroc"]).loc["knn", "auroc"])
    0.5
    """
    means = frame
    for kept in ([*by, *UNIT], [*by, "dataset"], [*by]):
        means = means.groupby(list(dict.fromkeys(kept)))[list(columns)].mean()
    return means


def nested_spread(frame: pd.DataFrame, by: Sequence[str], columns: Sequence[Hashable]) -> pd.DataFrame:
    """Return the standard deviation over repetitions of the nested mean of one repetition.

    Only classes that every repetition of their group covers take part, so that a missing cell is
    not mistaken for a spread. Empty where there are fewer than two repetitions.

    Parameters
    ----------
    frame, by, columns
        As in `nested_mean`, with the column `repetition`.
    """
    every = frame.groupby(list(by))["repetition"].transform("nunique")
    covered = frame.groupby(list(dict.fromkeys([*by, *UNIT])))["repetition"].transform("nunique")
    whole = frame[covered == every]
    a_repetition = nested_mean(whole, [*by, "repetition"], columns)
    return a_repetition.groupby(list(by)).std(ddof=1)


def support(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Count what stands behind the means of each group: `sets`, `fits` and `repetitions`."""
    groups = frame.groupby(list(by))
    return pd.DataFrame(
        {
            "sets": groups["dataset"].nunique(),
            "fits": groups.size(),
            "repetitions": groups["repetition"].nunique(),
        }
    )
