"""The table of a comparison: means, ranks, and sets behind the isolation forest."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.choosing.cells import CORRUPTIONS, KNOWN, NAMES, TINY, Cell, half
from benchmarks.choosing.kept import FOLDER, Kept
from benchmarks.choosing.rules import Rule

BEHIND = 0.05
METRICS = {"auroc": roc_auc_score, "ap": average_precision_score}
Figures = dict[str, np.ndarray]
"""Of each set, the mean over its draws at each corruption."""


@cache
def kept_of(cell: Cell) -> Kept:
    return Kept(cell)


def complete(name: str, draw: int, corruptions: Iterable[float] = CORRUPTIONS) -> bool:
    return all((FOLDER / f"{Cell(name, c, draw)}.npz").exists() for c in corruptions)


def tiny(name: str) -> bool:
    return bool((~kept_of(Cell(name, CORRUPTIONS[0], 0)).outlier).sum() < TINY)


def names_of(
    halves: str = "AB", draws: Iterable[int] = (0,), corruptions: Iterable[float] = CORRUPTIONS
) -> list[str]:
    return [
        name
        for name in NAMES
        if half(name) in halves and all(complete(name, d, corruptions) for d in draws) and not tiny(name)
    ]


def figures(
    rule: Rule, names: list[str], draws: Iterable[int], corruptions: Iterable[float], metric: str = "auroc"
) -> Figures:
    def one(name: str, c: float, d: int) -> float:
        kept = kept_of(Cell(name, c, d))
        return METRICS[metric](kept.outlier_test, rule(kept))

    return {name: np.mean([[one(name, c, d) for c in corruptions] for d in draws], axis=0) for name in names}


def behind(of: Figures, forest: Figures) -> np.ndarray:
    return np.sum([of[name] < forest[name] - BEHIND for name in of], axis=0)


def show(
    rules: dict[str, Rule],
    halves: str = "A",
    draws: Iterable[int] = (0,),
    corruptions: tuple[float, ...] = CORRUPTIONS,
    metric: str = "auroc",
) -> dict[str, Figures]:
    """Print means of AUROC x 100 and return the figures of each rule."""
    names = names_of(halves, draws, corruptions)
    found = {key: figures(rule, names, draws, corruptions, metric) for key, rule in rules.items()}
    ranks = mean_ranks(found, names)
    forest = found.get("iforest")
    print(f"{metric}, {len(names)} sets, halves {halves}, draws {draws}, c = {corruptions}")
    for key, of in found.items():
        lost = behind(of, forest) if forest else ""
        known = [of[n] for n in names if n in KNOWN]
        print(
            f"{key:34}",
            *(f"{100 * v:5.1f}" for v in np.mean(list(of.values()), axis=0)),
            f"| {100 * np.mean(list(of.values())):5.2f} | rank",
            *(f"{r:4.1f}" for r in ranks[key]),
            f"| behind {lost} | known",
            *(f"{100 * v:5.1f}" for v in (np.mean(known, axis=0) if known else [])),
            flush=True,
        )
    return found


def mean_ranks(found: dict[str, Figures], names: list[str]) -> dict[str, np.ndarray]:
    stacked = np.array([[of[name] for name in names] for of in found.values()])
    ranks = np.mean(rankdata(-stacked, axis=0), axis=1)
    return dict(zip(found, ranks, strict=True))
