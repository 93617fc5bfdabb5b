"""MAW, its ablations and plain detectors on KDDCUP99, each of the two classes the normal one in turn.

The protocol of the MAW paper: train on 6,000 inliers and c * 6,000 outliers, c a share of the inliers; test
on 1,200 held-out inliers and c_test * 1,200 held-out outliers, averaged over c_test = .1 .3 .5 .7 .9. The
bench cannot run it: its suites take the outliers of this set as they are labelled, and here either class is
normal in its turn. Every detector sees the same rows, and is trained with the same epochs, batches and step.

    ROBUSTGEN_DATA=folder python benchmarks/maw_kdd.py --output reports/kdd-maw

writes ``kdd.csv``, a line a fit and scoring, as the fits end, and ``report.md`` with their means, AUROC times
100 averaged over the shares of outliers in the test set. Fits whose lines are there already are not made
again: a run that was stopped goes on. The code share is the share of the errors that the code explains
(``code_share_``), the mean over all fits.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Container, Iterator, Mapping
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from benchmarks.pages import publish
from robustgen import MAW, RSRAE, VAE, Autoencoder, LatentMixture, Regularisation
from robustgen._seeds import seed_from
from robustgen.data import load
from robustgen.metrics import auroc

TRAIN_INLIERS, TEST_INLIERS = 6000, 1200
TEST_CORRUPTION = (0.1, 0.3, 0.5, 0.7, 0.9)
TRAINING = {"batch_size": 512, "learning_rate": 1e-3}
NORMAL_CLASSES = {"attacks": 0, "benign": 1}
COLUMNS = ("detector", "scoring", "normal", "corruption", "draw", "auroc", "code_share")
ALTERNATING = Regularisation(mode="alternating", critic_steps=1, critic_rate=1.0)
"""The scheme of the authors' code."""
SLICED = Regularisation("sliced", weight=5.0)


def maw(**settings: Any) -> Callable[..., Any]:
    """Return how MAW is built with some settings."""
    return partial(MAW, **settings)


DETECTORS: Mapping[str, Any] = {
    "MAW": MAW,
    "MAW, one critic step": maw(regulariser=Regularisation(critic_steps=1, critic_rate=1.0)),
    "MAW, weight 20": maw(regulariser=Regularisation(weight=20.0)),
    "MAW, sliced, weight 5": maw(regulariser=SLICED),
    "MAW, sliced, weight 5, floor .1": maw(regulariser=SLICED, mixture=LatentMixture(covariance_floor=0.1)),
    "MAW, sliced, weight 5, floor .01": maw(regulariser=SLICED, mixture=LatentMixture(covariance_floor=0.01)),
    "MAW-KL": maw(regulariser=Regularisation("kl")),
    "MAW-MSE": maw(reconstruction="l2"),
    "MAW, one Gaussian": maw(mixture=LatentMixture(n_components=1)),
    "MAW, both full rank": maw(mixture=LatentMixture(ranks=(2, 2))),
    "MAW, alternating": maw(regulariser=ALTERNATING),
    "MAW-MSE, alternating": maw(regulariser=ALTERNATING, reconstruction="l2"),
    "MAW, alternating, one Gaussian": maw(regulariser=ALTERNATING, mixture=LatentMixture(n_components=1)),
    "MAW, alternating, both full rank": maw(regulariser=ALTERNATING, mixture=LatentMixture(ranks=(2, 2))),
    "VAE": partial(VAE, latent_dim=2),
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
    path = output / "kdd.csv"
    lines = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=COLUMNS)
    made = set(lines[["detector", "normal", "corruption", "draw"]].itertuples(index=False, name=None))
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if not made:
            writer.writeheader()
        for line in measured(made, detector or tuple(DETECTORS), corruption, draws, epochs):
            writer.writerow(line)
            file.flush()
    now = pd.read_csv(path)
    publish(output, "MAW on KDDCUP99", __doc__ or "", table(now), measured=len(now) - len(lines))


def measured(
    made: Container[tuple[Any, ...]],
    names: tuple[str, ...],
    corruption: tuple[float, ...],
    draws: int,
    epochs: int,
) -> Iterator[dict[str, Any]]:
    """Yield a line for each draw, detector and scoring that is not made yet."""
    dataset = load("kddcup99_10pct")
    for draw, normal, c in product(range(draws), NORMAL_CLASSES, corruption):
        missing = [name for name in names if (name, normal, c, draw) not in made]
        train, inliers, outliers = sampled(dataset.y == NORMAL_CLASSES[normal], normal, c, draw)
        for name in missing:
            seed = seed_from("fit", normal, c, draw, name) % 2**31
            detector = DETECTORS[name](epochs=epochs, random_state=seed, **TRAINING)
            fitted = detector.fit(dataset.X[train])
            share = float(fitted.code_share_[0]) if isinstance(fitted, MAW) else math.nan
            for scoring, scored in scorings(fitted):
                scores = [-scored.score_samples(dataset.X[rows]) for rows in (inliers, outliers)]
                line = (name, scoring, normal, c, draw, round(mean_auroc(*scores), 5), round(share, 3))
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
            detector.scoring = detector.scoring_ = scoring  # MAW has resolved its own in the fit
            yield scoring, detector
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
    """Return mean AUROC x 100 by detector and scoring, of both normal classes and each, and code shares."""
    by = lines.groupby(["detector", "scoring"], sort=False)
    columns = {}
    for normal in ("both", *NORMAL_CLASSES):
        some = lines if normal == "both" else lines[lines["normal"] == normal]
        means = 100 * some.pivot_table("auroc", ["detector", "scoring"], "corruption", sort=False)
        columns |= {f"{normal}, c = {corruption:g}": means[corruption] for corruption in sorted(means)}
    shares = by["code_share"].mean()
    return pd.DataFrame(columns).round(1).assign(**{"code share": shares.round(2)}).reset_index()


if __name__ == "__main__":
    main()
