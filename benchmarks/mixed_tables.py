"""What `RobustDetector` makes of mixed tables, clean and with planted faults.

Four generators (`adult`, `sales`, `sensor`, `clinical`) draw tables of numbers, categories, booleans, dates
and missing cells, in which numbers depend on the categories. Faults are planted in a share of the rows, in
equal parts: a number x 1000, a sentinel -999, two numbers swapped, another category than the numbers', a
misspelt category, an impossible date, copies of one row. Beside each faulty table stands its numeric-only
case: the same rows without categories, booleans and dates, and with the faults of numbers alone.

Choose on `adult` and `sensor`, check on `sales` and `clinical`:

    python benchmarks/mixed_tables.py --tables adult sensor --draws 5 -o choosing.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from robustgen import RobustDetector, TableEncoder

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
    column = rng.choice([one for one in numbers_of(table) if not np.isnan(table.at[row, one])])
    table.at[row, column] *= 1000


def sentinel(table: pd.DataFrame, row: int, name: str, rng: Rng) -> None:
    table.at[row, rng.choice(numbers_of(table))] = -999.0


def swapped(table: pd.DataFrame, row: int, name: str, rng: Rng) -> None:
    there = [one for one in numbers_of(table) if not np.isnan(table.at[row, one])]
    first, second = rng.choice(there, 2, replace=False)
    table.loc[row, [first, second]] = table.loc[row, [second, first]].to_numpy()


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


def figures(name: str, share: float, draw: int) -> dict[str, Any]:
    """Return what the detector makes of one table."""
    table, what = faulty(name, share, np.random.default_rng([draw, list(TABLES).index(name)]), numeric=False)
    scores, removed, interval = judged(table, draw)
    bad = what != ""
    found: dict[str, Any] = {
        "table": name, "share": share, "draw": draw, "removed": removed.mean(), "interval": interval,
        "worst_group": worst_group(table[~bad], removed[~bad]),
    }  # fmt: skip
    if not share:
        return found
    found |= {"precision": bad[removed].mean() if removed.any() else None, "recall": removed[bad].mean()}
    found |= {"AP": average_precision_score(bad, -scores)}
    found["AP without copies"] = average_precision_score(bad[what != "copy"], -scores[what != "copy"])
    found["ranks"] = {one: float(pd.Series(-scores).rank(pct=True)[what == one].mean()) for one in set(what)}
    numeric, wrong = faulty(
        name, share, np.random.default_rng([draw, list(TABLES).index(name)]), numeric=True
    )
    found["AP numeric"] = average_precision_score(wrong != "", -judged(numeric, draw)[0])
    return found


def judged(table: pd.DataFrame, draw: int) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    """Return scores, what is removed, and the estimated share with its interval."""
    X = TableEncoder().fit(table).transform(table)
    detector = RobustDetector(contamination="auto", random_state=draw).fit(X)
    scores = detector.training_scores_
    share = (detector.contamination_, *detector.contamination_interval_)
    return scores, scores < detector.offset_, tuple(float(one) for one in share)


def worst_group(table: pd.DataFrame, removed: np.ndarray) -> tuple[str, float]:
    """Return the group of 3 % of the rows or more that loses most, and how much."""
    shares = {}
    for name in table:
        cells = table[name].astype("str").where(table[name].notna(), "")
        groups = (
            table[name].isna().map({True: "empty", False: "there"}) if name in numbers_of(table) else cells
        )
        lost = pd.Series(removed, table.index).groupby(groups).agg(["mean", "size"])
        large = lost[lost["size"] >= LEAST_GROUP * len(table)]
        shares |= {f"{name}={level}": float(mean) for level, mean in large["mean"].items()}
    return max(shares.items(), key=lambda one: one[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", choices=list(TABLES), default=list(TABLES))
    parser.add_argument("--shares", nargs="+", type=float, default=[0.0, 0.01, 0.05, 0.1, 0.2])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    with given.output.open("a") as lines:
        for draw in range(given.draws):
            for name in given.tables:
                for share in given.shares:
                    lines.write(json.dumps(figures(name, share, draw)) + "\n")
                    lines.flush()
