"""What a run says in one sentence, with the few that qualify it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from robustgen.reporting.cells import TIE
from robustgen.reporting.formatting import count, listed, percent, score


@dataclass(frozen=True)
class Headline:
    """One sentence that answers the suite's question, and what must be known with it."""

    sentence: str
    details: tuple[str, ...]


def headline(table: pd.DataFrame, *, baseline: str | None, caveat: str = "") -> Headline:
    """Say which detector ranks first at one corruption and how much of the damage it recovers.

    Only detectors that finished on as many sets as any other are compared; the others are named.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows of :func:`robustgen.reporting.tables.summary` at one corruption.
    baseline : str or None
        The detector whose damage is the measure.
    caveat : str
        How far the first rank can be relied on: the end of the sentence.
    """
    if table.empty or table["auroc"].isna().all():
        return Headline("No run has finished yet.", ("The runs and their messages are listed below.",))
    whole = table[table["sets"] == table["sets"].max()].sort_values("auroc", ascending=False)
    best = whole.iloc[0]
    who = f"{best['detector']} ranks first{_tied(whole)}"
    sentence = f"{_circumstance(best)}, {who}: {_score(best)}{_recovered(best, baseline)}{caveat}."
    details = [_support(best), *_damage(table, baseline), *_runner_up(whole), *_left_out(table, whole)]
    return Headline(sentence, tuple(details))


def _circumstance(row: pd.Series) -> str:
    if row["corruption"] == 0:
        return "Trained on inliers only"
    return f"When {percent(row['corruption_of_all'])} of the training rows are outliers"


def _score(row: pd.Series) -> str:
    return f"mean AUROC {score(row['auroc'])} over {count(int(row['sets']), 'data set')}"


def _recovered(row: pd.Series, baseline: str | None) -> str:
    if row["detector"] == baseline:
        return ", and it is the baseline itself"
    if pd.isna(row["auroc_recovered"]):
        return ""
    return f", {percent(row['auroc_recovered'])} of the damage recovered"


def _support(row: pd.Series) -> str:
    fits, repetitions = count(int(row["fits"]), "fit"), count(int(row["repetitions"]), "repetition")
    spread = "too few for a spread" if pd.isna(row["auroc_spread"]) else f"± {score(row['auroc_spread'])}"
    return f"The mean is of {fits} in {repetitions} ({spread})."


def _damage(table: pd.DataFrame, baseline: str | None) -> list[str]:
    rows = table[table["detector"] == baseline]
    if rows.empty:
        return [f"The baseline ({baseline or 'none named'}) has no result here: no damage can be measured."]
    dirty, clean = rows.iloc[0]["auroc"], rows.iloc[0]["auroc_oracle"]
    if pd.isna(clean) or rows.iloc[0]["corruption"] == 0:
        return []
    kind = "The damage" if clean - dirty >= TIE else "Too little damage to recover"
    return [f"{kind}: {baseline}, the baseline, has {score(clean)} trained clean and {score(dirty)} here."]


def _tied(whole: pd.DataFrame) -> str:
    """Name those who are so near the first that the difference is a tie."""
    best, others = whole.iloc[0], whole.iloc[1:]
    near = others.loc[best["auroc"] - others["auroc"] < TIE, "detector"].tolist()
    return f", tied with {listed(near, most=3)}" if near else ""


def _runner_up(whole: pd.DataFrame) -> list[str]:
    if len(whole) < 2:
        return []
    second = whole.iloc[1]
    tie = f" (below {TIE:g} a difference counts as a tie)" if _tied(whole) else ""
    return [f"Next is {second['detector']} with {score(second['auroc'])}{tie}."]


def _left_out(table: pd.DataFrame, whole: pd.DataFrame) -> list[str]:
    absent = table.loc[~table["detector"].isin(whole["detector"]), "detector"].tolist()
    if not absent:
        return []
    sets = count(int(whole["sets"].max()), "set")
    return [f"Not compared, for they did not finish on all {sets}: {listed(absent)}."]
