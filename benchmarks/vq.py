"""The vector-quantised family on MNIST and Fashion-MNIST: samples under corruption, sets, usage of codes.

    ROBUSTGEN_DATA=folder python benchmarks/vq.py generation sets usage --output reports/vq

writes one CSV a part, a line as soon as it is measured, and pictures of samples. What the CSV holds already
is not measured again: delete its lines to do so. Each fit is of one seed and computes on one thread.

generation: 1,400 inliers and as many outliers as make the corruption; the inliers are the same at every
corruption, and alone train the clean oracle. A judge of held-out rows of both sides sees 2,000 samples.
sets: the choices of RVQ-VAE, one changed at a time, by what leaks into its inlier set.
usage: VQ-VAE without and with each part of the robust training, K = 256, on Fashion-MNIST.
budget: every quantizer, trained by so many batches of 32 rows, on vectors (pendigits, K = 64) and on
garments of 14 x 14 pixels (K = 256).
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any

import click
import matplotlib.image
import numpy as np
import torch
from numpy.typing import NDArray

from robustgen import RVQVAE, SQVAE, VQVAE, CodebookTraining, Quantisation, StochasticQuantisation
from robustgen.bench.generation import SampleClassifier
from robustgen.data import load
from robustgen.metrics import auroc
from robustgen.metrics.generation import generation_report

EPOCHS, LONG_EPOCHS, N_SAMPLES = 16, 60, 2000
N_TRAIN, N_TRAIN_OF_SETS = 1400, 350
"""Training inliers of generation and usage, and of sets."""
N_JUDGED, N_REAL = 2500, 1500
"""Held-out rows of each side that train the judge, and held-out inliers that samples are compared with."""
PAIRS = {
    "MNIST, Fashion outliers": ("mnist", "fashion_mnist"),
    "Fashion, MNIST outliers": ("fashion_mnist", "mnist"),
    "Fashion class 1, the rest outliers": ("fashion_mnist", None),
}
VARIANTS: list[dict[str, Any]] = [
    {},
    {"sets": {"directions": "none"}},
    {"sets": {"membership": "rank"}},
    {"sets": {"membership": "compare"}},
    {"sets": {"start": "relative"}},
    {"sets": {"start": "random"}},
    {"codebook_training": False},
]
LONG_VARIANTS: list[dict[str, Any]] = [{}, {"sets": {"membership": "rank"}}]
"""What is also measured after many epochs, in which sets may drift."""
PARTS = ("generation", "sets", "usage", "budget")
SCORINGS = ("codebooks", "contrast", "reconstruction", "sum")
SIZES = {"vectors": 64, "images": 256}
"""Codes of each codebook, by the data of the budgets."""
BUDGET_MODELS: dict[str, Callable[[int], VQVAE | SQVAE]] = {
    "VQ-VAE": lambda n: VQVAE(quantisation=Quantisation(n)),
    "SQ-VAE, type I": lambda n: SQVAE(quantisation=StochasticQuantisation(n)),
    "SQ-VAE, type I, not cooled": lambda n: SQVAE(quantisation=StochasticQuantisation(n, temperature=1.0)),
    "VQ-VAE, robust training": lambda n: VQVAE(quantisation=Quantisation(n), codebook_training=True),
    "VQ-VAE, EMA": lambda n: VQVAE(quantisation=Quantisation(n, updates="ema")),
    "VQ-VAE, 8 slices": lambda n: VQVAE(quantisation=Quantisation(n, n_slices=8), codebook_training=True),
    "SQ-VAE, type III": lambda n: SQVAE(quantisation=StochasticQuantisation(n, variance="III")),
    **{
        name: lambda n, quantizer=quantizer: VQVAE(quantisation=Quantisation(n, quantizer=quantizer))
        for name, quantizer in {
            "VQ-VAE, rotation trick": "rotation",
            "SimVQ": "simvq",
            "residual VQ, two stages": "residual",
            "FSQ": "fsq",
            "LFQ": "lfq",
        }.items()
    },
}
Cell = tuple[dict[str, Any], Callable[[], dict[str, Any]]]
"""What a line is about, and how its values are measured."""


class Pair:
    """Inliers and outliers of one pair, with a label for each kind of image."""

    def __init__(self, name: str) -> None:
        inner, outer = PAIRS[name]
        data = load(inner)
        mine = data.y == 1 if outer is None else np.ones(len(data.y), dtype=bool)
        others = (data.X[~mine], data.y[~mine])
        if outer is not None:
            others = (load(outer).X, load(outer).y.astype(int) + 100)
        rng = np.random.default_rng(0)
        self.inliers, self.inlier_labels = _shuffled(rng, data.X[mine], data.y[mine])
        self.outliers, self.outlier_labels = _shuffled(rng, *others)

    def dirty(self, corruption: float, n_inliers: int = N_TRAIN) -> tuple[NDArray, NDArray[np.bool_]]:
        """Return training rows and which of them are outliers; the inliers are the same at any corruption."""
        n_outliers = round(corruption / (1 - corruption) * n_inliers)
        X = np.concatenate([self.inliers[:n_inliers], self.outliers[:n_outliers]])
        order = np.random.default_rng(1).permutation(len(X))
        return X[order], (np.arange(len(X)) >= n_inliers)[order]

    @property
    def real(self) -> NDArray:
        """Clean inliers that train nothing."""
        return self.inliers[-N_REAL:]

    @property
    def other_real(self) -> NDArray:
        """As many others, which are the best samples that there could be."""
        return self.inliers[-2 * N_REAL : -N_REAL]

    def judge(self) -> SampleClassifier:
        """Return a classifier of clean rows of each side, none of which trains a detector."""
        part = slice(N_TRAIN, N_TRAIN + N_JUDGED)
        X = np.concatenate([self.inliers[part], self.outliers[part]])
        labels = np.concatenate([self.inlier_labels[part], self.outlier_labels[part]])
        return SampleClassifier(0).fit(X, labels, np.arange(len(X)) < N_JUDGED)


def _shuffled(rng: np.random.Generator, X: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
    order = rng.permutation(len(X))
    return X[order], y[order]


pair_of = cache(Pair)
judge_of = cache(lambda name: pair_of(name).judge())


def generation(names: list[str], corruptions: list[float], figures: Path) -> Iterator[Cell]:
    """Yield the cells of samples: real rows, the clean oracle, then each model on dirty rows."""
    for name in names:
        yield {"pair": name, "corruption": 0.0, "model": "held-out inliers"}, partial(held_out, name)
    for corruption in (0.0, *corruptions):
        for name in names:
            for label in ("RVQ-VAE", "VQ-VAE") if corruption else ("VQ-VAE",):
                key = {"pair": name, "corruption": corruption, "model": label}
                yield key, partial(sampled, figures=figures, **key)


def held_out(pair: str) -> dict[str, Any]:
    """Judge real rows: no samples can be expected to be better."""
    unknown = dict.fromkeys(("leaked", "lost", "cpu_seconds"), float("nan"))
    return judged(pair, pair_of(pair).other_real) | unknown


def sampled(pair: str, corruption: float, model: str, figures: Path) -> dict[str, Any]:
    """Train a generator and judge its samples."""
    X, outlier = pair_of(pair).dirty(corruption)
    start = time.process_time()
    if model == "RVQ-VAE":
        fitted = RVQVAE(epochs=EPOCHS, random_state=0).fit(X)
        sets = {"leaked": outlier[fitted.support_].mean(), "lost": (~fitted.support_)[~outlier].mean()}
    else:
        fitted = VQVAE(
            quantisation=Quantisation(64), codebook_training=True, epochs=EPOCHS, random_state=0
        ).fit(X)
        sets = {"leaked": outlier.mean(), "lost": 0.0}
    made = fitted.sample(N_SAMPLES, random_state=0)
    seconds = time.process_time() - start
    picture(made, figures / f"{list(PAIRS).index(pair)}-{model}-{corruption:g}.png".lower())
    return judged(pair, made) | sets | {"cpu_seconds": seconds}


def judged(pair: str, made: NDArray) -> dict[str, Any]:
    """Return the measures of samples beside held-out inliers."""
    judge = judge_of(pair)
    return generation_report(judge.features(pair_of(pair).real), judge.features(made), judge.accepts(made))


def picture(made: NDArray, path: Path) -> None:
    """Write the first forty samples, two rows of twenty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grid = made[:40].clip(0, 255).reshape(2, 20, 28, 28).swapaxes(1, 2).reshape(2 * 28, 20 * 28)
    matplotlib.image.imsave(path, grid.astype(np.uint8), cmap="gray", vmin=0, vmax=255)


def sets(names: list[str], corruptions: list[float]) -> Iterator[Cell]:
    """Yield the cells of the ablation of RVQ-VAE."""
    trained = [(EPOCHS, options) for options in VARIANTS] + [(LONG_EPOCHS, one) for one in LONG_VARIANTS]
    for name in names:
        for corruption in corruptions:
            for epochs, options in trained:
                settings = options.get("sets", options)
                variant = ", ".join(f"{key}={value}" for key, value in settings.items()) or "defaults"
                key = {"pair": name, "corruption": corruption, "epochs": epochs, "variant": variant}
                yield key, partial(divided, name, corruption, {"epochs": epochs, **options})


def divided(pair: str, corruption: float, options: dict[str, Any]) -> dict[str, Any]:
    """Return what leaks into the inlier set, what is lost from it, and how well each score ranks."""
    X, outlier = pair_of(pair).dirty(corruption, N_TRAIN_OF_SETS)
    fitted = RVQVAE(random_state=0, **options).fit(X)
    ranked = {
        f"auroc_{scoring}": auroc(outlier, -fitted.set_params(scoring=scoring).score_samples(X))
        for scoring in SCORINGS
    }
    return {
        "leaked": outlier[fitted.support_].mean(),
        "lost": (~fitted.support_)[~outlier].mean(),
        "outlier_fraction": fitted.outlier_fraction_,
        **ranked,
    }


def usage() -> Iterator[Cell]:
    """Yield the cells of codebook usage."""
    parts: dict[str, Any] = {
        "VQ-VAE": False,
        "VQ-VAE, batch norm": CodebookTraining(batch_norm=True),
        "VQ-VAE, learning rate x 10": CodebookTraining(lr_factor=10.0),
        "VQ-VAE, k-means++ anew": CodebookTraining(bypass_epochs=2, reseed_until=10),
        "VQ-VAE, revival": CodebookTraining(revive_below=0.01),
        "VQ-VAE, all parts": True,
    }
    models = {
        name: VQVAE(quantisation=Quantisation(256), codebook_training=part) for name, part in parts.items()
    }
    models["VQ-VAE, EMA"] = VQVAE(quantisation=Quantisation(256, updates="ema"))
    for name, model in models.items():
        yield {"model": name}, partial(used, model)


def used(model: VQVAE) -> dict[str, Any]:
    """Return how many codes serve garments, and what is lost by them."""
    pair = pair_of("Fashion, MNIST outliers")
    return usage_of(model.set_params(epochs=EPOCHS, random_state=0), pair.dirty(0)[0], pair.real)


def usage_of(model: VQVAE | SQVAE, X: NDArray, held_out: NDArray) -> dict[str, Any]:
    """Return how many codes serve the training rows, and what is lost by them of others."""
    start = time.process_time()
    model.fit(X)
    seconds = time.process_time() - start
    return {
        "perplexity": float(model.codebook_perplexity_[0].mean()),
        "codes_used": int(model.codes_used_[0].sum()),
        "test_rmse": float(np.sqrt(np.square(model.reconstruct(held_out) - held_out).mean())),
        "cpu_seconds": seconds,
    }


def budget(data: list[str], steps: list[int], draws: int) -> Iterator[Cell]:
    """Yield the cells of usage by the budget of batches."""
    for draw, name, n_steps, label in product(range(draws), data, steps, BUDGET_MODELS):
        key = {"data": name, "model": label, "steps": n_steps, "draw": draw}
        yield key, partial(used_by_steps, **key)


def used_by_steps(data: str, model: str, steps: int, draw: int) -> dict[str, Any]:
    """Return the usage after a budget of batches; where there is one, the variance s^2 of the quantizer."""
    n_codes, X = SIZES[data], rows_of(data)
    order = np.random.default_rng(draw).permutation(len(X))
    fitted = BUDGET_MODELS[model](n_codes).set_params(
        epochs=None, batch_size=32, training={"steps": steps}, random_state=draw
    )
    values = usage_of(fitted, X[order[:N_TRAIN]], X[order[-N_REAL:]])
    log_variance = getattr(fitted.net_.quantizer, "log_variance", None)
    return values | {"variance": float("nan") if log_variance is None else float(log_variance.exp())}


@cache
def rows_of(data: str) -> NDArray:
    """Return vectors of unit variance, or garments whose 2 x 2 pixels are averaged."""
    if data == "vectors":
        X = load("ad_28_pendigits").X
        return (X - X.mean(0)) / X.std(0)
    return load("fashion_mnist").X.reshape(-1, 14, 2, 14, 2).mean((2, 4))


def append_missing(path: Path, cells: Iterable[Cell]) -> int:
    """Measure the cells that a CSV lacks, append each as soon as it is measured, and return their number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = []
    if path.exists():
        with path.open(newline="") as file:
            done = list(csv.DictReader(file))
    before = len(done)
    for key, measure in cells:
        words = {name: str(value) for name, value in key.items()}
        if any(words.items() <= line.items() for line in done):
            continue
        line = words | {name: format(value, ".4g") for name, value in measure().items()}
        print(line, flush=True)
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, done[0] if done else line)
            if not done:
                writer.writeheader()
            writer.writerow(line)
        done.append(line)
    return len(done) - before


@click.command(help=__doc__)
@click.argument("part", nargs=-1, required=True, type=click.Choice(PARTS))
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of the CSVs.")
@click.option("--pair", multiple=True, type=click.Choice(list(PAIRS)), help="Default: all of them.")
@click.option("--corruption", multiple=True, type=float, default=(0.3,), show_default=True)
@click.option("--steps", multiple=True, type=int, default=(30_000,), show_default=True, help="Of budget.")
@click.option("--data", multiple=True, type=click.Choice(list(SIZES)), help="Of budget. Default: all.")
@click.option("--draws", default=2, show_default=True, help="Of budget.")
def main(
    part: tuple[str, ...],
    output: Path,
    pair: tuple[str, ...],
    corruption: tuple[float, ...],
    steps: tuple[int, ...],
    data: tuple[str, ...],
    draws: int,
) -> None:
    torch.set_num_threads(1)
    names, corruptions = list(pair or PAIRS), list(corruption)
    cells: dict[str, Callable[[], Iterator[Cell]]] = {
        "generation": lambda: generation(names, corruptions, output / "figures"),
        "sets": lambda: sets(names, corruptions),
        "usage": usage,
        "budget": lambda: budget(list(data or SIZES), list(steps), draws),
    }
    for one in part:
        append_missing(output / f"{one}.csv", cells[one]())


if __name__ == "__main__":
    main()
