"""Does a false discovery rate hold for new rows, where the training table is dirty?

Three ways from a dirty table to decisions: *tenth* removes the tenth of the rows that a detector finds most
outlying, fits to the others and calibrates on some of these; *fdr* does so with those that ``clean --remove
fdr=0.1`` removes; *original* fits to the table as it is and calibrates on random rows of it, which no score
has chosen. New rows are 1,000 of the same kind, of which a twentieth is faulty; the rate is met where the
false ones among those found are no more than it says, in expectation.

    python benchmarks/false_discoveries.py --draws 20 --output reports/false-discoveries

writes ``cells.csv`` (goes on where it stopped) and ``report.md``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from benchmarks.mixed_tables import TABLES, faulty
from robustgen import ConformalDetector, RobustDetector, TableEncoder
from robustgen.inference.conformal import conformal_p_values_among
from robustgen.inference.p_values import discoveries

RATES = (0.05, 0.1, 0.2)
SHARE = 0.05
"""Of the rows of either table that are faulty."""
REMOVED = 0.1
CASES = (*((name, False) for name in TABLES), ("sensor", True))
"""Each mixed table, and one by its numbers alone."""


def detector(draw: int) -> Any:
    """Return the default behind an encoder, small enough for twenty draws."""
    return make_pipeline(
        TableEncoder(bad_cells="missing"), RobustDetector(n_members=2, epochs=15, random_state=draw)
    )


def without_a_tenth(table: pd.DataFrame, draw: int) -> pd.DataFrame:
    """Return the table without the share of its rows that scores lowest."""
    scores = detector(draw).fit(table).score_samples(table)
    return table[scores >= np.quantile(scores, REMOVED)].reset_index(drop=True)


def without_discoveries(table: pd.DataFrame, draw: int) -> pd.DataFrame:
    """Return the table without the rows that are outliers at a false discovery rate of .1."""
    encoder, judge = detector(draw).fit(table).named_steps.values()
    p_values = conformal_p_values_among(judge.held_out_scores(encoder.transform(table)))
    return table[~discoveries(p_values, 0.1)].reset_index(drop=True)


def measured(name: str, draw: int, *, numeric: bool) -> list[dict[str, Any]]:
    """Return what is found among new rows, by either way and at each rate."""
    table, _ = faulty(name, SHARE, np.random.default_rng([draw, 1]), numeric=numeric)
    new, what = faulty(name, SHARE, np.random.default_rng([draw, 2]), numeric=numeric)
    lines = []
    ways = {"tenth": without_a_tenth(table, draw), "fdr": without_discoveries(table, draw), "original": table}
    for way, rows in ways.items():
        conformal = ConformalDetector(detector(draw), random_state=draw).fit(rows)
        for rate in RATES:
            found = conformal.predict(new, fdr=rate) == -1
            false = float((what[found] == "").mean()) if found.any() else 0.0
            power = float(found[what != ""].mean())
            lines.append({"way": way, "fdr": rate, "found": int(found.sum()), "false": false, "power": power})
    return [{"table": name + (", numbers alone" if numeric else ""), "draw": draw} | line for line in lines]


def report(cells: pd.DataFrame, command: str) -> str:
    """Return the means as Markdown."""
    means = cells.groupby(["way", "table", "fdr"])[["false", "power", "found"]].mean().round(3).reset_index()
    lines = [list(means.columns), ["---"] * means.shape[1], *means.astype(str).to_numpy().tolist()]
    rows = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    ways = (__doc__ or "").split("\n\n")[1]
    return (
        f"# False discoveries among new rows\n\n`{command}`\n\n{ways}\n\n{cells['draw'].nunique()} draws; "
        "mean share of the found rows that are good, of the faulty rows that are found, and rows found.\n\n"
        f"{rows}\n"
    )


def main() -> None:
    """Measure what is missing in ``cells.csv``, and write the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "cells.csv"
    done = set() if not path.exists() else set(pd.read_csv(path)[["table", "draw"]].itertuples(index=False))
    for draw in range(options.draws):
        for name, numeric in CASES:
            if (name + (", numbers alone" if numeric else ""), draw) in {tuple(one) for one in done}:
                continue
            start = time.perf_counter()
            frame = pd.DataFrame(measured(name, draw, numeric=numeric))
            frame.to_csv(path, mode="a", header=not path.exists(), index=False, float_format="%.5g")
            print(f"{name}, draw {draw}: {time.perf_counter() - start:.0f} s", flush=True)
    command = f"python benchmarks/false_discoveries.py --draws {options.draws} --output {options.output}"
    (options.output / "report.md").write_text(report(pd.read_csv(path), command), encoding="utf-8")


if __name__ == "__main__":
    main()
