"""Paired tests of detectors over sets, and which of them are not significantly different."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon


def signed_rank_p_values(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the p-value of Wilcoxon's signed-rank test of each pair, by Holm's correction over all pairs.

    Two-sided; a difference of zero counts half for either side, so that equal columns have p = 1.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a set, one column a detector, nothing missing; at least two of each.

    Returns
    -------
    pandas.DataFrame
        Symmetric, detectors by detectors.

    References
    ----------
    Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945; Holm, "A simple
    sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.

    Examples
    --------
    >>> scores = pd.DataFrame({"knn": [0.9, 0.8, 0.7, 0.6, 0.9, 0.8], "pca": [0.8, 0.6, 0.4, 0.2, 0.4, 0.2]})
    >>> float(signed_rank_p_values(scores).loc["knn", "pca"])
    0.03125
    """
    pairs = combinations(scores, 2)
    raw = pd.Series([signed_rank_p_value(scores[first] - scores[second]) for first, second in pairs])
    table = np.eye(scores.shape[1])
    table[np.triu_indices_from(table, 1)] = holm(raw)
    return pd.DataFrame(np.maximum(table, table.T), index=scores.columns, columns=scores.columns)


def signed_rank_p_value(differences: pd.Series) -> float:
    """Return the p-value of Wilcoxon's signed-rank test of paired differences; see `signed_rank_p_values`.

    Examples
    --------
    >>> signed_rank_p_value(pd.Series([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
    0.03125
    >>> signed_rank_p_value(pd.Series([0.0] * 6))
    1.0
    """
    return float(wilcoxon(differences, zero_method="zsplit").pvalue)


def holm(p_values: pd.Series) -> pd.Series:
    """Return p-values by Holm's correction over those that are there; see `signed_rank_p_values`.

    The i-th smallest of m becomes the largest of min(1, (m - j + 1) p_j) over j <= i.

    Examples
    --------
    >>> holm(pd.Series([0.04, 0.01, float("nan")])).tolist()
    [0.04, 0.02, nan]
    """
    ordered = p_values.dropna().sort_values(kind="stable")
    factors = np.arange(len(ordered), 0, -1)
    return (ordered * factors).cummax().clip(upper=1).reindex(p_values.index)


def groups(alike: pd.DataFrame) -> list[frozenset[str]]:
    """Return the groups in which no two detectors are significantly different, and that none other fits.

    Parameters
    ----------
    alike : pandas.DataFrame
        Whether two detectors, row and column, are not significantly different; symmetric.

    Returns
    -------
    list of frozenset
        The maximal cliques; those of one detector too.

    References
    ----------
    Bron & Kerbosch, "Algorithm 457: finding all cliques of an undirected graph", CACM 16, 1973, with the
    pivot of Tomita, Tanaka & Takahashi, Theoretical Computer Science 363, 2006.

    Examples
    --------
    >>> names = ["knn", "pca", "mcd"]
    >>> alike = pd.DataFrame([[True, True, False], [True, True, True], [False, True, True]], names, names)
    >>> [sorted(group) for group in groups(alike)]
    [['knn', 'pca'], ['mcd', 'pca']]
    """
    likes = {name: frozenset(row.index[row]) - {name} for name, row in alike.iterrows()}
    return sorted(_cliques(likes, frozenset(), set(likes), set()), key=sorted)


Likes = Mapping[str, frozenset[str]]


def _cliques(
    likes: Likes, group: frozenset[str], candidates: set[str], done: set[str]
) -> Iterator[frozenset[str]]:
    """Yield the maximal cliques that hold a group, some candidates, and none that is done."""
    if not candidates | done:
        yield group
        return
    pivot = max(candidates | done, key=lambda name: len(candidates & likes[name]))
    for name in candidates - likes[pivot]:
        yield from _cliques(likes, group | {name}, candidates & likes[name], done & likes[name])
        candidates, done = candidates - {name}, done | {name}
