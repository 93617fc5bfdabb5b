"""What `RobustDetector` makes of mixed tables, clean and with planted faults.

Four generators (`adult`, `sales`, `sensor`, `clinical`) draw tables of numbers, categories, booleans, dates
and missing cells, in which numbers depend on the categories. Faults are planted in a share of the rows, in
equal parts: a number x 1000, a sentinel -999, two numbers swapped, another category than the numbers', a
misspelt category, an impossible date, copies of one row. Beside each faulty table stands its numeric-only
case: the same rows without categories, booleans and dates, and with the faults of numbers alone.

    python benchmarks/mixed_tables.py --draws 20 --output reports/mixed-tables

writes ``cells.jsonl`` (goes on where it stopped) and ``report.md``. Choose on `adult` and `sensor`, check on
`sales` and `clinical`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from robustgen import RobustDetector, TableEncoder
from robustgen.inference.conformal import conformal_p_values_among
from robustgen.inference.p_values import discoveries
from robustgen.triage.verdict import verdict

N_ROWS = 1000
LEAST_GROUP = 0.03
Rng = np.random.Generator


def zipf(rng: Rng, names: list[str], power: float = 1.0) -> np.ndarray:
    """Draw names with shares that fall as 1 / rank to a power."""
    shares = 1 / np.arange(1, len(names) + 1) ** power
    return rng.choice(names, N_ROWS, p=shares / shares.sum()).astype(object)


def level_of(names: np.ndarray, levels: dict[str, float]) -> np.ndarray:
    """Return the number that belongs to each name."""
    return np.array([levels[name] for name in names])


def days(rng: Rng, start: str, span: int) -> np.ndarray:
    """Draw days of a span, uniformly, in ISO 8601."""
    drawn = np.datetime64(start) + rng.integers(span, size=N_ROWS).astype("timedelta64[D]")
    return drawn.astype(str).astype(object)


def adult(rng: Rng) -> pd.DataFrame:
    """Draw people with work, education and income."""
    education = {"school": 8, "highschool": 10, "college": 12, "bachelor": 13, "master": 15, "doctor": 17}
    work = zipf(rng, ["private", "self", "local", "state", "federal", "none"], 1.3)
    degree = rng.choice(list(education), N_ROWS, p=[0.14, 0.36, 0.24, 0.17, 0.07, 0.02]).astype(object)
    sex = rng.choice(["male", "female"], N_ROWS, p=[0.67, 0.33])
    age = (17 + rng.gamma(3.2, 6.5, N_ROWS)).clip(17, 90).round()
    years = level_of(degree, education) + rng.normal(0, 0.5, N_ROWS)
    hours = np.where(work == "none", 8, 40) + rng.normal(0, 8, N_ROWS) - 4 * (sex == "female")
    wage = np.exp(1.4 + 0.1 * years + 0.01 * age + rng.normal(0, 0.3, N_ROWS))
    table = pd.DataFrame(
        {
            "age": age, "years of school": years, "hours": hours, "wage": wage,
            "work": work, "degree": degree, "sex": sex,
            "abroad": rng.random(N_ROWS) < 0.09,
            "hired": days(rng, "2015-01-01", 3000),
        }
    )  # fmt: skip
    table.loc[rng.random(N_ROWS) < 0.06, "work"] = None
    table.loc[rng.random(N_ROWS) < 0.05, "wage"] = np.nan
    return table


def sales(rng: Rng) -> pd.DataFrame:
    """Draw orders of a few products in some cities."""
    prices = {"pen": 1.2, "book": 15, "lamp": 45, "chair": 120, "desk": 340, "sofa": 900}
    product = zipf(rng, list(prices), 0.8)
    city = zipf(rng, [f"city {letter}" for letter in "ABCDEFGHIJKL"], 1.0)
    price = level_of(product, prices) * np.exp(rng.normal(0, 0.08, N_ROWS))
    quantity = 1 + rng.poisson(np.where(product == "pen", 20, 2))
    weight = price**0.6 * np.exp(rng.normal(0, 0.2, N_ROWS))
    channel = rng.choice(["web", "shop", "phone"], N_ROWS, p=[0.6, 0.34, 0.06]).astype(object)
    table = pd.DataFrame(
        {
            "price": price, "quantity": quantity, "amount": price * quantity, "weight": weight,
            "discount": rng.choice([0, 5, 10, 20], N_ROWS, p=[0.7, 0.15, 0.1, 0.05]),
            "product": product, "city": city, "channel": channel,
            "gift": rng.random(N_ROWS) < 0.07,
            "ordered": days(rng, "2023-01-01", 365),
        }
    )  # fmt: skip
    table.loc[rng.random(N_ROWS) < 0.1, "discount"] = np.nan
    return table


def sensor(rng: Rng) -> pd.DataFrame:
    """Draw readings of machines in several states."""
    heat = {"idle": 25, "run": 70, "boost": 95, "clean": 50}
    state = rng.choice(list(heat), N_ROWS, p=[0.3, 0.5, 0.12, 0.08]).astype(object)
    site = rng.choice(["N", "S", "W", "E"], N_ROWS, p=[0.5, 0.3, 0.15, 0.05]).astype(object)
    temperature = level_of(state, heat) + rng.normal(0, 3, N_ROWS)
    power = np.where(state == "idle", 2, 8 * temperature - 250) + rng.normal(0, 10, N_ROWS)
    table = pd.DataFrame(
        {
            "temperature": temperature, "power": power, "flow": 0.3 * power + rng.normal(50, 12, N_ROWS),
            "pressure": 1013 + level_of(site, {"N": 0, "S": 9, "W": -9, "E": 30}) + rng.normal(0, 4, N_ROWS),
            "vibration": rng.gamma(3, 0.4, N_ROWS) * np.where(state == "boost", 2.5, 1),
            "state": state, "site": site, "firmware": zipf(rng, ["2.1", "2.0", "1.9", "3.0b"], 1.2),
            "alarm": rng.random(N_ROWS) < 0.05,
            "read": days(rng, "2024-01-01", 90),
        }
    )  # fmt: skip
    table["firmware"] = "v" + table["firmware"].astype(str)
    table.loc[(site == "E") | (rng.random(N_ROWS) < 0.01), "flow"] = np.nan  # that site has no such meter
    return table


def clinical(rng: Rng) -> pd.DataFrame:
    """Draw visits of patients, some with a panel of laboratory values."""
    ward = zipf(rng, ["surgery", "medicine", "cardio", "neuro", "children", "intensive"], 0.9)
    child = ward == "children"
    age = np.where(child, rng.uniform(1, 16, N_ROWS), rng.normal(58, 16, N_ROWS).clip(18, 98))
    height = np.where(child, 75 + 6 * age, rng.normal(170, 9, N_ROWS)) + rng.normal(0, 3, N_ROWS)
    weight = np.where(child, 9 + 2.6 * age, 0.9 * height - 78) * np.exp(rng.normal(0, 0.13, N_ROWS))
    table = pd.DataFrame(
        {
            "age": age, "height": height, "weight": weight,
            "systolic": 95 + 0.5 * age + rng.normal(0, 12, N_ROWS),
            "pulse": np.where(child, 105, 75) + rng.normal(0, 11, N_ROWS),
            "creatinine": np.exp(rng.normal(-0.1, 0.25, N_ROWS)), "crp": np.exp(rng.normal(1.2, 1.0, N_ROWS)),
            "ward": ward, "blood": rng.choice(["A", "0", "B", "AB"], N_ROWS, p=[0.42, 0.41, 0.12, 0.05]),
            "admission": rng.choice(["planned", "urgent", "transfer"], N_ROWS, p=[0.55, 0.4, 0.05]),
            "smoker": rng.choice(["yes", "no"], N_ROWS, p=[0.2, 0.8]),
            "visit": days(rng, "2022-01-01", 700),
        }
    )  # fmt: skip
    table.loc[rng.random(N_ROWS) < 0.3, ["creatinine", "crp"]] = np.nan
    table.loc[rng.random(N_ROWS) < 0.04, "smoker"] = None
    return table


TABLES: dict[str, Callable[[Rng], pd.DataFrame]] = {
    "adult": adult,
    "sales": sales,
    "sensor": sensor,
    "clinical": clinical,
}
DEPENDENT = {"adult": "degree", "sales": "product", "sensor": "state", "clinical": "ward"}
"""The category that numbers depend on most."""
DATES = {"adult": "hired", "sales": "ordered", "sensor": "read", "clinical": "visit"}


def numbers_of(table: pd.DataFrame) -> list[str]:
    """Return the columns of numbers."""
    return [name for name in table if pd.api.types.is_float_dtype(table[name])]


def times_1000(table: pd.DataFrame, row: int, name: str, rng: Rng) -> None:
    cells = table.loc[row, numbers_of(table)].dropna()
    table.at[row, rng.choice(cells.index[cells != 0])] *= 1000


def sentinel(table: pd.DataFrame, row: int, name: str, rng: Rng) -> None:
    table.at[row, rng.choice(numbers_of(table))] = -999.0


def swapped(table: pd.DataFrame, row: int, name: str, rng: Rng) -> None:
    there = [one for one in numbers_of(table) if not np.isnan(table.at[row, one])]
    first, second = rng.choice(there, 2, replace=False)
    table.at[row, first], table.at[row, second] = table.at[row, second], table.at[row, first]


def other_category(table: pd.DataFrame, row: int, name: str, rng: Rng) -> None:
    column = DEPENDENT[name]
    values = [value for value in table[column].dropna().unique() if value != table.at[row, column]]
    table.at[row, column] = rng.choice(values)


def misspelt(table: pd.DataFrame, row: int, name: str, rng: Rng) -> None:
    text = str(table.at[row, DEPENDENT[name]])
    place = rng.integers(len(text))
    table.at[row, DEPENDENT[name]] = rng.choice(
        [
            text[:place] + text[place + 1 :],
            text[:place] + text[place] + text[place:],
            text.upper(),
            text + "?",
        ]
    )


def impossible_date(table: pd.DataFrame, row: int, name: str, rng: Rng) -> None:
    table.at[row, DATES[name]] = rng.choice(["1900-01-01", "1970-01-01", "2099-12-31"])


OF_NUMBERS = (times_1000, sentinel, swapped)
FAULTS = (*OF_NUMBERS, other_category, misspelt, impossible_date)


def faulty(name: str, share: float, rng: Rng, *, numeric: bool) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw a table and plant faults in a share of its rows; return it, and what is wrong with each row."""
    table = TABLES[name](rng)
    whole = table.select_dtypes("integer").columns
    table[whole] = table[whole].astype(float)
    what = np.full(N_ROWS, "", dtype=object)
    faults = OF_NUMBERS if numeric else FAULTS
    names = [*(fault.__name__ for fault in faults), *([] if numeric else ["copy"])]
    rows = rng.permutation(N_ROWS)[: round(share * N_ROWS)]
    what[rows] = [names[place % len(names)] for place in range(rows.size)]
    for row in rows:
        if what[row] != "copy":
            faults[names.index(what[row])](table, row, name, rng)
    copies = np.flatnonzero(what == "copy")
    if copies.size:
        table.iloc[copies] = table.iloc[[int(np.flatnonzero(what == "")[0])] * copies.size].to_numpy()
        table = table.infer_objects()
    return (table[numbers_of(table)] if numeric else table), what


def drawn(name: str, share: float, draw: int, *, numeric: bool = False) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table of a draw, and what is wrong with each row."""
    return faulty(name, share, np.random.default_rng([draw, list(TABLES).index(name)]), numeric=numeric)


def verdicts(name: str, share: float, draw: int) -> dict[str, Any]:
    """Return what the detector makes of one table, and of its numbers alone."""
    table, what = drawn(name, share, draw)
    detector = RobustDetector(contamination="auto", random_state=draw)
    scores, removed = judged(detector, encoded(table))
    group, loss = worst_group(table[what == ""], removed[what == ""])
    found: dict[str, Any] = {"removed": removed.mean(), "estimated": detector.contamination_}
    found |= {"lower": detector.contamination_interval_[0], "upper": detector.contamination_interval_[1]}
    found |= {"worst group": group, "loses": loss} | decided(removed, what)
    if not share:
        return found
    found["AP"] = average_precision_score(what != "", -scores)
    ranks = pd.Series(-scores).rank(pct=True)
    found |= {f"rank of {one}": ranks[what == one].mean() for one in sorted(set(what) - {""})}
    numbers, wrong = drawn(name, share, draw, numeric=True)
    scores, _ = judged(detector, encoded(numbers))
    return found | {"AP of numbers": average_precision_score(wrong != "", -scores)}


def discovered(name: str, share: float, draw: int) -> dict[str, Any]:
    """Return what ``clean --remove fdr=0.1`` would remove."""
    table, what = drawn(name, share, draw)
    X = encoded(table)
    detector = RobustDetector(contamination="auto", random_state=draw).fit(X)
    removed = discoveries(conformal_p_values_among(detector.held_out_scores(X)), RATE)
    group, loss = worst_group(table[what == ""], removed[what == ""])
    return {"removed": removed.mean(), "worst group": group, "loses": loss} | decided(removed, what)


def encoded(table: pd.DataFrame) -> np.ndarray:
    """Return the numbers that a detector sees of a table."""
    return TableEncoder(bad_cells="missing").fit_transform(table)


def judged(detector: RobustDetector, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return scores, and which rows have the verdict of ``clean`` that they are outliers."""
    scores = detector.fit(X).training_scores_
    return scores, scores < verdict(detector, scores, "auto", by_score=True).threshold


def decided(removed: np.ndarray, what: np.ndarray) -> dict[str, float]:
    """Return how many of the removed rows are faulty, and how many of the faulty ones are removed."""
    bad = what != ""
    found = {}
    if removed.any() and bad.any():
        found["precision"] = float(bad[removed].mean())
    if bad.any():
        found["recall"] = float(removed[bad].mean())
    return found


def worst_group(table: pd.DataFrame, removed: np.ndarray) -> tuple[str, float]:
    """Return the group of 3 % of the rows or more that loses most, and how much."""
    shares = {}
    for name in table.columns.drop([one for one in DATES.values() if one in table]):
        cells = table[name].astype("str").where(table[name].notna(), "")
        groups = (
            table[name].isna().map({True: "empty", False: "there"}) if name in numbers_of(table) else cells
        )
        lost = pd.Series(removed, table.index).groupby(groups).agg(["mean", "size"])
        large = lost[lost["size"] >= LEAST_GROUP * len(table)]
        shares |= {f"{name}={level}": float(mean) for level, mean in large["mean"].items()}
    return max(shares.items(), key=lambda one: one[1])


MEASURES = {"verdict": verdicts, "fdr": discovered}
RATE = 0.1
SHARES = (0.0, 0.01, 0.05, 0.1, 0.2)


def missing(path: Path, n_draws: int, tables: list[str]) -> Iterator[tuple[str, str, float, int]]:
    """Yield the cells that a file has not: clean tables first, then the others draw by draw."""
    known = pd.read_json(path, lines=True, dtype={"share": float}) if path.exists() else pd.DataFrame()
    done = set() if known.empty else set(known[list(KEY)].itertuples(index=False, name=None))
    clean = product(range(n_draws), ("verdict",), tables, (0.0,))
    for draw, measure, name, share in (*clean, *product(range(n_draws), MEASURES, tables, SHARES)):
        key = (measure, name, share, draw)
        if key not in done:
            done.add(key)
            yield key


KEY = ("measure", "table", "share", "draw")


def report(cells: pd.DataFrame, command: str) -> str:
    """Return the figures as Markdown."""
    clean = cells[(cells["share"] == 0) & (cells["measure"] == "verdict")]
    dirty = cells[(cells["share"] > 0) & (cells["measure"] == "verdict")].copy()
    dirty["of its numbers"] = dirty["AP"] / dirty["AP of numbers"]
    rate = cells[cells["measure"] == "fdr"]
    by = ["table", "share"]
    means = ["AP", "AP of numbers", "removed", "precision", "recall", "loses"]
    faults = dirty.filter(like="rank of ").rename(columns=lambda name: name.removeprefix("rank of "))
    intro = (__doc__ or "").split("\n\n")[1]
    return "\n\n".join(
        [
            f"# Mixed tables, clean and faulty\n\n`{command}`\n\n{intro}",
            "## Clean tables\n\nShare of the rows that the verdict calls outliers, and how much the group of "
            f"{LEAST_GROUP:.0%} of the rows or more loses that loses most; aims: under 2 %, at most a tenth.",
            markdown(_clean(clean)),
            '## Faulty tables\n\nThe verdict of the default with `contamination="auto"`: average precision, '
            "that of the numeric-only case, rows called outliers, their precision and recall, and how many "
            "of its good rows the group loses that loses most; means over the draws.",
            markdown(counted(dirty, by, means)),
            f"## `clean --remove fdr={RATE:g}`\n\nPrecision is of the draws in which something is removed.",
            markdown(counted(rate, by, ["removed", "precision", "recall", "loses"])),
            "## Which fault is found\n\nMean rank of the rows of each fault, 1 for the most outlying of all; "
            "the mean over shares and draws.",
            markdown(faults.groupby(dirty["table"]).mean().round(3).reset_index()),
        ]
    ) + "\n"  # fmt: skip


def _clean(cells: pd.DataFrame) -> pd.DataFrame:
    by_table = cells.groupby("table", sort=False)
    return pd.DataFrame(
        {
            "draws": by_table.size(),
            "removed, mean": by_table["removed"].mean().round(4),
            "removed, most": by_table["removed"].max().round(4),
            "draws under 2 %": by_table["removed"].agg(lambda removed: int((removed < 0.02).sum())),
            "worst group, most": by_table["loses"].max().round(3),
            "draws within a tenth": by_table["loses"].agg(lambda loses: int((loses <= 0.1).sum())),
        }
    ).reset_index()


def counted(cells: pd.DataFrame, by: list[str], means: list[str]) -> pd.DataFrame:
    """Return the number of draws and means."""
    groups = cells.groupby(by, sort=False)
    return groups.size().rename("draws").to_frame().join(groups[means].mean().round(3)).reset_index()


def markdown(frame: pd.DataFrame) -> str:
    """Return a table as Markdown."""
    lines = [list(frame.columns), ["---"] * frame.shape[1], *frame.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def main() -> None:
    """Measure what is missing in ``cells.jsonl``, and write the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", nargs="+", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    path = given.output / "cells.jsonl"
    for key in missing(path, given.draws, given.tables):
        measure, *cell = key
        line = dict(zip(KEY, key, strict=True)) | MEASURES[measure](*cell)
        with path.open("a") as lines:
            lines.write(json.dumps(line, default=float) + "\n")
    command = f"python benchmarks/mixed_tables.py --draws {given.draws} --output {given.output}"
    text = report(pd.read_json(path, lines=True), command)
    (given.output / "report.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
