"""Does ``explain`` name the column that is at fault? Three kinds of fault, planted into one column of a row.

Rows come from three hidden factors in eight numeric columns and two columns of counts of few values. One row
in twenty is dirty in the training set, and a further fifty rows carry one fault each:

* a broken correlation: the value of another row, so that the column alone looks as always;
* a shifted column: four deviations added;
* a rare value: a count that hardly any row has.

Run ``python benchmarks/explained_faults.py --draws 20``; it prints the share of rows in which the column at
fault comes first, by kind, and how far the contributions of a row are from adding up to its score.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from robustgen import Autoencoder, RobustDetector
from robustgen.inference.explanation import top_features

N_FAULTS = 50
Rows = NDArray[np.float64]


def inliers(n_rows: int, loadings: Rows, rng: np.random.Generator) -> Rows:
    factors = rng.normal(size=(n_rows, 3))
    numbers = factors @ loadings + 0.3 * rng.normal(size=(n_rows, loadings.shape[1]))
    counts = rng.poisson(0.7, size=(n_rows, 2)).clip(max=3)
    return np.hstack([numbers, counts])


def broken(rows: Rows, column: NDArray[np.intp], rng: np.random.Generator) -> None:
    """Take the opposite of what the row has, from the same column: the column's own law is kept."""
    order = np.argsort(rows[:, :8], axis=0)
    ranks = np.argsort(order, axis=0)
    i = np.arange(len(rows))
    rows[i, column] = rows[order[len(rows) - 1 - ranks[i, column], column], column]


def shifted(rows: Rows, column: NDArray[np.intp], rng: np.random.Generator) -> None:
    rows[np.arange(len(rows)), column] += 4 * rows[:, column].std(0)


def rare(rows: Rows, column: NDArray[np.intp], rng: np.random.Generator) -> None:
    rows[np.arange(len(rows)), column] = 9


FAULTS: dict[str, tuple[Callable[[Rows, NDArray[np.intp], np.random.Generator], None], tuple[int, int]]] = {
    "broken correlation": (broken, (0, 8)),
    "shifted column": (shifted, (0, 8)),
    "rare value": (rare, (8, 10)),
}
DETECTORS = {
    "RobustDetector": lambda seed: RobustDetector(random_state=seed),
    "Autoencoder, robust": lambda seed: Autoencoder(robust=True, random_state=seed),
}


def named_first(build: Callable, draw: int) -> tuple[dict[str, float], float]:
    rng = np.random.default_rng(draw)
    loadings = rng.normal(size=(3, 8))
    X = inliers(1000, loadings, rng)
    X[:50, :8] = 4 * rng.normal(size=(50, 8))
    detector = build(draw).fit(X)
    found, gap = {}, 0.0
    for name, (plant, columns) in FAULTS.items():
        rows = inliers(N_FAULTS, loadings, rng)
        column = rng.integers(*columns, size=N_FAULTS)
        plant(rows, column, rng)
        odd = detector.score_samples(rows) < np.median(detector.training_scores_)
        parts = detector.explain(rows)
        first = top_features(parts, 1).names[:, 0]
        found[name] = float((first == column)[odd].mean())
        gap = max(gap, float(np.abs(parts.sum(1) + detector.score_samples(rows)).max()))
    return found, gap


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20)
    draws = range(parser.parse_args().draws)
    for name, build in DETECTORS.items():
        shares, gaps = zip(*(named_first(build, draw) for draw in draws), strict=True)
        for fault in FAULTS:
            values = [share[fault] for share in shares]
            print(f"{name:20} {fault:20} first in {np.mean(values):.2f} (worst draw {min(values):.2f})")
        print(f"{name:20} largest |sum of contributions + score|: {max(gaps):.1e}")


if __name__ == "__main__":
    main()
