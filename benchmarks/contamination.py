"""How well is the share of outliers estimated from the scores of the training rows?

Each detector is fitted to rows of which a known share are outliers, and every estimate sees its training
scores alone. ``ours`` is :func:`robustgen.inference.corruption.estimate_corruption`; beside it stand a
constant, textbook rules, and thresholders of PyThresh where that is installed. Their choices count as 0.5
where they mark more. The rule was chosen with these sets in view, on other draws.

    ROBUSTGEN_DATA=folder python benchmarks/contamination.py --output reports/contamination

writes ``error.csv`` (the mean absolute error of each estimate, and its slope: how much it grows with the
truth), ``interval.csv`` (how often the interval holds the truth) and ``agreed.csv`` (RobustDetector, which
asks several models, and what leaving out the estimated share would remove), and prints them. Without the
folder, the sets inside scikit-learn and the planted ones are measured.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture

from robustgen import Autoencoder, RobustDetector
from robustgen._seeds import seed_from
from robustgen.data import draw, load
from robustgen.inference.corruption import estimate_corruption

Scores = NDArray[np.float64]
CORRUPTION = (0.0, 0.05, 0.1, 0.2, 0.3)
BUILT_IN = ("digits:0", "digits:4", "digits:8", "breast_cancer", "wine:0")
FOLDER = (
    "ad_6_cardio",
    "ad_12_fault",
    "ad_22_magic.gamma",
    "ad_24_mnist",
    "ad_29_Pima",
    "ad_30_satellite",
    "ad_32_shuttle",
    "ad_4_breastw",
    "ad_26_optdigits",
    "ad_28_pendigits",
    "ad_17_InternetAds",
    "ad_44_Wilt",
)
PLANTED = {"planted, near": 1.0, "planted, far": 3.0}
DETECTORS: Mapping[str, Callable[..., Any]] = {
    "autoencoder": lambda seed: Autoencoder(epochs=30, random_state=seed),
    "autoencoder, robust": lambda seed: Autoencoder(
        loss="l21", n_members=4, robust=True, epochs=30, random_state=seed
    ),
    "isolation forest": lambda seed: IsolationForest(random_state=seed % 2**31),
}
THRESHOLDERS = ("CHAU", "QMCD", "IQR", "KARCH", "CLF", "FILTER", "MTT", "DSN", "GESD")


def three_mads(errors: Scores) -> float:
    """Count what lies three normal-consistent median absolute deviations above the median."""
    median = np.median(errors)
    return float((errors > median + 3 * 1.4826 * np.median(np.abs(errors - median))).mean())


def mixture(errors: Scores) -> float:
    """Weigh the upper of two normal components of log errors, if BIC prefers two."""
    logs = np.log(np.maximum(errors - errors.min(), 1e-3 * np.ptp(errors) + 1e-300))[:, None]
    one, two = (GaussianMixture(k, random_state=0).fit(logs) for k in (1, 2))
    return float(two.weights_[two.means_.argmax()]) if two.bic(logs) < one.bic(logs) else 0.0


def otsu(errors: Scores) -> float:
    """Cut where the variance between the two sides is largest."""
    ordered = np.sort(errors)
    n = ordered.size
    left = np.arange(1, n)
    sums = ordered.cumsum()[:-1]
    between = (sums / left - (ordered.sum() - sums) / (n - left)) ** 2 * left * (n - left)
    return float(1 - left[between.argmax()] / n)


def mirror(errors: Scores) -> float:
    """Take the inliers for symmetric about the mode of a histogram, and count the excess above it."""
    counts, edges = np.histogram(errors[errors <= np.quantile(errors, 0.95)], bins="fd")
    mode = edges[counts.argmax() : counts.argmax() + 2].mean()
    return float(max(0.0, 1 - 2 * (errors < mode).mean()))


def thresholder(name: str) -> Callable[[Scores], float]:
    """Return a thresholder of PyThresh as an estimate."""
    build = getattr(import_module(f"pythresh.thresholds.{name.lower()}"), name)
    return lambda errors: float(np.mean(build().eval(errors)))


def estimates() -> dict[str, Callable[[Scores], float]]:
    """Return the estimates by name."""
    own = {
        "ours": lambda errors: estimate_corruption(-errors).share,
        "always 0.1": lambda errors: 0.1,
        "3 MADs": three_mads,
        "two normals of logs": mixture,
        "Otsu": otsu,
        "mirror": mirror,
    }
    theirs = THRESHOLDERS if find_spec("pythresh") else ()
    return own | {f"PyThresh {name}": thresholder(name) for name in theirs}


def planted(corruption: float, far: float, draw_number: int) -> tuple[NDArray, NDArray[np.bool_]]:
    """Return 500 rows, inliers near a subspace of dimension 3 of 12, and which of them are outliers."""
    rng = np.random.default_rng(seed_from("planted", far, corruption, draw_number))
    outlier = np.arange(500) < round(500 * corruption)
    rows = rng.normal(size=(500, 3)) @ rng.normal(size=(3, 12)) + 0.5 * rng.normal(size=(500, 12))
    return np.where(outlier[:, None], far * rng.normal(size=(500, 12)), rows), outlier


def cases(repetitions: int) -> Iterator[tuple[str, float, int, NDArray, NDArray[np.bool_]]]:
    """Yield the set, corruption, repetition, training rows and which of them are outliers."""
    for name in (*PLANTED, *BUILT_IN, *(FOLDER if "ROBUSTGEN_DATA" in os.environ else ())):
        for corruption in CORRUPTION:
            for repetition in range(repetitions):
                yield name, corruption, repetition, *_rows(name, corruption, repetition)


def _rows(name: str, corruption: float, repetition: int) -> tuple[NDArray, NDArray[np.bool_]]:
    if name in PLANTED:
        return planted(corruption, PLANTED[name], repetition)
    dataset, _, inlier_class = name.partition(":")
    split = draw(
        load(dataset),
        inlier_class=inlier_class or None,
        corruption=corruption,
        repetition=repetition,
        max_train=500,
    )
    return split.X_train.reshape(len(split.X_train), -1), split.outlier_train


def measured(repetitions: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each case, detector and estimate."""
    rules = estimates()
    for name, corruption, repetition, X, outlier in cases(repetitions):
        for detector, build in DETECTORS.items():
            fitted = build(seed_from("fit", name, corruption, repetition, detector)).fit(X)
            errors = -fitted.score_samples(X)
            truth = outlier.mean()
            lower, upper = estimate_corruption(-errors).interval
            case = {
                "set": name,
                "kind": "planted" if name in PLANTED else "real",
                "corruption": corruption,
                "detector": detector,
                "auroc": roc_auc_score(outlier, errors) if outlier.any() else np.nan,
                "held": lower <= truth <= upper,
                "width": upper - lower,
            }
            for rule, estimate in rules.items():
                share = min(0.5, _quietly(estimate, errors))
                yield case | {"estimate": rule, "share": share, "error": abs(share - truth)}
        click.echo(f"{name}, {corruption:g}, {repetition}", err=True)


def _quietly(estimate: Callable[[Scores], float], errors: Scores) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimate(errors)


def error_table(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the mean absolute error of each estimate and its slope; the columns say over which cases."""
    real = lines[lines.kind == "real"]
    table = real.pivot_table("error", "estimate", "corruption").add_prefix("real, ")
    quality = real.groupby(["set", "detector"]).auroc.transform("mean")
    table["planted"] = lines[lines.kind == "planted"].groupby("estimate").error.mean()
    table["AUROC above 0.9"] = real[quality > 0.9].groupby("estimate").error.mean()
    table["real, all"] = real.groupby("estimate").error.mean()
    for kind, rows in lines.groupby("kind"):
        table[f"slope, {kind}"] = rows.groupby("estimate")[["corruption", "share"]].apply(_slope)
    return table.sort_values("real, all").round(3) + 0.0


def _slope(lines: pd.DataFrame) -> float:
    """Return by how much the estimate grows with the truth: 1 is best, a constant has 0."""
    return float(np.polyfit(lines.corruption, lines.share, 1)[0])


def interval_table(lines: pd.DataFrame) -> pd.DataFrame:
    """Return how often the interval holds the truth, its width and the mean estimate."""
    ours = lines[lines.estimate == "ours"]
    return ours.groupby(["kind", "corruption"])[["share", "error", "held", "width"]].mean().round(3)


def agreed(repetitions: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each case and way to estimate the share from RobustDetector."""
    for name, corruption, repetition, X, outlier in cases(repetitions):
        fitted = RobustDetector(random_state=seed_from("fit", name, corruption, repetition) % 2**31).fit(X)
        grades = -fitted.score_samples(X)
        alone = estimate_corruption(-np.sign(grades) * np.expm1(np.abs(grades)))
        ways = {
            "all models": (fitted.contamination_, fitted.contamination_interval_),
            "the score": alone,
            "always 0.1": (0.1, (0.1, 0.1)),
        }
        truth = outlier.mean()
        for way, (share, (lower, upper)) in ways.items():
            removed = grades.argsort()[::-1][: round(share * len(grades))]
            yield {
                "kind": name if name in PLANTED else "real",
                "corruption": corruption,
                "estimate": way,
                "share": share,
                "error": abs(share - truth),
                "held": lower <= truth <= upper,
                "width": upper - lower,
                "removed": len(removed),
                "outliers removed": outlier[removed].sum(),
                "outliers": outlier.sum(),
            }
        click.echo(f"{name}, {corruption:g}, {repetition}, all models", err=True)


def agreed_table(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the mean share by corruption, its error, and precision and recall of what would be removed."""
    by = lines.groupby(["kind", "estimate"])
    table = lines.pivot_table("share", ["kind", "estimate"], "corruption").add_prefix("share, ")
    table[["error", "held", "width"]] = by[["error", "held", "width"]].mean()
    table["largest error"] = by.error.max()
    table["slope"] = by[["corruption", "share"]].apply(_slope)
    sums = by[["removed", "outliers removed", "outliers"]].sum()
    table["precision"] = sums["outliers removed"] / sums["removed"]
    table["recall"] = sums["outliers removed"] / sums["outliers"]
    return table.round(3) + 0.0


@click.command(help=__doc__)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of the tables.")
@click.option("--repetitions", default=1, show_default=True, help="Draws of each case.")
def main(output: Path, repetitions: int) -> None:
    torch.set_num_threads(1)
    lines = pd.DataFrame(measured(repetitions))
    output.mkdir(parents=True, exist_ok=True)
    tables = {
        "error": error_table(lines),
        "interval": interval_table(lines),
        "agreed": agreed_table(pd.DataFrame(agreed(repetitions))),
    }
    for name, table in tables.items():
        table.to_csv(output / f"{name}.csv")
        print(table.to_string(), end="\n\n")


if __name__ == "__main__":
    main()
