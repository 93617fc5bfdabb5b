"""The start of RVQ-VAE's sets: what rounds with several margins, and from two first sets, part.

    ROBUSTGEN_DATA=folder python benchmarks/rvqvae_starts.py --output reports/vq/starts.csv

appends a line a start as soon as it is measured; starts that the CSV holds are not measured again. Sets
are those after the rounds and before any training of codes: "leaked" is the share of outliers in the side
that is taken for the inliers', "lost" that of inliers in the other, "swapped" the same with the sides
exchanged.
"evidence" and "marked" are what the orientation decides by, "sharpness" what chooses between margins.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from robustgen import RVQVAE
from robustgen.data import load
from robustgen.nets.draws import Generators
from robustgen.objectives import robust_quantisation
from robustgen.objectives.base import Rows
from robustgen.objectives.codebooks.inlier_sets import (
    NONE,
    WIDE,
    InlierSets,
    far_from_inliers,
    sharpness,
    worst,
)
from robustgen.objectives.codebooks.seeding import kmeans

EPOCHS = 16
STARTS = {
    ("residual", "1.1"): (1.15, 1.1),
    ("residual", "1.0"): NONE,
    ("residual", "1.2"): WIDE,
    ("two means", "1.1"): (1.15, 1.1),
}
PAIRS: dict[str, tuple[tuple[str, range | tuple[int, ...]], tuple[str, range | tuple[int, ...]]]] = {
    "garments+digits": (("fashion_mnist", range(10)), ("mnist", range(10))),
    "digits+garments": (("mnist", range(10)), ("fashion_mnist", range(10))),
    "clothes+shoes": (("fashion_mnist", (0, 1, 2, 3, 4, 6)), ("fashion_mnist", (5, 7, 9))),
    "boots,bags+digits": (("fashion_mnist", (8, 9)), ("mnist", range(10))),
    "evens+odds": (("mnist", range(0, 10, 2)), ("mnist", range(1, 10, 2))),
}


def dirty(pair: str, corruption: float, n_inliers: int, draw: int) -> tuple[NDArray, NDArray[np.bool_]]:
    """Return training rows and which of them are outliers."""
    rng = np.random.default_rng(draw)
    counts = (n_inliers, round(corruption / (1 - corruption) * n_inliers))
    parts = []
    for (name, classes), n_rows in zip(PAIRS[pair], counts, strict=True):
        data = load(name)
        of_classes = data.X[np.isin(data.y.astype(int), list(classes))]
        parts.append(of_classes[rng.permutation(len(of_classes))[:n_rows]])
    order = rng.permutation(sum(counts))
    return np.concatenate(parts)[order], (np.arange(len(order)) >= n_inliers)[order]


class Measured(Exception):  # noqa: N818
    """All starts are measured: nothing needs to be trained."""


class Candidates(InlierSets):
    """Sets that measure all starts in the place of making one, and stop."""

    outlier: Tensor
    lines: list[dict[str, Any]]

    def _start(self, rows: Rows, generators: Generators) -> None:
        (x,) = rows.batches(torch.arange(rows.n_rows)[None], rows.n_rows)
        z = self._net.positions(x)
        flat = z.flatten(2)
        centres, _ = kmeans(flat, 2, generators, torch.ones(flat.shape[:2]))
        first = {
            "residual": worst(self._first_errors(rows, generators), self.share),
            "two means": torch.cdist(flat, centres).argmin(-1) == 1,
        }
        for (start, margin), margins in STARTS.items():
            self._rounds(z, first[start], [torch.Generator().manual_seed(1)], margins)
            self.lines.append({"start": start, "margin": margin, **self._measured(z, margins[-1])})
        raise Measured

    def _measured(self, z: Tensor, margin: float) -> dict[str, float]:
        distances = self._net.quantizer.distances(z)
        marked = far_from_inliers(distances, margin)
        leaked, lost = shares(marked[0], self.outlier)
        swapped = shares(~marked[0], self.outlier)
        return {
            "marked": float(marked.float().mean()),
            "leaked": leaked,
            "lost": lost,
            "leaked_swapped": swapped[0],
            "lost_swapped": swapped[1],
            "evidence": float(self._anchors.evidence(marked)),
            "loss": float(torch.where(marked, distances[..., 1], distances[..., 0]).mean()),
            "sharpness": float(sharpness(distances)),
        }


def shares(marked: Tensor, outlier: Tensor) -> tuple[float, float]:
    """Return the share of outliers among the rows that are not marked, and of inliers that are."""
    return float(outlier[~marked].float().mean()), float(marked[~outlier].float().mean())


def measure(key: dict[str, str], output: Path) -> None:
    """Append the lines of all starts of one training set."""
    X, outlier = dirty(key["pair"], float(key["c"]), int(key["n"]), int(key["draw"]))
    Candidates.outlier, Candidates.lines = torch.from_numpy(outlier), []
    try:
        RVQVAE(epochs=EPOCHS, random_state=int(key["draw"])).fit(X)
    except Measured:
        lines = [
            {**key, **{k: v if isinstance(v, str) else f"{v:.4g}" for k, v in line.items()}}
            for line in Candidates.lines
        ]
    new = not output.exists()
    with output.open("a", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        if new:
            writer.writeheader()
        writer.writerows(lines)


@click.command(help=__doc__)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="The CSV.")
@click.option("--pair", multiple=True, type=click.Choice(list(PAIRS)), help="Default: all of them.")
@click.option("--rows", type=int, default=700, show_default=True, help="Inliers.")
@click.option("--draws", type=int, default=3, show_default=True)
def main(output: Path, pair: tuple[str, ...], rows: int, draws: int) -> None:
    torch.set_num_threads(1)
    robust_quantisation.InlierSets = Candidates
    done = []
    if output.exists():
        with output.open(newline="") as file:
            done = list(csv.DictReader(file))
    for draw in range(draws):
        for corruption in ("0.1", "0.4"):
            for name in pair or PAIRS:
                key = {"pair": name, "c": corruption, "n": str(rows), "draw": str(draw)}
                if not any(key.items() <= line.items() for line in done):
                    measure(key, output)


if __name__ == "__main__":
    main()
