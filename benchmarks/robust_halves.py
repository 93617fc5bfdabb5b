"""Does RobustDetector hold up on tables that nobody chose it on? Both halves, beside other detectors.

The sets of ``ROBUSTGEN_DATA`` whose names begin with ``ad_`` or ``emb_`` are split by the first byte of the
SHA-256 of their names (A even, B odd). Inductive, at most 1,000 training inliers and 1,500 test rows,
c = 0 .05 .1 .2 .3. The other detectors see rows in standard units and score them one at a time. Each model of
the default is also left out of its score where it has several, and it is fitted with a second seed.
``cells.jsonl`` is resumed where it was cut.

Run ``ROBUSTGEN_DATA=... python benchmarks/robust_halves.py --draws 2 --output reports/robust-halves``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from robustgen import RobustDetector
from robustgen.data import draw, load
from robustgen.densities.columns import fit_column_histograms, fit_column_tails
from robustgen.densities.covariance import least_covariance
from robustgen.densities.gaussian import fit_gaussian
from robustgen.densities.neighbours import mean_distance

CORRUPTIONS = (0.0, 0.05, 0.1, 0.2, 0.3)
BEHIND = 0.05
KNOWN = ("ad_6_cardio", "ad_12_fault", "ad_22_magic.gamma", "ad_24_mnist", "ad_29_Pima", "ad_30_satellite")
SEEDS = (0, 1)
KNOWN_SETS = {*KNOWN, "ad_32_shuttle", "ad_4_breastw"}
Rows = NDArray[np.float64]


def half(name: str) -> str:
    return "AB"[hashlib.sha256(name.encode()).digest()[0] % 2]


def _of_torch(fit: Callable[..., Any]) -> Callable[[Rows, Rows], Rows]:
    return lambda X, T: fit(torch.from_numpy(X), 0)(torch.from_numpy(T)).numpy()


def _nearest(k: int) -> Callable[[Rows, Rows], Rows]:
    return lambda X, T: mean_distance(torch.from_numpy(T), torch.from_numpy(X), k).numpy()


def _mcd(X: Rows, T: Rows) -> Rows:
    inner = torch.from_numpy(X)
    distances = least_covariance(inner, 0.5, 0)
    return fit_gaussian(inner[distances <= distances.median()], 0)(torch.from_numpy(T)).numpy()


OTHERS: dict[str, Callable[[Rows, Rows], Rows]] = {
    "iforest": lambda X, T: -IsolationForest(random_state=0).fit(X).score_samples(T),
    "knn5": _nearest(5),
    "knn50": _nearest(50),
    "lof": lambda X, T: -LocalOutlierFactor(20, novelty=True).fit(X).score_samples(T),
    "mcd": _mcd,
    "gauss": _of_torch(fit_gaussian),
    "tails": _of_torch(fit_column_tails),
    "hist": _of_torch(fit_column_histograms),
}
"""How outlying test rows are to a model of the training rows, both in standard units."""


def _dense(X: Any) -> Rows:
    rows = np.asarray(X.toarray() if sparse.issparse(X) else X, dtype=np.float64)
    return rows.reshape(len(rows), -1)


def cell(name: str, corruption: float, repetition: int) -> dict[str, Any]:
    split = draw(
        load(name),
        corruption=corruption,
        repetition=repetition,
        max_train=1000,
        max_test=1500,
        max_corruption=0.3,
    )
    X, T, outlier = _dense(split.X_train), _dense(split.X_test), split.outlier_test
    detector, other = (RobustDetector(random_state=seed).fit(X) for seed in SEEDS)
    scaler = StandardScaler().fit(X)
    errors = {"ours": -detector.score_samples(T)}
    errors |= {other: score(scaler.transform(X), scaler.transform(T)) for other, score in OTHERS.items()}
    metrics = {
        who: [roc_auc_score(outlier, error), average_precision_score(outlier, error)]
        for who, error in errors.items()
    }
    share = [detector.contamination_, *map(float, detector.contamination_interval_)]
    true = float(split.outlier_train.mean())
    identity = {"n": name, "c": corruption, "rep": repetition, "half": half(name), "true": true}
    reseeded = roc_auc_score(outlier, -other.score_samples(T))
    return {
        **identity,
        "share": share,
        "reseeded": reseeded,
        "without": without(detector, T, outlier),
        **metrics,
    }


def without(detector: RobustDetector, T: Rows, outlier: NDArray[np.bool_]) -> dict[str, float]:
    """Return the AUROC of the default's score when each of its models is left out of the mean of several."""
    if len(detector.choice_.models) == 1:  # of a wide table
        return {}
    x = detector.scaling_.apply(torch.from_numpy(T))
    errors = torch.cat([detector.ensemble_(x), detector._autoencoder_errors(x)[None]]).numpy()
    weights = np.array([*detector.ensemble_.weights, 1.0])
    names = [*detector._densities(), "autoencoder"]
    kept = {name: weights * (np.arange(len(names)) != place) for place, name in enumerate(names)}
    kept["all_gaussian and all_neighbours"] = kept["all_gaussian"] * (kept["all_neighbours"] > 0)
    return {name: roc_auc_score(outlier, weight @ errors) for name, weight in kept.items()}


def measure(path: Path, draws: list[int]) -> list[dict[str, Any]]:
    done = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    seen = {(one["n"], one["c"], one["rep"]) for one in done}
    folder = Path(os.environ["ROBUSTGEN_DATA"])
    names = sorted(one.stem for one in folder.glob("*.npz") if one.name.startswith(("ad_", "emb_")))
    with path.open("a") as file:
        for repetition in draws:
            for name in names:
                for corruption in CORRUPTIONS:
                    if (name, corruption, repetition) not in seen:
                        done.append(cell(name, corruption, repetition))
                        file.write(json.dumps(done[-1]) + "\n")
                        file.flush()
    return done


def table(cells: list[dict[str, Any]], place: int) -> pd.DataFrame:
    """Return a line for each set, corruption and detector: AUROC (place 0) or average precision (1)."""
    return pd.DataFrame(
        {"set": one["n"], "half": one["half"], "c": one["c"], "who": who, "value": one[who][place]}
        for one in cells
        for who in ("ours", *OTHERS)
    )


def _means(frame: pd.DataFrame, name: str) -> str:
    means = 100 * frame.pivot_table(index="who", columns="c", values="value", sort=False)
    wide = frame.pivot_table(index=["set", "c"], columns="who", values="value")
    ranks = (-wide).rank(axis=1).groupby("c").mean()
    behind = wide.sub(wide["iforest"], axis=0).lt(-BEHIND).groupby("c").sum()
    lines = [f"### {name} ({frame['set'].nunique()} sets)", ""]
    lines += [
        "| detector | "
        + " | ".join(f"{c:g}" for c in means)
        + " | mean rank | sets over 5 points behind iforest |"
    ]
    lines += ["|---" * (len(means.columns) + 3) + "|"]
    for who, row in means.iterrows():
        label = "**RobustDetector**" if who == "ours" else who
        cells = [f"{value:.1f}" for value in row]
        rank, worse = (" ".join(map(str, of[who].round(1))) for of in (ranks, behind))
        lines.append(f"| {label} | {' | '.join(cells)} | {rank} | {worse} |")
    return "\n".join([*lines, ""])


def _ablation(cells: list[dict[str, Any]]) -> str:
    lines = [
        {"half": one["half"], "c": one["c"], "without": name, "change": 100 * (value - one["ours"][0])}
        for one in cells
        for name, value in one["without"].items()
    ]
    wide = pd.DataFrame(lines).pivot_table("change", "without", ["half", "c"], sort=False).round(1)
    heads = ["without", *(f"{half} {c:g}" for half, c in wide.columns)]
    rows = [[name, *(f"{value:+.1f}" for value in row)] for name, row in wide.iterrows()]
    table = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        [
            "### What each model is worth: AUROC x 100 without it, less that with all",
            "",
            *("| " + " | ".join(row) + " |" for row in table),
            "",
        ]
    )


def _spread(cells: list[dict[str, Any]]) -> str:
    both = pd.DataFrame(
        [{"c": one["c"], "first": one["ours"][0], "second": one["reseeded"]} for one in cells]
    )
    means = 100 * both.groupby("c")[["first", "second"]].mean()
    change = 100 * (both["second"] - both["first"])
    largest = (means["second"] - means["first"]).abs().max()
    return (
        f"Another seed changes the mean over the sets by {largest:.2f} points at most, and a single cell by "
        f"{change.abs().max():.1f} at most (standard deviation {change.std() / np.sqrt(2):.2f}).\n"
    )


def report(cells: list[dict[str, Any]], command: str) -> str:
    auroc, precision = (table(cells, place) for place in (0, 1))
    share = pd.DataFrame([{"true": one["true"], "share": one["share"]} for one in cells])
    estimate, lower, upper = np.array(share["share"].tolist()).T
    true = share["true"].to_numpy()
    held = ((lower <= true + 1e-9) & (true <= upper + 1e-9)).mean()
    blocks = [
        "# RobustDetector on both halves of the sets\n",
        f"`{command}`; how it was chosen: `benchmarks/choosing/looks.md`. AUROC x 100 by corruption.\n",
        _means(auroc[auroc["half"] == "A"], "Half A"),
        _means(auroc[auroc["half"] == "B"], "Half B"),
        _means(auroc, "Both halves"),
        _means(auroc[auroc["set"].isin(KNOWN_SETS)], "The eight sets of earlier sessions"),
        _means(precision, "Both halves, average precision"),
        _ablation(cells),
        _spread(cells),
        f"Estimated share of outliers: mean error {np.abs(estimate - true).mean():.3f} (of the constant .1 "
        f"{np.abs(0.1 - true).mean():.3f}); the 90 % interval holds it in {held:.2f} of the cells.\n",
    ]
    return "\n".join(blocks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, nargs="+", default=[2])
    parser.add_argument("--output", type=Path, default=Path("reports/robust-halves"))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    cells = measure(options.output / "cells.jsonl", options.draws)
    draws = " ".join(map(str, options.draws))
    command = f"python benchmarks/robust_halves.py --draws {draws} --output {options.output}"
    (options.output / "report.md").write_text(report(cells, command))
    wide = table(cells, 0).pivot_table(index=["set", "half", "c"], columns="who", values="value", sort=False)
    wide.round(4).to_csv(options.output / "auroc.csv")


if __name__ == "__main__":
    main()
