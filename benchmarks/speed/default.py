"""What the default costs beside other detectors: processor seconds of a fit, microseconds a scored row.

    OMP_NUM_THREADS=1 python benchmarks/speed/default.py reports/speed-default/seconds.csv

Normal rows of 20 columns, all detectors in one run on one core; ratios to scikit-learn's isolation forest.
The report is written beside the file; what ``large_sets.py`` has written there is shown too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from pyod.models.ecod import ECOD
from pyod.models.iforest import IForest
from sklearn.ensemble import IsolationForest

from robustgen import RobustDetector

COLUMNS, SCORED = 20, 10_000
DETECTORS: dict[str, Callable[[], Any]] = {
    "IsolationForest": lambda: IsolationForest(random_state=0),
    "PyOD IForest": lambda: IForest(random_state=0),
    "PyOD ECOD": lambda: ECOD(),
    "RobustDetector": lambda: RobustDetector(device="cpu", random_state=0),
}


def processor_seconds(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def measured(name: str, n_rows: int) -> dict[str, object]:
    random = np.random.default_rng(0)
    X, new = random.normal(size=(n_rows, COLUMNS)), random.normal(size=(SCORED, COLUMNS))
    detector = DETECTORS[name]()
    fit = processor_seconds(lambda: detector.fit(X))
    score = processor_seconds(lambda: detector.decision_function(new))
    return {"rows": n_rows, "detector": name, "fit_seconds": fit, "row_microseconds": 1e6 * score / SCORED}


def page(frame: pd.DataFrame) -> str:
    costs = frame.set_index(["detector", "rows"])
    ratios = costs / costs.loc["IsolationForest"].reindex(costs.index, level="rows")
    lines = [
        "# What the default costs\n",
        f"Processor seconds of one core, normal rows of {COLUMNS} columns, one run; a row is scored among",
        f"{SCORED:,}. In brackets: times what scikit-learn's isolation forest takes.\n",
        "| rows | detector | fit, s | a scored row, microseconds |",
        "|---:|---|---:|---:|",
    ]
    for (name, rows), (fit, score), (of_fit, of_score) in zip(
        costs.index, costs.to_numpy(), ratios.to_numpy(), strict=True
    ):
        lines.append(f"| {rows:,} | {name} | {fit:.2f} ({of_fit:.1f}) | {score:.1f} ({of_score:.1f}) |")
    return "\n".join([*lines, "\nRebuilt by `python benchmarks/speed/default.py FILE.csv`.\n"])


def of_large_sets(frame: pd.DataFrame) -> str:
    lines = [
        "## Large sets\n",
        "AUROC and AP of the training rows, outliers among them, by `benchmarks/speed/large_sets.py`.\n",
        "| set | rows | seed | code | fit, s | AUROC | AP |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    for code, name, rows, seed, fit, auroc, ap in frame.itertuples(index=False):
        lines.append(f"| {name} | {rows:,} | {seed} | {code} | {fit:.1f} | {auroc:.4f} | {ap:.4f} |")
    return "\n".join([*lines, ""])


@click.command()
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--rows", multiple=True, type=int, default=(2_000, 20_000, 100_000), show_default=True)
def main(output: Path, rows: tuple[int, ...]) -> None:
    torch.set_num_threads(1)
    frame = pd.DataFrame([measured(name, n_rows) for n_rows in rows for name in DETECTORS])
    output.parent.mkdir(parents=True, exist_ok=True)
    frame.round(4).to_csv(output, index=False)
    text, sets = page(frame), output.with_name("large_sets.csv")
    if sets.exists():
        text += "\n" + of_large_sets(pd.read_csv(sets))
    output.with_name("report.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
