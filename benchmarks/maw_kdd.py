"""MAW, its ablations and plain baselines on KDDCUP99, each of the two classes the normal one in turn.

The protocol of the MAW paper: train on 6,000 inliers and c * 6,000 outliers, c a share of the inliers; test
on 1,200 held-out inliers and c_test * 1,200 held-out outliers, averaged over c_test = .1 .3 .5 .7 .9. The
bench cannot run it: its suites take the outliers of this set as they are labelled, and here either class is
normal in its turn. Every detector sees the same rows, and is trained with the same epochs, batches and step.

    ROBUSTGEN_DATA=folder python benchmarks/maw_kdd.py --output reports/kdd-maw

writes ``kdd.csv``, a line a fit and scoring, as the fits end, and prints the table of its means.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from robustgen import MAW, RSRAE, VAE, Autoencoder, LatentMixture, Regularisation
from robustgen._seeds import seed_from
from robustgen.data import load
from robustgen.metrics import auroc

TRAIN_INLIERS, TEST_INLIERS = 6000, 1200
TEST_CORRUPTION = (0.1, 0.3, 0.5, 0.7, 0.9)
TRAINING = {"batch_size": 512, "learning_rate": 1e-3}
NORMAL_CLASSES = {"attacks": 0, "benign": 1}
COLUMNS = ("detector", "scoring", "normal", "corruption", "draw", "auroc")

DETECTORS: Mapping[str, Any] = {
    "MAW": MAW,
    "MAW, joint, weight 20": lambda **options: MAW(
        regulariser=Regularisation(mode="joint", weight=20.0), **options
    ),
    "MAW-MSE": lambda **options: MAW(reconstruction="l2", **options),
    "MAW-KL": lambda **options: MAW(regulariser=Regularisation("kl"), **options),
    "MAW, one Gaussian": lambda **options: MAW(mixture=LatentMixture(n_components=1), **options),
    "MAW, both full rank": lambda **options: MAW(mixture=LatentMixture(ranks=(2, 2)), **options),
    "VAE": lambda **options: VAE(latent_dim=2, **options),
    "RSRAE": RSRAE,
    "autoencoder": Autoencoder,
}


@click.command(help=__doc__)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of kdd.csv.")
@click.option("--detector", multiple=True, type=click.Choice(list(DETECTORS)), help="Default: all of them.")
@click.option("--corruption", multiple=True, type=float, default=(0.1, 0.3, 0.5), show_default=True)
@click.option("--draws", default=3, show_default=True, help="Draws of the rows.")
@click.option("--epochs", default=20, show_default=True, help="Of every detector.")
def main(
    output: Path, detector: tuple[str, ...], corruption: tuple[float, ...], draws: int, epochs: int
) -> None:
    torch.set_num_threads(1)
    output.mkdir(parents=True, exist_ok=True)
    lines: list[dict[str, Any]] = []
    with (output / "kdd.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for line in measured(detector or tuple(DETECTORS), corruption, draws, epochs):
            writer.writerow(line)
            file.flush()
            lines.append(line)
    print(table(pd.DataFrame(lines)).to_string())


def measured(
    names: tuple[str, ...], corruption: tuple[float, ...], draws: int, epochs: int
) -> Iterator[dict[str, Any]]:
    """Yield a line for each draw, detector and scoring."""
    dataset = load("kddcup99_10pct")
    for draw in range(draws):
        for normal, label in NORMAL_CLASSES.items():
            for c in corruption:
                train, inliers, outliers = sampled(dataset.y == label, normal, c, draw)
                for name in names:
                    seed = seed_from("fit", normal, c, draw, name) % 2**31
                    detector = DETECTORS[name](epochs=epochs, random_state=seed, **TRAINING)
                    fitted = detector.fit(dataset.X[train])
                    for scoring, scored in scorings(fitted):
                        scores = [-scored.score_samples(dataset.X[rows]) for rows in (inliers, outliers)]
                        line = (name, scoring, normal, c, draw, round(mean_auroc(*scores), 5))
                        yield dict(zip(COLUMNS, line, strict=True))


def sampled(inlier: NDArray[np.bool_], *parts: Any) -> tuple[NDArray, NDArray, NDArray]:
    """Return the training rows, and the held-out inliers and outliers."""
    corruption = parts[1]
    rng = np.random.default_rng(seed_from("kdd", *parts))
    inliers, outliers = rng.permutation(np.flatnonzero(inlier)), rng.permutation(np.flatnonzero(~inlier))
    joining = round(corruption * TRAIN_INLIERS)
    train = np.concatenate([inliers[:TRAIN_INLIERS], outliers[:joining]])
    held_out = round(max(TEST_CORRUPTION) * TEST_INLIERS)
    return (
        rng.permutation(train),
        inliers[TRAIN_INLIERS : TRAIN_INLIERS + TEST_INLIERS],
        outliers[joining : joining + held_out],
    )


def scorings(detector: Any) -> Iterator[tuple[str, Any]]:
    """Yield the detector with each way to score that its net allows; the fit is the same."""
    if isinstance(detector, MAW | VAE):
        for scoring in ("l21", "cosine"):
            yield scoring, detector.set_params(scoring=scoring)
    else:
        yield "default", detector


def mean_auroc(inliers: NDArray[np.float64], outliers: NDArray[np.float64]) -> float:
    """Average the AUROC over the outlier shares of the test set."""
    counts = [round(c * TEST_INLIERS) for c in TEST_CORRUPTION]
    values = [
        auroc(np.repeat([False, True], [len(inliers), n]), np.r_[inliers, outliers[:n]]) for n in counts
    ]
    return float(np.mean(values))


def table(lines: pd.DataFrame) -> pd.DataFrame:
    """Return mean AUROC x 100 by detector and scoring: of each normal class, and of the two."""
    by_class = lines.pivot_table("auroc", ["detector", "scoring"], ["normal", "corruption"], sort=False)
    both = lines.pivot_table("auroc", ["detector", "scoring"], "corruption", sort=False)
    both.columns = pd.MultiIndex.from_product([["mean"], both.columns])
    return (100 * by_class.join(both)).round(1)


if __name__ == "__main__":
    main()
