"""Bits an entry of held-out images: how well each model describes what it did not see.

    ROBUSTGEN_DATA=folder python benchmarks/bits.py --data caltech101_32 --output reports/bits

writes ``bits.csv``, a line as soon as it is measured, and ``report.md``; what the CSV holds already is not
measured again. Each entry of an image is one of 256 grey levels and has the probability of its cell; figures
are bounds, means of 1,000 images that trained nothing. The VAE's is the evidence bound of one draw a row,
which is what it minimises where beta is twice its decoder's variance; a VQ-VAE's is the length of its codes
under the prior, and what the decoder needs for the rest. "Each entry alone" is a Gaussian for every pixel.
On CIFAR-10 van den Oord et al. (2017) have 4.51 for a VAE and 4.67 for VQ-VAE, from 50,000 images and 250,000
batches of 128: ``--data cifar10 --train 50000 --steps 250000 --published`` asks for as much, on a GPU. With
fewer images and batches a figure says how far one gets with these.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy import stats

from benchmarks.pages import publish
from benchmarks.vq import Cell, append_missing
from robustgen import VAE, VQVAE, CodeNets, Quantisation
from robustgen.data import load

SETS = ("cifar10", "caltech101_32", "fashion_mnist")
NAMES = ("each entry alone", "VAE", "VAE, beta .2", "VQ-VAE", "VQ-VAE, robust training", "VQ-VAE, 4 slices")
CODES = 512
N_HELD_OUT = 1000


ENDS = (0.5, -0.5)
"""Of the cell of a grey level."""


class EachEntryAlone:
    """Every entry is a Gaussian of its own mean and deviation: what a model that has learnt nothing needs."""

    def fit(self, X: NDArray) -> EachEntryAlone:
        """Take means and deviations over rows."""
        self.mean_, self.deviation_ = X.mean(0), X.std(0).clip(min=0.5)
        return self

    def bits_per_dim(self, X: NDArray, *, step: float) -> NDArray:
        """Return the bits an entry of each row."""
        upper, lower = (stats.norm.logcdf(-abs(X - self.mean_) + end, scale=self.deviation_) for end in ENDS)
        nats = -upper - np.log1p(-np.exp(lower - upper))
        return nats.reshape(len(X), -1).mean(1) / np.log(2)


def models(steps: int, n_train: int, published: bool) -> dict[str, Callable[[], Any]]:
    """Return what is trained by so many batches; priors by a tenth of them, 1,000 at least."""
    nets = CodeNets.as_published() if published else CodeNets()
    training = {"epochs": None, "training": {"steps": steps}, "batch_size": 128 if published else 64}
    prior_epochs = max(10, max(1000, steps // 10) * 64 // n_train)
    quantised = partial(
        VQVAE,
        **training,
        nets=nets,
        prior_epochs=prior_epochs,
        latent_dim=64 if published else 16,
        learning_rate=2e-4 if published else 1e-3,
        random_state=0,
    )
    return {
        "each entry alone": EachEntryAlone,
        "VAE": lambda: VAE(**training, latent_dim=128, random_state=0),
        "VAE, beta .2": lambda: VAE(**training, beta=0.2, latent_dim=128, random_state=0),
        "VQ-VAE": lambda: quantised(quantisation=Quantisation(CODES)),
        "VQ-VAE, robust training": lambda: quantised(
            quantisation=Quantisation(CODES), codebook_training=True
        ),
        "VQ-VAE, 4 slices": lambda: quantised(
            quantisation=Quantisation(CODES // 4, n_slices=4), codebook_training=True
        ),
    }


def described(data: str, model: str, train: int, steps: int, published: bool) -> dict[str, Any]:
    """Return the mean bits of held-out images and its standard error."""
    X = load(data).X
    rows = np.random.default_rng(0).permutation(len(X))
    start = time.process_time()
    fitted = models(steps, train, published)[model]().fit(X[rows[:train]])
    bits = fitted.bits_per_dim(X[rows[-N_HELD_OUT:]], step=1)
    return {
        "bits": bits.mean(),
        "standard_error": bits.std() / len(bits) ** 0.5,
        "cpu_seconds": time.process_time() - start,
    }


def cells(data: tuple[str, ...], train: int, steps: int, published: bool) -> Iterator[Cell]:
    """Yield a cell for each set and model."""
    for name, model in product(data, NAMES):
        key = {"data": name, "model": model, "train": train, "steps": steps, "published": published}
        yield key, partial(described, **key)


@click.command(help=__doc__)
@click.option("--data", multiple=True, type=click.Choice(SETS), required=True)
@click.option("--train", default=3000, show_default=True, help="Training images.")
@click.option("--steps", default=3000, show_default=True, help="Batches of each model.")
@click.option("--published", is_flag=True, help="The paper's net, step and batches of 128.")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of bits.csv.")
def main(data: tuple[str, ...], train: int, steps: int, published: bool, output: Path) -> None:
    torch.set_num_threads(1)
    path = output / "bits.csv"
    measured = append_missing(path, cells(data, train, steps, published))
    publish(output, "Bits an entry", __doc__ or "", shown(pd.read_csv(path)), measured=measured)


def shown(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with the figures in words."""
    told = lines[["data", "train", "steps", "model"]].copy()
    told["bits an entry"] = lines["bits"].map("{:.2f} ± ".format) + lines["standard_error"].map(
        "{:.2f}".format
    )
    told["CPU seconds"] = lines["cpu_seconds"].round().astype(int)
    return told


if __name__ == "__main__":
    main()
