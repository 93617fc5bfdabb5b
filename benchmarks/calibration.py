"""Does a false discovery rate hold when the calibration rows are dirty too?

A detector is fitted to one part of dirty training rows and calibrated by the other; test rows, a fifth of
them outliers, are decided on at a rate of 0.1 by Benjamini and Hochberg. Only the reference differs: all
held-out rows ("untrimmed"), without the lower end of the estimated share ("ours", what
:class:`robustgen.ConformalDetector` does), without the estimated share itself, and without the true one,
which nobody knows.

    python benchmarks/calibration.py --output reports/calibration

writes ``calibration.csv``: the realised rate and the share of outliers found, means over the draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from robustgen import Autoencoder, ConformalDetector
from robustgen._seeds import seed_from
from robustgen.data import draw, load
from robustgen.inference.corruption import estimate_corruption
from robustgen.inference.p_values import conformal_p_values, discoveries, trimmed

RATE, OUTLIERS_AMONG_TEST = 0.1, 0.2
CORRUPTION = (0.0, 0.1, 0.2)
QUICK = ("digits:0", "digits:4", "digits:8", "breast_cancer")
PLANTED = {"planted, near": 1.5, "planted, far": 3.0}

TRIMS: Mapping[str, Callable[[NDArray[np.float64], float], float]] = {
    "untrimmed": lambda reference, corruption: 0.0,
    "ours": lambda reference, corruption: estimate_corruption(reference).interval[0],
    "estimated share": lambda reference, corruption: estimate_corruption(reference).share,
    "true share": lambda reference, corruption: corruption,
}


class Rows(NamedTuple):
    """Training rows, test rows, and which of the latter are outliers."""

    train: NDArray[Any]
    test: NDArray[Any]
    outlier: NDArray[np.bool_]


def planted(corruption: float, far: float, draw_number: int) -> Rows:
    """Draw 1000 training and 1000 test rows, inliers near a subspace of dimension 3 of 12."""
    rng = np.random.default_rng(seed_from("planted", far, corruption, draw_number))
    basis = rng.normal(size=(3, 12))

    def rows(share: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        outlier = np.arange(1000) < round(1000 * share)
        inliers = rng.normal(size=(1000, 3)) @ basis + 0.5 * rng.normal(size=(1000, 12))
        return np.where(outlier[:, None], far * rng.normal(size=(1000, 12)), inliers), outlier

    return Rows(rows(corruption)[0], *rows(OUTLIERS_AMONG_TEST))


def quick(name: str, corruption: float, draw_number: int) -> Rows:
    """Draw from a set inside scikit-learn; of its test outliers as many as make a fifth."""
    dataset, _, inlier_class = name.partition(":")
    split = draw(
        load(dataset), inlier_class=inlier_class or None, corruption=corruption, repetition=draw_number
    )
    inliers, outliers = np.flatnonzero(~split.outlier_test), np.flatnonzero(split.outlier_test)
    rng = np.random.default_rng(seed_from("test", name, draw_number))
    wanted = round(inliers.size * OUTLIERS_AMONG_TEST / (1 - OUTLIERS_AMONG_TEST))
    test = np.r_[inliers, rng.permutation(outliers)[:wanted]]
    train, tested = (X.reshape(len(X), -1) for X in (split.X_train, split.X_test[test]))
    return Rows(train, tested, split.outlier_test[test])


def measured(draws: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each set, corruption, draw and reference."""
    for name in (*PLANTED, *QUICK):
        for corruption in CORRUPTION:
            for number in range(draws):
                rows = (
                    planted(corruption, PLANTED[name], number)
                    if name in PLANTED
                    else quick(name, corruption, number)
                )
                case = {"set": name, "corruption": corruption}
                yield from (case | line for line in decided(rows, corruption, number))
            click.echo(f"{name}, {corruption:g}", err=True)


def decided(rows: Rows, corruption: float, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the realised rate and the power of each reference."""
    detector = Autoencoder(loss="l21", robust=True, n_members=4, epochs=30, random_state=seed)
    wrapped = ConformalDetector(detector, calibration=0.4, trim=0, random_state=seed).fit(rows.train)
    (part,) = wrapped.parts_
    scores = part.detector.score_samples(rows.test)
    for name, share in TRIMS.items():
        reference = trimmed(part.reference, share(part.reference, corruption))
        marked = discoveries(conformal_p_values(scores, reference), RATE)
        yield {
            "reference": name,
            "false": (marked & ~rows.outlier).sum() / max(1, marked.sum()),
            "found": marked[rows.outlier].mean(),
        }


@click.command(help=__doc__)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of the table.")
@click.option("--draws", default=20, show_default=True, help="Draws of each set.")
def main(output: Path, draws: int) -> None:
    torch.set_num_threads(1)
    lines = pd.DataFrame(measured(draws))
    table = lines.pivot_table(
        ["false", "found"], ["set", "corruption"], "reference", sort=False, observed=True
    )
    table.columns = [f"{measure}, {reference}" for measure, reference in table.columns]
    output.mkdir(parents=True, exist_ok=True)
    table.round(3).to_csv(output / "calibration.csv")
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
