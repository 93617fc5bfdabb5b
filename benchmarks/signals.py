"""Must a detector of signals be told by what to describe them, and what does a series cost?

Four suites of signals with known truth (``benchmarks/made_signals.py``), 560 normal ones to train and a share
of faulty ones among them, 300 and 300 to test. ``RobustDetector`` on signals joins three descriptions; it is
compared with itself on each of them alone, as vectors, and with simple detectors. How the descriptions are
joined was chosen on draw 0. Then series of 4,000 points to train and 6,000 to test.

    python benchmarks/signals.py --draws 2 --output reports/signals

writes ``cells.csv`` and ``series.csv`` (goes on where it stopped) and ``report.md``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from benchmarks.made_signals import SUITES, draw, long_series
from robustgen import Autoencoder, RobustDetector, SeriesDetector, Signals
from robustgen.descriptors.signal_views import signal_views
from robustgen.metrics import auroc, average_precision, vus_pr
from robustgen.registry import build, resolve

SHARES = (0.0, 0.1, 0.3)
VIEWS = ("values", "spectrum", "statistics")
CHOSEN_ON = 0
"""The draw on which the rule of joining was chosen."""
SERIES_SHARES = (0.0, 0.05, 0.1)

Scores = NDArray[np.float64]


def described(signals: Scores, view: str) -> Scores:
    """Return signals (n, T) by one description."""
    made = signal_views(torch.from_numpy(signals)[:, None])
    return made[VIEWS.index(view)].numpy()


def joined(train: Scores, test: Scores, view: str) -> Scores:
    """Return the errors by the default on signals, whose autoencoders neither screen nor score."""
    return -RobustDetector(epochs=1, n_members=1, random_state=0).fit(Signals(train)).score_samples(test)


def alone(train: Scores, test: Scores, view: str) -> Scores:
    """Return the errors by the default on one description, as vectors."""
    detector = RobustDetector(random_state=0).fit(described(train, view))
    return -detector.score_samples(described(test, view))


def forest(train: Scores, test: Scores, view: str) -> Scores:
    """Return the errors by an isolation forest on one description."""
    fitted = IsolationForest(random_state=0).fit(described(train, view))
    return -fitted.score_samples(described(test, view))


def neighbours(train: Scores, test: Scores, view: str) -> Scores:
    """Return the mean distance to the 50 nearest training signals by one description, standardised."""
    scaler = StandardScaler().fit(described(train, view))
    known = NearestNeighbors(n_neighbors=50).fit(scaler.transform(described(train, view)))
    return known.kneighbors(scaler.transform(described(test, view)))[0].mean(1)


METHODS: dict[str, tuple[Callable[[Scores, Scores, str], Scores], tuple[str, ...]]] = {
    "RobustDetector": (joined, ("joined",)),
    "RobustDetector on vectors": (alone, VIEWS),
    "KNN 50": (neighbours, VIEWS),
    "IForest": (forest, VIEWS),
}


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


SERIES: dict[str, Callable[[], SeriesDetector | MatrixProfile]] = {
    "default": SeriesDetector,
    "Autoencoder, robust": lambda: SeriesDetector(Autoencoder(robust=True, random_state=0)),
    "default, by windows": lambda: SeriesDetector(scoring="windows"),
    "IForest, by windows": lambda: SeriesDetector(IsolationForest(random_state=0)),
    "PCA, by windows": lambda: SeriesDetector(build(resolve("pca"), random_state=0)),
    "KNN 50, by windows": lambda: SeriesDetector(build(resolve("knn-50"), random_state=0)),
    "matrix profile (stumpy)": MatrixProfile,
}


def run_signals(path: Path, draws: int) -> pd.DataFrame:
    """Measure each cell that is not in the file yet."""
    cells = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=["suite", "share", "draw", "method"])
    done = set(cells[["suite", "share", "draw", "method"]].itertuples(index=False, name=None))
    for seed in range(draws):
        for suite in SUITES:
            for share in SHARES:
                train, test, faulty = draw(suite, seed, share)
                for method, (errors, views) in METHODS.items():
                    for view in views:
                        name = f"{method}, {view}"
                        if (suite, share, seed, name) in done:
                            continue
                        start = time.perf_counter()
                        value = auroc(faulty, errors(train, test, view))
                        seconds = round(time.perf_counter() - start, 1)
                        row = [suite, share, seed, name, round(value, 4), seconds]
                        _append(path, ["suite", "share", "draw", "method", "auroc", "seconds"], row)
    return pd.read_csv(path)


def run_series(path: Path, draws: int) -> pd.DataFrame:
    """Measure each series that is not in the file yet."""
    cells = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=["share", "draw", "method"])
    done = set(cells[["share", "draw", "method"]].itertuples(index=False, name=None))
    for seed in range(draws):
        for share in SERIES_SHARES:
            rng = np.random.default_rng(seed)
            (train, _), (test, kinds) = long_series(rng, 4000, share), long_series(rng, 6000, 0.1)
            for method, make in SERIES.items():
                if (share, seed, method) in done:
                    continue
                start = time.perf_counter()
                errors = -make().fit(train).score_samples(test)
                seconds = round(time.perf_counter() - start, 1)
                spikes = kinds < 2
                values = [
                    average_precision(kinds > 0, errors),
                    vus_pr(kinds > 0, errors, 50),
                    average_precision(kinds[spikes] > 0, errors[spikes]),
                ]
                names = ["share", "draw", "method", "ap", "vus_pr", "ap_spikes", "seconds"]
                _append(path, names, [share, seed, method, *np.round(values, 4), seconds])
    return pd.read_csv(path)


def _append(path: Path, names: list[str], row: list[Any]) -> None:
    frame = pd.DataFrame([row], columns=names)
    frame.to_csv(path, mode="a", header=not path.exists(), index=False)
    print(*row, flush=True)


def report(cells: pd.DataFrame, series: pd.DataFrame, command: str) -> str:
    """Return the report as Markdown."""
    parts = [f"# Signals\n\nMade by `{command}`. {(__doc__ or '').split('    python')[0].strip()}\n"]
    of_signals = "## Signals: AUROC x 100"
    for title, chosen in (
        ("chosen on", cells["draw"] == CHOSEN_ON),
        ("checked on", cells["draw"] != CHOSEN_ON),
    ):
        part = cells[chosen]
        if len(part):
            draws = ", ".join(map(str, sorted(part["draw"].unique())))
            parts.append(f"{of_signals}, draws that the rule was {title} ({draws})\n\n{_table(part)}\n")
    if len(series):
        means = series.groupby(["method", "share"])[["ap", "vus_pr", "ap_spikes"]].mean().round(2)
        n_draws = series["draw"].nunique()
        parts.append(
            "## Series: average precision of points, VUS-PR up to 50 points, average precision of spikes "
            f"(mean of {n_draws} draws, by the share of faulty points in training)\n\n"
            f"{_markdown(means.reset_index())}\n"
        )
    return "\n".join(parts)


def _table(cells: pd.DataFrame) -> str:
    wide = 100 * cells.pivot_table(index=["suite", "share"], columns="method", values="auroc")
    singles = [name for name in wide if name.startswith("RobustDetector on vectors")]
    wide["best single"] = wide[singles].max(axis=1)
    wide["joined minus best"] = wide["RobustDetector, joined"] - wide["best single"]
    names = ["RobustDetector, joined", *singles, "joined minus best"]
    names += [name for name in wide if name.startswith(("KNN", "IForest"))]
    table = wide[names].round(1).reset_index()
    means = wide[names].mean().round(1).to_dict() | {"suite": "mean", "share": ""}
    behind = -wide["joined minus best"].min()
    lowest = f"\nThe joined score is at most {behind:.1f} points behind the best single description."
    return _markdown(pd.concat([table, pd.DataFrame([means])])) + lowest


def _markdown(table: pd.DataFrame) -> str:
    rows = [list(map(str, table.columns)), ["---"] * table.shape[1], *table.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def main() -> None:
    """Run what is missing, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    cells = run_signals(options.output / "cells.csv", options.draws)
    series = run_series(options.output / "series.csv", options.draws)
    command = f"python benchmarks/signals.py --draws {options.draws} --output {options.output}"
    (options.output / "report.md").write_text(report(cells, series, command))


if __name__ == "__main__":
    main()
