"""Which detectors are significantly different: mean ranks and paired tests, over sets that all finished.

A set is a data set with one inlier class; its repetitions are averaged first, for they are not independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from robustgen.reporting.cells import TIE
from robustgen.reporting.means import UNIT
from robustgen.reporting.posthoc import signed_rank_p_values

ALPHA = 0.05
LEAST_SHARE = 0.8
"""A detector that finished a smaller share of the sets is left out, rather than the sets that it lacks."""

PAIR = ("detector", "other", "difference", "wins", "ties", "losses", "p", "verdict")
"""The columns of `pairs`."""


@dataclass(frozen=True)
class Block:
    """Scores without a gap at one corruption: one row a set, one column a detector.

    Parameters
    ----------
    scores : pandas.DataFrame
        Means over repetitions, in [0, 1].
    left_out : mapping
        The detectors that are not compared, each with the number of sets that it finished.
    sets : int
        How many sets any detector finished.
    """

    scores: pd.DataFrame
    left_out: Mapping[str, int]
    sets: int

    @property
    def ranks(self) -> pd.Series:
        """The mean rank of each detector, 1 the best, ties shared."""
        return self.scores.rank(axis=1, ascending=False).mean()

    @property
    def testable(self) -> bool:
        """Whether the sets are enough for any pair to differ; see `least_sets`."""
        pairs = math.comb(self.scores.shape[1], 2)
        return pairs > 0 and len(self.scores) >= least_sets(pairs)


def block(measured: pd.DataFrame, metric: str) -> Block:
    """Return the scores of the detectors that can be compared on the sets where all of them finished.

    Parameters
    ----------
    measured : pandas.DataFrame
        Measured cells at one corruption, as :func:`robustgen.reporting.cells.measured` returns.
    metric : str
        A column of scores.
    """
    wide = measured.groupby([*UNIT, "detector"])[metric].mean().unstack("detector").dropna(how="all")
    finished = wide.notna().sum()
    enough = finished >= LEAST_SHARE * len(wide)
    left_out = {str(name): int(finished[name]) for name in finished.index[~enough]}
    return Block(wide.loc[:, enough].dropna(), left_out, len(wide))


def least_sets(tests: int) -> int:
    """Return the number of sets from which on one of so many tests can be significant at all.

    On n sets the smallest two-sided p of the signed-rank test is 2^(1-n), and Holm's correction
    multiplies the smallest p of m tests by m: significance needs m 2^(1-n) <= 0.05.

    Examples
    --------
    >>> least_sets(1), least_sets(math.comb(11, 2)), least_sets(math.comb(30, 2))
    (6, 12, 15)
    """
    return 1 + math.ceil(math.log2(tests / ALPHA))


def mean_ranks(measured: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the mean rank at each corruption, over the sets of its `block`.

    Parameters
    ----------
    measured : pandas.DataFrame
        Measured cells, as :func:`robustgen.reporting.cells.measured` returns.
    metric : str
        A column of scores.

    Returns
    -------
    pandas.DataFrame
        Indexed by corruption and detector: `rank`, and `rank_sets`, the number of sets behind it.
    """
    by = ["corruption", "detector"]
    if measured.empty:
        return measured.set_index(by).reindex(columns=["rank", "rank_sets"]).astype(float)
    blocks = {level: block(rows, metric) for level, rows in measured.groupby("corruption")}
    tables = {
        level: pd.DataFrame({"rank": one.ranks, "rank_sets": len(one.scores)})
        for level, one in blocks.items()
    }
    return pd.concat(tables, names=by).dropna(subset=["rank"])


def pairs(scores: pd.DataFrame) -> pd.DataFrame:
    """Compare each two detectors over the sets.

    Parameters
    ----------
    scores : pandas.DataFrame
        The scores of a `Block` that is testable.

    Returns
    -------
    pandas.DataFrame
        One row a pair, the better by mean first: `detector`, `other`, the mean `difference`; on how many
        sets the first is ahead (`wins`) or behind (`losses`) by two points or more, and the `ties` between;
        `p`, by Holm's correction over all pairs; and the `verdict`: "tie" where the mean difference is below
        two points, whatever p; "better" where p is below 0.05 and the ranks favour the first as its mean
        does; else "open".
    """
    p_values = signed_rank_p_values(scores)
    order = scores.mean().sort_values(ascending=False, kind="stable").index
    rows = [_pair(scores, first, second, p_values) for first, second in combinations(order, 2)]
    return pd.DataFrame(rows)


def alike(compared: pd.DataFrame) -> pd.DataFrame:
    """Return whether two detectors, row and column, are not significantly different, from `pairs`."""
    names = list(dict.fromkeys([*compared["detector"], *compared["other"]]))
    table = pd.DataFrame(True, index=names, columns=names)
    for row in compared[compared["verdict"] == "better"].itertuples():
        table.loc[row.detector, row.other] = table.loc[row.other, row.detector] = False
    return table


def _pair(scores: pd.DataFrame, first: str, second: str, p_values: pd.DataFrame) -> dict[str, object]:
    differences = (scores[first] - scores[second]).round(9)
    pair: dict[str, Any] = {
        "detector": first,
        "other": second,
        "difference": float(differences.mean()),
        "wins": int((differences >= TIE).sum()),
        "ties": int((differences.abs() < TIE).sum()),
        "losses": int((differences <= -TIE).sum()),
        "p": float(p_values.loc[first, second]),
    }
    signed_ranks = np.sign(differences) @ differences.abs().rank()
    return pair | {"verdict": _verdict(pair["difference"], pair["p"], float(signed_ranks))}


def _verdict(difference: float, p: float, signed_ranks: float) -> str:
    if abs(difference) < TIE:
        return "tie"
    return "better" if p < ALPHA and signed_ranks > 0 else "open"
