"""The measurements of the vector-quantised family: usage of codes, sets, generation.

python benchmarks/vq.py {usage,sets,generation} --data FOLDER --output FOLDER

FOLDER holds mnist.npz and fashion_mnist.npz (X uint8 (70000, 28, 28), y). One CSV a part is written,
a line as soon as it is measured.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import time
from pathlib import Path

import matplotlib as mpl
import numpy as np

from robustgen import RVQVAE, SQVAE, VQVAE, CodebookTraining
from robustgen.bench.judge import Judge
from robustgen.metrics.generation import generation_report

mpl.use("Agg")
N_ROWS, EPOCHS, PRIOR_EPOCHS, N_SAMPLES = 1000, 16, 20, 500
PAIRS = {
    "MNIST, Fashion outliers": ("mnist", "fashion_mnist"),
    "Fashion, MNIST outliers": ("fashion_mnist", "mnist"),
    "Fashion class 1, the rest outliers": ("fashion_mnist", None),
}


class Pair:
    """Inliers and outliers of one pair, with a label for each kind of image."""

    def __init__(self, folder: Path, name: str) -> None:
        inner, outer = PAIRS[name]
        data = dict(np.load(folder / f"{inner}.npz"))
        rng = np.random.default_rng(0)
        mine = data["y"] == 1 if outer is None else np.ones(len(data["y"]), dtype=bool)
        if outer is None:
            others, labels = data["X"][~mine], data["y"][~mine]
        else:
            with np.load(folder / f"{outer}.npz") as file:
                others, labels = file["X"], file["y"] + 100
        self.inliers, self.inlier_labels = _shuffled(rng, data["X"][mine], data["y"][mine])
        self.outliers, self.outlier_labels = _shuffled(rng, others, labels)

    def dirty(self, corruption: float) -> tuple[np.ndarray, np.ndarray]:
        """Return N_ROWS training rows and which are outliers; the inliers at 0.4 are among those at 0.1."""
        n_outliers = round(corruption * N_ROWS)
        X = np.concatenate([self.inliers[: N_ROWS - n_outliers], self.outliers[:n_outliers]])
        order = np.random.default_rng(1).permutation(N_ROWS)
        return X[order], (np.arange(N_ROWS) >= N_ROWS - n_outliers)[order]

    def judge(self) -> Judge:
        """Return a classifier of 3000 clean rows of each side, none of which trains a detector."""
        part = slice(N_ROWS, N_ROWS + 3000)
        X = np.concatenate([self.inliers[part], self.outliers[part]])
        labels = np.concatenate([self.inlier_labels[part], self.outlier_labels[part]])
        inlier = np.arange(len(X)) < len(self.inliers[part])
        return Judge(0).fit(X, labels, inlier)

    def held_out(self) -> np.ndarray:
        """Return clean inliers that train nothing."""
        return self.inliers[-2000:]


def _shuffled(rng, X, y):
    order = rng.permutation(len(X))
    return X[order], y[order]


def usage(folder: Path):
    """Codebook usage on Fashion-MNIST, K = 256."""
    pair = Pair(folder, "Fashion, MNIST outliers")
    X, test = pair.inliers[:N_ROWS], pair.held_out()
    parts = {
        "VQ-VAE": {},
        "+ batch norm": {"batch_norm": True},
        "+ learning rate x 10": {"lr_factor": 10.0},
        "+ k-means++ (2 epochs bypass, until 10)": {"bypass_epochs": 2, "reseed_until": 10},
        "+ revival": {"revive_below": 0.01},
    }
    models = {
        name: VQVAE(n_codes=256, epochs=EPOCHS, codebook_training=CodebookTraining(**part), random_state=0)
        for name, part in parts.items()
    }
    models["all parts"] = VQVAE(n_codes=256, epochs=EPOCHS, codebook_training=True, random_state=0)
    models["VQ-VAE, EMA"] = VQVAE(n_codes=256, epochs=EPOCHS, updates="ema", random_state=0)
    for variance in ("I", "III"):
        models[f"SQ-VAE {variance}"] = SQVAE(
            n_codes=256, epochs=2 * EPOCHS, variance=variance, random_state=0
        )
    for name, model in models.items():
        start = time.process_time()
        model.fit(X)
        yield {
            "model": name,
            "perplexity": model.codebook_perplexity_[0],
            "codes used": model.codes_used_[0],
            "mean squared error, train": model.noise_[0],
            "mean squared error, test": -model.set_params(scoring="reconstruction")
            .score_samples(test)
            .mean(),
            "CPU seconds": time.process_time() - start,
        }


def sets(folder: Path, names: list[str]):
    """The ablation of RVQ-VAE: what leaks into the inlier set, and what is lost from it."""
    variants = [
        {},
        {"directions": "none"},
        {"directions": "principal"},
        {"membership": "compare"},
        {"membership": "trim"},
        {"membership": "reconstruction"},
        {"start": "random"},
        {"codebook_training": False},
    ]
    for name in names:
        X, outlier = Pair(folder, name).dirty(0.3)
        for variant in variants:
            model = RVQVAE(epochs=EPOCHS, random_state=0, **variant).fit(X)
            yield {
                "pair": name,
                "variant": ", ".join(f"{key}={value}" for key, value in variant.items()) or "defaults",
                "outlier_fraction_": model.outlier_fraction_,
                "outliers among the inliers": outlier[model.support_].mean(),
                "inliers lost": (~model.support_)[~outlier].mean(),
                **{f"AUROC, {scoring}": _auroc(model, scoring, X, outlier)
                   for scoring in ("codebooks", "reconstruction", "sum")},
            }  # fmt: skip


def _auroc(model, scoring, X, outlier):
    from robustgen.metrics import auroc

    return auroc(outlier, -model.set_params(scoring=scoring).score_samples(X))


def generation(folder: Path, output: Path, names: list[str], corruptions: list[float]):
    """Samples from corrupted training sets."""
    for name, corruption in itertools.product(names, corruptions):
        pair = Pair(folder, name)
        judge = pair.judge()
        real = judge.features(pair.held_out())
        yield {"pair": name, "corruption": "", "model": "held-out inliers",
               **generation_report(real, judge.features(pair.inliers[-4000:-2000]),
                                   judge.accepts(pair.inliers[-4000:-2000]))}  # fmt: skip
        for label, model in _generators(name, corruption):
            X, outlier = pair.dirty(corruption)
            start = time.process_time()
            model.fit(X[~outlier] if label == "VQ-VAE, clean" else X)
            made = model.sample(N_SAMPLES, random_state=0)
            seconds = time.process_time() - start
            _picture(made, output / f"{name}-{corruption}-{label}.png".replace(", ", "-").replace(" ", "_"))
            inner = "" if label != "RVQ-VAE" else model.outlier_fraction_
            yield {"pair": name, "corruption": corruption, "model": label,
                   **generation_report(real, judge.features(made), judge.accepts(made)),
                   "outlier_fraction_": inner, "CPU seconds": seconds}  # fmt: skip


def _generators(name: str, corruption: float):
    common = {"epochs": EPOCHS, "prior_epochs": PRIOR_EPOCHS, "random_state": 0}
    yield "RVQ-VAE", RVQVAE(n_codes=64, **common)
    yield "VQ-VAE, dirty", VQVAE(n_codes=64, codebook_training=True, **common)
    yield "VQ-VAE, clean", VQVAE(n_codes=64, codebook_training=True, **common)
    if name.startswith("MNIST") and corruption == 0.3:
        yield "SQ-VAE, dirty", SQVAE(n_codes=64, **(common | {"epochs": 2 * EPOCHS}))


def _picture(made: np.ndarray, path: Path) -> None:
    import matplotlib.pyplot as plt

    grid = made[:50].clip(0, 255).reshape(5, 10, 28, 28).swapaxes(1, 2).reshape(5 * 28, 10 * 28)
    plt.imsave(path, grid, cmap="gray", vmin=0, vmax=255)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("part", choices=("usage", "sets", "generation"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path("reports/vq"))
    parser.add_argument("--pair", choices=PAIRS, action="append", help="all of them by default")
    parser.add_argument("--corruption", type=float, action="append", help="0.3 by default")
    parser.add_argument("--name", help="name of the CSV; that of the part by default")
    choices = parser.parse_args()
    names = choices.pair or list(PAIRS)
    choices.output.mkdir(parents=True, exist_ok=True)
    measured = {
        "usage": lambda: usage(choices.data),
        "sets": lambda: sets(choices.data, names),
        "generation": lambda: generation(choices.data, choices.output, names, choices.corruption or [0.3]),
    }[choices.part]()
    with (choices.output / f"{choices.name or choices.part}.csv").open("w", newline="") as file:
        writer = None
        for line in measured:
            writer = writer or csv.DictWriter(file, [*line, "outlier_fraction_", "CPU seconds"]
                                              if choices.part == "generation" else list(line))  # fmt: skip
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow({k: f"{v:.4g}" if isinstance(v, float) else v for k, v in line.items()})
            file.flush()
            print(line, flush=True)


if __name__ == "__main__":
    main()
