"""What does a series cost, and does the default find faults as well as the nearest windows?

Series of 4,000 points to train, a share of them faulty, and 6,000 to test, a tenth of them faulty
(``benchmarks/made_signals.py``): a drifting period with faults of five kinds, and a heart by the equations of
McSharry and others with odd beats. How the default scores was chosen on draws 10 and 11
(``benchmarks/choosing/signals.md``).

    python benchmarks/series.py --draws 1 --output reports/series

writes ``series.csv`` (goes on where it stopped) and ``report.md``. The matrix profile needs
``pip install stumpy``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from benchmarks.made_signals import SERIES
from benchmarks.signals import append_row, markdown
from robustgen import Autoencoder, RobustDetector, SeriesDetector
from robustgen.metrics import average_precision, vus_pr
from robustgen.registry import build, resolve

SHARES = (0.0, 0.1, 0.2)
N_TRAIN, N_TEST = 4000, 6000
BUFFER = 50

Scores = NDArray[np.float64]
NAMES = ["series", "share", "draw", "method", "ap", "vus_pr", "seconds"]


class MatrixProfile:
    """The distance of each window to its nearest one of the training series, shapes alone compared.

    The mean over the windows of a point, as `SeriesDetector` has it; it needs ``pip install stumpy``.
    """

    def __init__(self, window: int = 64) -> None:
        self.window = window

    def fit(self, series: Scores) -> MatrixProfile:
        """Keep the training series (T,)."""
        self.known = series
        return self

    def score_samples(self, series: Scores) -> Scores:
        """Return minus the distance at each point (T,)."""
        import stumpy

        profile = stumpy.stump(series, self.window, self.known, ignore_trivial=False)[:, 0].astype(float)
        spread = np.ones(self.window)
        return -np.convolve(profile, spread) / np.convolve(np.ones(len(profile)), spread)


METHODS: dict[str, Callable[[], SeriesDetector | MatrixProfile]] = {
    "default": SeriesDetector,
    "Autoencoder, robust": lambda: SeriesDetector(Autoencoder(robust=True, random_state=0)),
    "RobustDetector": lambda: SeriesDetector(RobustDetector(random_state=0)),
    "IForest, by windows": lambda: SeriesDetector(IsolationForest(random_state=0)),
    "PCA, by windows": lambda: SeriesDetector(build(resolve("pca"), random_state=0)),
    "KNN 50, by windows": lambda: SeriesDetector(build(resolve("knn-50"), random_state=0)),
    "matrix profile (stumpy)": MatrixProfile,
}


def run(path: Path, draws: int) -> pd.DataFrame:
    """Measure each cell that is not in the file yet."""
    cells = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=NAMES)
    done = set(cells[NAMES[:4]].itertuples(index=False, name=None))
    for seed in range(draws):
        for name, make in SERIES.items():
            for share in SHARES:
                if all((name, share, seed, method) in done for method in METHODS):
                    continue
                rng = np.random.default_rng(seed)
                (train, _), (test, kinds) = make(rng, N_TRAIN, share), make(rng, N_TEST, 0.1)
                for method, build_ in METHODS.items():
                    if (name, share, seed, method) in done:
                        continue
                    start = time.process_time()
                    errors = -build_().fit(train).score_samples(test)
                    seconds = round(time.process_time() - start, 1)
                    odd = kinds > 0
                    found = [average_precision(odd, errors), vus_pr(odd, errors, BUFFER)]
                    append_row(path, NAMES, [name, share, seed, method, *np.round(found, 4), seconds])
    return pd.read_csv(path)


def report(cells: pd.DataFrame, command: str) -> str:
    """Return the report as Markdown."""
    parts = [f"# Series\n\nMade by `{command}`. {(__doc__ or '').split('    python')[0].strip()}\n"]
    titles = {"ap": "Average precision of points x 100", "vus_pr": f"VUS-PR up to {BUFFER} points x 100"}
    for measure, title in titles.items():
        wide = 100 * cells.pivot_table(index="method", columns=["series", "share"], values=measure)
        wide.columns = [f"{name}, {share}" for name, share in wide]
        wide["mean"] = wide.mean(axis=1)
        wide["seconds"] = cells.groupby("method")["seconds"].mean()
        table = wide.round(1).sort_values("mean", ascending=False).reset_index()
        parts.append(f"## {title}, by the share of faulty points in training\n\n{markdown(table)}")
    parts.append(f"Draws: {cells['draw'].nunique()}; seconds of a processor, fit and score.\n")
    return "\n".join(parts)


def main() -> None:
    """Run what is missing, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    cells = run(options.output / "series.csv", options.draws)
    command = f"python benchmarks/series.py --draws {options.draws} --output {options.output}"
    (options.output / "report.md").write_text(report(cells, command))


if __name__ == "__main__":
    main()
