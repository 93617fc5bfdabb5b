"""What the default costs beside other detectors: processor seconds, microseconds a scored row, memory.

    OMP_NUM_THREADS=1 python benchmarks/speed/default.py reports/speed-default/seconds.csv

Normal rows, 10^3 to 10^6 of 20 columns, and 10,000 of 10 to 1,000; each measurement has a process of its own,
on one core. A line is added to the file for each, and what is there already is not measured again. The report
and its figure are written beside the file; what ``large_sets.py`` has written there is shown too.
"""

from __future__ import annotations

import csv
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pyod.models.ecod import ECOD
from pyod.models.iforest import IForest
from sklearn.ensemble import IsolationForest

from robustgen import RobustDetector
from robustgen.reporting.figures.palette import OKABE_ITO
from robustgen.reporting.figures.style import styled

SCORED = 10_000
SHAPES = [
    *((rows, 20) for rows in (1_000, 2_000, 10_000, 100_000, 1_000_000)),
    (2_000, 30),
    *((10_000, columns) for columns in (10, 100, 300, 1_000)),
]
DETECTORS: dict[str, Callable[[], Any]] = {
    "IsolationForest": lambda: IsolationForest(random_state=0),
    "PyOD IForest": lambda: IForest(random_state=0),
    "PyOD ECOD": lambda: ECOD(),
    "RobustDetector": lambda: RobustDetector(device="cpu", random_state=0),
}
REFERENCE = "IsolationForest"
FIELDS = ("rows", "columns", "detector", "fit_seconds", "row_microseconds", "table_mib", "more_mib")
MIB = 2**20
REPEATS = 3
"""Of a scoring; the fastest counts, as others use the machine too."""


def processor_seconds(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(rows: int, columns: int, name: str) -> tuple[object, ...]:
    """Fit and score, in a process in which a small fit has loaded what is loaded once."""
    torch.set_num_threads(1)
    random = np.random.default_rng(0)
    DETECTORS[name]().fit(random.normal(size=(300, columns)))
    X = random.normal(size=(rows, columns))
    detector, before = DETECTORS[name](), peak_mib()
    fit = processor_seconds(lambda: detector.fit(X))
    more = peak_mib() - before
    new = random.normal(size=(SCORED, columns))
    score = min(processor_seconds(lambda: detector.decision_function(new)) for _ in range(REPEATS))
    sizes = f"{X.nbytes / MIB:.1f}", f"{more:.1f}"
    return rows, columns, name, f"{fit:.3f}", f"{1e6 * score / SCORED:.2f}", *sizes


def page(frame: pd.DataFrame) -> str:
    reference = frame[frame["detector"] == REFERENCE].set_index(["rows", "columns"])
    lines = [
        "# What the default costs\n",
        f"Processor seconds of one core, normal rows, a process a line; {SCORED:,} new rows are scored, the",
        f"fastest of {REPEATS} times counts. In brackets: times what scikit-learn's isolation forest takes.",
        "Memory is what the process had at most during the fit beyond what it had with the table in it.\n",
        "| rows | columns | detector | fit, s | a scored row, microseconds | table, MiB | more memory, MiB |",
        "|---:|---:|---|---:|---:|---:|---:|",
    ]
    for rows, columns, name, fit, score, table, more in frame.itertuples(index=False):
        of = reference.loc[(rows, columns)]
        costs = f"{fit:.2f} ({fit / of.fit_seconds:.1f}) | {score:.1f} ({score / of.row_microseconds:.1f})"
        lines.append(f"| {rows:,} | {columns:,} | {name} | {costs} | {table:.1f} | {more:.0f} |")
    return "\n".join([*lines, ""])


def slopes(frame: pd.DataFrame) -> str:
    lines = [
        "## Slopes\n",
        "![Cost against rows and columns](costs.png)\n",
        "Exponents of rows (20 columns) and of columns (10,000 rows), by a straight line in logarithms:\n",
        "| detector | fit, rows | fit, columns | a scored row, rows | a scored row, columns |",
        "|---|---:|---:|---:|---:|",
    ]
    for name in DETECTORS:
        found = [
            slope(one, axis, cost)
            for cost in ("fit_seconds", "row_microseconds")
            for axis, one in sweeps(frame, name).items()
        ]
        lines.append(f"| {name} | " + " | ".join(f"{value:.2f}" for value in found) + " |")
    return "\n".join([*lines, ""])


def sweeps(frame: pd.DataFrame, name: str) -> dict[str, pd.DataFrame]:
    """Return the lines of a detector in which rows grow, and those in which columns grow."""
    one = frame[frame["detector"] == name]
    fixed = {"rows": one["columns"] == 20, "columns": one["rows"] == 10_000}
    return {axis: one[mask].sort_values(axis) for axis, mask in fixed.items()}


def slope(one: pd.DataFrame, axis: str, cost: str) -> float:
    return float(np.polyfit(np.log(one[axis]), np.log(one[cost]), 1)[0])


@styled
def costs(frame: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(7.2, 5.0), layout="constrained")
    for line, (cost, label) in zip(
        figure.subplots(2, 2, sharey="row"),
        {"fit_seconds": "fit, s", "row_microseconds": "a scored row, µs"}.items(),
        strict=True,
    ):
        for axis, axes in zip(("rows", "columns"), line, strict=True):
            draw(axes, frame, axis, cost)
        line[0].set_ylabel(label)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def draw(axes: Axes, frame: pd.DataFrame, axis: str, cost: str) -> None:
    for name, colour in zip(DETECTORS, OKABE_ITO, strict=False):
        one = sweeps(frame, name)[axis]
        axes.plot(one[axis], one[cost], marker="o", ms=3, color=colour, label=name)
    axes.set(xscale="log", yscale="log", xlabel=axis)


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


def report(output: Path) -> None:
    frame, sets = pd.read_csv(output), output.with_name("large_sets.csv")
    costs(frame).savefig(output.with_name("costs.png"), dpi=120)
    parts = [page(frame), slopes(frame)]
    if sets.exists():
        parts.append(of_large_sets(pd.read_csv(sets)))
    parts.append("Rebuilt by `python benchmarks/speed/default.py reports/speed-default/seconds.csv`.\n")
    output.with_name("report.md").write_text("\n".join(parts), encoding="utf-8")


@click.command()
@click.argument("output", type=click.Path(path_type=Path))
def main(output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    if not output.exists():
        output.write_text(",".join(FIELDS) + "\n")
    done = {tuple(line[:3]) for line in csv.reader(output.open())}
    alone = ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1)
    with alone:
        for rows, columns in SHAPES:
            for name in DETECTORS:
                if (str(rows), str(columns), name) not in done:
                    line = alone.submit(measured, rows, columns, name).result()
                    with output.open("a") as file:
                        csv.writer(file, lineterminator="\n").writerow(line)
    report(output)


if __name__ == "__main__":
    main()
