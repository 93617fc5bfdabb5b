"""The answer of a report at each corruption: which detector, at what cost, and where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from robustgen._checks import UsageError
from robustgen.registry import resolve
from robustgen.reporting import statistics, tables
from robustgen.reporting.cells import TIE
from robustgen.reporting.formatting import count, listed, percent, points, score, seconds
from robustgen.reporting.headline import Headline, headline
from robustgen.reporting.run import Run
from robustgen.reporting.statistics import Block

BEHIND = 0.05
"""AUROC below the best of a set from which on a detector fails there."""
BUDGET = 0.05
"""The budget of alarms that a card tells of."""


@dataclass(frozen=True)
class Card:
    """What to decide at one corruption.

    Parameters
    ----------
    level, share
        The corruption as the suite states it, and in words.
    headline
        The sentence, and what must be known with it.
    lines
        Pairs of a label and a text.
    code
        What fits the detector to ``X``; empty where nothing says how it was built.
    """

    level: str
    share: str
    headline: Headline
    lines: tuple[tuple[str, str], ...] = ()
    code: str = ""


def cards(run: Run, whole: Mapping[str, pd.DataFrame]) -> tuple[Card, ...]:
    """Return the answer at each corruption, the highest first.

    Parameters
    ----------
    run : Run
        Whose detectors they are.
    whole : mapping
        The tables "summary", "sets", "pairs" and "budgets" of its report.
    """
    blocks, costs = tables.blocks(run.cells), tables.run_times(run.cells).set_index("detector")
    found = []
    for level, rows in reversed(list(whole["summary"].groupby("corruption"))):
        at = {name: table[table["corruption"] == level] for name, table in whole.items()}
        best = rows[rows["sets"] == rows["sets"].max()].sort_values("auroc", ascending=False).iloc[0]
        name = str(best["detector"])
        told = headline(
            rows, baseline=run.baseline, caveat=caveat(name, blocks.get(float(level)), at["pairs"])
        )
        lines = (
            ("Also as good", _as_good(name, rows, at["pairs"])),
            ("Costs", _costs(costs.loc[name])),
            ("Fails on", _failures(name, at["sets"])),
            (f"Looking at {percent(BUDGET)} of the rows", _alarms(name, at["budgets"])),
        )
        share = percent(float(best["corruption_of_all"]))
        shown = tuple(line for line in lines if line[1])
        found.append(Card(f"{level:g}", share, told, shown, code(name, run.suite)))
    return tuple(found)


def caveat(best: str, compared: Block | None, pairs: pd.DataFrame) -> str:
    """Say how far the first rank can be relied on, in the words that end the sentence of a report."""
    if compared is None or best not in compared.scores or compared.scores.shape[1] < 2:
        return ""
    sets = len(compared.scores)
    if not compared.testable:
        same = compared.scores.index.get_level_values("dataset").nunique() == sets
        noun = "set" if same else "normal class"
        few = f"1 {noun} is" if sets == 1 else f"{count(sets, noun)} are"
        return f"; {few} too few to call any difference significant"
    alike = _alike(best, pairs)
    if not alike:
        return "; significantly better than all others"
    return f"; not significantly different from {listed(alike)}"


def _alike(best: str, pairs: pd.DataFrame) -> list[str]:
    """Return the detectors that are not significantly different from one, the best first."""
    if pairs.empty:
        return []
    same = statistics.alike(pairs)
    return [name for name in same if name != best and same.loc[best, name]] if best in same else []


def _as_good(best: str, rows: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """Name those that differ by less than two points, or by nothing that a test confirms."""
    whole = rows[rows["sets"] == rows["sets"].max()].set_index("detector")["auroc"]
    ties = whole[(whole > whole[best] - TIE) & (whole.index != best)].sort_values(ascending=False)
    names = list(dict.fromkeys([*map(str, ties.index), *_alike(best, pairs)]))
    return (
        listed([f"{name} ({score(whole[name])})" for name in names if name in whole], most=6) if names else ""
    )


def _costs(row: pd.Series) -> str:
    return (
        f"{seconds(row['fit_seconds'])} s a fit, {seconds(row['score_microseconds'])} µs a row to score "
        f"(medians of {count(int(row['fits']), 'fit')})"
    )


def _failures(best: str, sets: pd.DataFrame) -> str:
    """Name the sets on which a detector is far behind the best one there, the worst first."""
    wide = sets.pivot(index="detector", columns="dataset", values="auroc")
    if wide.shape[1] < 2:
        return ""
    behind = (wide.max() - wide.loc[best]).sort_values(ascending=False)
    failed = behind[behind > BEHIND]
    if failed.empty:
        return f"no set: nowhere more than {100 * BEHIND:.0f} points behind the best one there"
    return listed([_failure(best, wide[name], by) for name, by in failed.items()], most=3)


def _failure(best: str, on_set: pd.Series, behind: float) -> str:
    return (
        f"{on_set.name} (AUROC {score(on_set[best])}, {points(behind).lstrip('+')} points behind "
        f"{on_set.idxmax()})"
    )


def _alarms(best: str, budgets: pd.DataFrame) -> str:
    rows = budgets[(budgets["detector"] == best) & (budgets["budget"] == BUDGET)]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    precision, recall = percent(row["precision"]), percent(row["recall"])
    return f"{precision} of the alarms are outliers, {recall} of the outliers raise an alarm"


def code(name: str, suite: Mapping[str, Any]) -> str:
    """Return the lines of Python that build a detector as a suite did, and fit it.

    Examples
    --------
    >>> print(code("rsrae+", {}))
    from robustgen import RSRAE
    detector = RSRAE(mode='joint', random_state=0).fit(X)
    >>> print(code("near", {"detectors": [{"name": "near", "use": "pyod.models.knn:KNN", "parameters": {}}]}))
    from robustgen.registry import build, resolve
    detector = build(resolve('near', 'pyod.models.knn:KNN', {}), random_state=0).fit(X)
    """
    given = [
        one for one in suite.get("detectors") or [] if isinstance(one, Mapping) and one.get("name") == name
    ]
    try:
        spec = resolve(name, given[0].get("use"), given[0].get("parameters")) if given else resolve(name)
    except UsageError:
        return ""
    module, _, kind = spec.use.partition(":")
    if module != "robustgen":
        parameters = dict(spec.parameters)
        return (
            "from robustgen.registry import build, resolve\n"
            f"detector = build(resolve({name!r}, {spec.use!r}, {parameters!r}), random_state=0).fit(X)"
        )
    arguments = [*(f"{key}={value!r}" for key, value in spec.parameters.items()), "random_state=0"]
    return f"from robustgen import {kind}\ndetector = {kind}({', '.join(arguments)}).fit(X)"
