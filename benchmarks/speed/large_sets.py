"""What the default costs and finds on large tables: processor seconds, AUROC and AP of the training rows.

    ROBUSTGEN_DATA=/data python benchmarks/speed/large_sets.py reports/speed-default/large_sets.csv --code now

A fit learns the first rows of a random order of each table, its outliers among them. A line is added to the
file for each fit, and what is there already is not run again; ``PYTHONPATH`` decides whose code is measured,
``--code`` what it is called. ``default.py`` shows the file in its report.
"""

from __future__ import annotations

import csv
import os
import time
from pathlib import Path

import click
import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from robustgen import RobustDetector

SETS = {
    "shuttle": "ad_32_shuttle",
    "http": "ad_16_http",
    "cover": "ad_10_cover",
    "skin": "ad_33_skin",
    "kdd": "kddcup99_10pct",
    "ALOI": "ad_1_ALOI",
    "magic.gamma": "ad_22_magic.gamma",
    "mammography": "ad_23_mammography",
    "mnist": "ad_24_mnist",
    "optdigits": "ad_26_optdigits",
    "pendigits": "ad_28_pendigits",
    "annthyroid": "ad_2_annthyroid",
    "satellite": "ad_30_satellite",
    "SpamBase": "ad_35_SpamBase",
    "thyroid": "ad_38_thyroid",
    "Wilt": "ad_44_Wilt",
    "nsl_kdd": "nsl_kdd",
}
"""Tables of 3,000 rows and more."""
FIELDS = ("code", "set", "rows", "seed", "fit_seconds", "auroc", "ap")


def some_rows(name: str, n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    with np.load(Path(os.environ["ROBUSTGEN_DATA"]) / f"{SETS[name]}.npz") as table:
        X, outlying = table["X"], table["y"] != 0
    chosen = np.random.default_rng(seed).permutation(len(X))[:n_rows]
    return X[chosen], outlying[chosen]


def measured(code: str, name: str, n_rows: int, seed: int) -> tuple[object, ...]:
    X, outlying = some_rows(name, n_rows, seed)
    start = time.process_time()
    errors = -RobustDetector(random_state=seed).fit(X).training_scores_
    spent = time.process_time() - start
    auroc, ap = roc_auc_score(outlying, errors), average_precision_score(outlying, errors)
    return code, name, n_rows, seed, f"{spent:.2f}", f"{auroc:.4f}", f"{ap:.4f}"


@click.command()
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--code", default="now", show_default=True, help="What the code is called that is measured.")
@click.option("--rows", default=30_000, show_default=True)
@click.option("--seeds", default=2, show_default=True)
def main(output: Path, code: str, rows: int, seeds: int) -> None:
    if not output.exists():
        output.write_text(",".join(FIELDS) + "\n")
    done = {tuple(line[:4]) for line in csv.reader(output.open())}
    for seed in range(seeds):
        for name in SETS:
            if (code, name, str(rows), str(seed)) not in done:
                with output.open("a") as file:
                    csv.writer(file, lineterminator="\n").writerow(measured(code, name, rows, seed))


if __name__ == "__main__":
    main()
