"""Must a detector of signals be told by what to describe them?

Four suites of signals with known truth (``benchmarks/made_signals.py``), 560 normal ones to train and a share
of faulty ones among them, 300 and 300 to test. ``RobustDetector`` on signals joins three descriptions; it is
compared with itself on each of them alone, as vectors, and with simple detectors. How the descriptions are
joined was chosen on draw 0.

    python benchmarks/signals.py --draws 2 --output reports/signals

writes ``cells.csv`` (goes on where it stopped) and ``report.md``.
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

from benchmarks.made_signals import SUITES, draw
from robustgen import RobustDetector, Signals
from robustgen.descriptors.signal_views import signal_views
from robustgen.metrics import auroc

SHARES = (0.0, 0.1, 0.3)
VIEWS = ("values", "spectrum", "statistics")
CHOSEN_ON = 0
"""The draw on which the rule of joining was chosen."""

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
                        append_row(path, ["suite", "share", "draw", "method", "auroc", "seconds"], row)
    return pd.read_csv(path)


def append_row(path: Path, names: list[str], row: list[Any]) -> None:
    """Write a row of a file of results."""
    frame = pd.DataFrame([row], columns=names)
    frame.to_csv(path, mode="a", header=not path.exists(), index=False)
    print(*row, flush=True)


def report(cells: pd.DataFrame, command: str) -> str:
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
    return markdown(pd.concat([table, pd.DataFrame([means])])) + lowest


def markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown."""
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
    command = f"python benchmarks/signals.py --draws {options.draws} --output {options.output}"
    (options.output / "report.md").write_text(report(cells, command))


if __name__ == "__main__":
    main()
