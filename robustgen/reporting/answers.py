"""What the answers of a person are worth: scores against the number of judged rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from robustgen.bench.records import Record
from robustgen.reporting.cells import cells, measured
from robustgen.reporting.display_tables import Column, DisplayTable, Item, Line
from robustgen.reporting.documents import Section, picture
from robustgen.reporting.figures import LABELS, against_answers, token
from robustgen.reporting.formatting import percent, score
from robustgen.reporting.means import nested_mean
from robustgen.reporting.tables import SCORES

STRATEGIES = {"middles": "middles of clusters", "random": "random rows", "suspicious": "most suspicious rows"}
KEYS = ["corruption", "detector", "strategy", "wrong", "answers"]
LEAST_DAMAGE = 0.005
"""Half a point of AUROC: of less damage no part is told."""


def summary(records: Sequence[Record]) -> pd.DataFrame:
    """Return how each detector stands with each number of answers, on the mean over sets.

    Parameters
    ----------
    records : sequence of Record
        Of one run, with and without answers.

    Returns
    -------
    pandas.DataFrame
        One row a corruption, detector, strategy, share of wrong answers and number of answers, 0 among them:
        the means of AUROC and AP over the sets that have every one of these, `sets`, how many they are, and
        `recovered`: the part of the distance from no answers to the detector's own fit at corruption 0
        that is gained, in AUROC; blank where that distance is under half a point. Empty where no record
        has answers.
    """
    if all(record.answering is None for record in records):
        return pd.DataFrame(columns=[*KEYS, *SCORES, "sets", "recovered"])
    frame = _with_answers(records)
    whole = _of_common_sets(frame)
    table = nested_mean(whole, KEYS, SCORES)
    table["sets"] = whole.groupby(KEYS)["dataset"].nunique()
    table = table.reset_index()
    return table.assign(recovered=_recovered(table))


def _with_answers(records: Sequence[Record]) -> pd.DataFrame:
    """Return the measured cells with the answers of each; one without stands at 0 in every strategy."""
    by_name = {record.detector: record.answering for record in records if record.answering is not None}
    frame = measured(cells(records))
    judged = frame[frame["detector"].isin(by_name)]
    how = pd.DataFrame([by_name[name] for name in judged["detector"]], index=judged.index)
    answered = judged.assign(**how) if len(judged) else judged.assign(strategy="", wrong=0.0, answers=0)
    curves = answered[["detector", "strategy", "wrong"]].drop_duplicates()
    plain = frame[~frame["detector"].isin(by_name)].assign(answers=0)
    return pd.concat([answered, plain.merge(curves, on="detector")], ignore_index=True)


def _of_common_sets(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the sets that have every number of answers of a curve, so that its points are of the same sets."""
    curve = [name for name in KEYS if name != "answers"]
    numbers = frame.groupby(curve)["answers"].transform("nunique")
    there = frame.groupby([*curve, "dataset"])["answers"].transform("nunique")
    return frame[there == numbers]


def _recovered(table: pd.DataFrame) -> pd.Series:
    curve = ["detector", "strategy", "wrong"]
    none = table[table["answers"] == 0].set_index([*curve, "corruption"])["auroc"]
    clean = table[(table["answers"] == 0) & (table["corruption"] == 0)].set_index(curve)["auroc"]
    start = none.reindex(pd.MultiIndex.from_frame(table[[*curve, "corruption"]])).to_numpy()
    best = clean.reindex(pd.MultiIndex.from_frame(table[curve])).to_numpy()
    damage = pd.Series(best - start, index=table.index)
    return (table["auroc"] - start) / damage.where(damage > LEAST_DAMAGE)


def answers_needed(rows: pd.DataFrame, share: float = 0.5) -> int | None:
    """Return the fewest answers, of the numbers that were measured, that recover a share of the damage.

    Parameters
    ----------
    rows : pandas.DataFrame
        One curve of `summary`.
    share : float
        Of the damage.

    Examples
    --------
    >>> curve = pd.DataFrame({"answers": [0, 5, 10], "recovered": [0.0, 0.4, 0.7]})
    >>> answers_needed(curve), answers_needed(curve, 0.9) is None
    (10, True)
    """
    enough = rows.loc[rows["recovered"] >= share, "answers"]
    return None if enough.empty else int(enough.min())


def sections(table: pd.DataFrame) -> Iterator[Section]:
    """Yield what answers are worth, from `summary`; nothing where none were given."""
    if table.empty:
        return
    unanswered = table[table["answers"] == 0]
    detector = str(unanswered.loc[unanswered["auroc"].idxmax(), "detector"])
    caption = (
        f"{detector}; dashed: some answers are wrong; dotted: {detector} trained without outliers. All "
        "points of a line are means over the same sets."
    )
    drawn = against_answers(table, detector=detector, metric="auroc")
    text = (
        "A person judged some training rows, normal or outlier, and the detector learnt from all rows with "
        "these answers. Recovered is the part of the distance to the same detector's fit at corruption 0."
    )
    pictures = (picture("auroc-against-answers", f"{LABELS['auroc']} against answers", caption, drawn),)
    yield Section("answers", "Answers of a person", text, pictures, (display_table(table),))


def display_table(table: pd.DataFrame) -> DisplayTable:
    """Return `summary` for reading: a row a curve, the dirtiest first, a column a number of answers."""
    numbers = sorted(int(number) for number in table["answers"].unique())
    columns = (
        Column("Corruption", "As the suite states it", choice=True),
        Column("Detector", numeric=False, choice=True),
        Column("Rows asked about", numeric=False),
        Column("Wrong", "Share of the answers that are wrong"),
        *(Column(str(number), "Mean AUROC with so many answers") for number in numbers),
        Column(
            "Half recovered by", "The fewest answers that recover half of what the outliers cost in AUROC"
        ),
        Column("Sets", "Number of data sets behind the means"),
    )
    curves = table.sort_values(["corruption", "detector"], ascending=[False, True], kind="stable").groupby(
        KEYS[:-1], sort=False
    )
    lines = [_line(key, rows, numbers) for key, rows in curves]
    return DisplayTable("answers", columns, tuple(lines))


def _line(key: tuple[Any, ...], rows: pd.DataFrame, numbers: Sequence[int]) -> Line:
    corruption, detector, strategy, wrong = key
    scores = rows.set_index("answers")["auroc"]
    needed = answers_needed(rows)
    nothing_lost = rows["recovered"].isna().all()
    return Line(
        (
            Item(f"{corruption:g}"),
            Item(str(detector)),
            Item(STRATEGIES.get(strategy, strategy)),
            Item(percent(wrong)),
            *(Item(score(scores.get(number, float("nan")))) for number in numbers),
            Item("nothing to recover" if nothing_lost else "not reached" if needed is None else str(needed)),
            Item(str(int(rows["sets"].iloc[0]))),
        ),
        token(str(detector)),
    )
