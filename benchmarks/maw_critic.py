"""How near MAW's codes come to their prior, by the critic's moves a batch and its learning rate.

    ROBUSTGEN_DATA=folder python benchmarks/maw_critic.py --output reports/maw-critic

writes ``critic.csv``, a line as soon as it is measured, and ``report.md``; what the CSV holds already is not
measured again. "5 x 4" are five moves a batch, at four times the autoencoder's learning rate. ``distance`` is
the exact W1 between one code of each of 500 training rows at most and as many draws of the prior, ``null``
that of two samples of the prior, means over two nets; the tables have their ratio, 1 where the codes are the
prior's. ``auroc`` is that of held-out rows by the mean error of the two nets, ``cpu_seconds`` what their fit
took. Everything else is MAW's default: 100 epochs of batches of 128, at most 500 training inliers. The
default was chosen on the first five sets, and then measured on three others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from benchmarks.pages import publish
from benchmarks.vq import Cell, append_missing
from robustgen import MAW, Regularisation
from robustgen.data import Split, draw, load
from robustgen.metrics import auroc
from robustgen.nets.draws import normal
from robustgen.objectives.variational import CodeSampler

SEEN = ("digits:0", "digits:8", "breast_cancer", "wine:1", "ad_30_satellite")
UNSEEN = ("digits:4", "ad_28_pendigits", "ad_6_cardio")
CORRUPTION = (0.0, 0.1, 0.3)
CRITICS = ((1, 1.0), (5, 1.0), (1, 4.0), (1, 10.0), (2, 4.0), (2, 10.0), (5, 4.0))
"""Moves a batch, and learning rate over the autoencoder's."""
REGULARISERS = {
    **{f"{steps} x {rate:g}": {"critic_steps": steps, "critic_rate": rate} for steps, rate in CRITICS},
    "sliced": {"kind": "sliced"},
}
MEMBERS, MAX_ROWS = 2, 500


def cells(sets: tuple[str, ...], regularisers: tuple[str, ...]) -> Iterator[Cell]:
    """Yield a cell for each set, corruption and regulariser."""
    for name, corruption, regulariser in product(sets, CORRUPTION, regularisers):
        key = {"data": name, "corruption": corruption, "regulariser": regulariser}
        yield key, partial(measured, **key)


def measured(data: str, corruption: float, regulariser: str) -> dict[str, Any]:
    """Return the distance of the codes, its null, the AUROC and what the fit took."""
    split = split_of(data, corruption)
    X, X_test = (rows.reshape(len(rows), -1).astype(float) for rows in (split.X_train, split.X_test))
    detector = MAW(regulariser=Regularisation(**REGULARISERS[regulariser]), n_members=MEMBERS, random_state=0)
    start = time.process_time()
    detector.fit(X)
    seconds = time.process_time() - start
    distance, null = distances(detector, X)
    return {
        "distance": distance,
        "null": null,
        "auroc": auroc(split.outlier_test, -detector.score_samples(X_test)),
        "code_share": detector.code_share_.mean(),
        "n_train": len(X),
        "cpu_seconds": seconds,
    }


def split_of(data: str, corruption: float) -> Split:
    """Return the first draw of a set; ``name:class`` names the normal class."""
    name, _, normal_class = data.partition(":")
    settings = {"corruption": corruption, "max_train": 500, "max_test": 5000}
    return draw(load(name), inlier_class=normal_class or None, **settings)


def distances(detector: MAW, X: NDArray[np.float64]) -> tuple[float, float]:
    """Return the exact W1 of drawn codes and the prior, and of two samples of the prior."""
    rows = np.random.default_rng(0).permutation(len(X))[:MAX_ROWS]
    generators = [torch.Generator().manual_seed(k) for k in range(MEMBERS)]
    with torch.no_grad():
        (x,) = detector._member_blocks(X[rows])
        z = CodeSampler("row")(detector.net_.posterior(x), generators)
    prior, other = (normal(generators, z, *z.shape[1:]) for _ in range(2))
    return exact(z, prior), exact(other, prior)


def exact(z: torch.Tensor, prior: torch.Tensor) -> float:
    """Return the mean over nets of the cost of the best pairing."""
    costs = [cdist(*pair) for pair in zip(z.numpy(), prior.numpy(), strict=True)]
    return float(np.mean([cost[linear_sum_assignment(cost)].mean() for cost in costs]))


def shown(lines: pd.DataFrame) -> pd.DataFrame:
    """Return a line a regulariser: the ratio to the null by geometric mean and at most, AUROC, seconds."""
    by = lines.assign(ratio=lines["distance"] / lines["null"]).groupby("regulariser", sort=False)
    told = by["ratio"].agg(ratio=lambda ratio: f"{np.exp(np.log(ratio).mean()):.1f}", largest="max").round(1)
    rocs = lines.pivot_table("auroc", "regulariser", "corruption", sort=False)
    told[[f"AUROC, c = {corruption:g}" for corruption in rocs]] = rocs.map("{:.3f}".format)
    told["CPU seconds"] = by["cpu_seconds"].mean().round(1)
    return told.reset_index()


@click.command(help=__doc__)
@click.option("--sets", type=click.Choice(["seen", "unseen"]), multiple=True, default=("seen", "unseen"))
@click.option(
    "--regulariser", multiple=True, type=click.Choice(list(REGULARISERS)), help="Default: all of them."
)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of critic.csv.")
def main(sets: tuple[str, ...], regulariser: tuple[str, ...], output: Path) -> None:
    torch.set_num_threads(1)
    names = {"seen": SEEN, "unseen": UNSEEN}
    path, chosen = output / "critic.csv", regulariser or tuple(REGULARISERS)
    measured = sum(append_missing(path, cells(names[one], chosen)) for one in sets)
    lines = pd.read_csv(path)
    tables = [shown(lines[lines["data"].isin(members)]) for members in names.values()]
    publish(output, "MAW's critic", __doc__ or "", *tables, measured=measured)


if __name__ == "__main__":
    main()
