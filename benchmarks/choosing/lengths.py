"""How long nets have to learn: AUROC epoch by epoch, in batches of several sizes, and what rules make of it.

    OMP_NUM_THREADS=1 python -m benchmarks.choosing.lengths FILE large A Autoencoder 128 256 512 1024
    OMP_NUM_THREADS=1 python -m benchmarks.choosing.lengths FILE small A Autoencoder 128
    python -m benchmarks.choosing.lengths FILE

"large" are tables of 10,000 rows and more, of which 20,000 are learnt, their own outliers among them;
"small" the cells of at most 1,000 inliers, at three corruptions. A and B are halves of the sets: rules are
chosen on A and looked at on B. Each training is a line of the file, and is not run again. As the seed of a
training decides all of it, one training of all epochs says what each early stop would have ended with.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import roc_auc_score

from benchmarks.choosing.cells import DATA, NAMES, Cell, half, rows_of
from robustgen import RSRAE, Autoencoder
from robustgen.training import History, each_epoch

LARGE = (
    *("ad_10_cover", "ad_22_magic.gamma", "ad_32_shuttle"),
    *("ad_16_http", "ad_1_ALOI", "ad_23_mammography", "ad_33_skin", "kddcup99_10pct"),
)
MOST_ROWS, SCORED_ROWS = 20_000, 5_000
CORRUPTIONS = (0, 0.1, 0.3)
EPOCHS = {"Autoencoder": 100, "RSRAE": 200}
FEWER_EPOCHS = 50
"""Of RSRAE on large tables."""


def watched(cls: type) -> type:
    """Return a detector that shows its net while it is trained."""

    class Watched(cls):
        present: Any = None

        def _initialised(self, seeds: Any) -> Any:
            net = super()._initialised(seeds)
            Watched.present = copy.copy(self)
            Watched.present.net_ = net
            return net

    return Watched


DETECTORS = {cls.__name__: watched(cls) for cls in (Autoencoder, RSRAE)}


def curve(detector: Any, X: np.ndarray, T: np.ndarray, outlier: np.ndarray) -> dict[str, Any]:
    """Train, and return the objective and the AUROC of the rows T after each epoch."""
    aurocs: list[float] = []
    spent = [0.0]

    def judge(history: History) -> None:
        start = time.process_time()
        present = type(detector).present
        with torch.no_grad():
            errors = present._errors(present.scaling_.apply(torch.from_numpy(T)).float()[None])[0]
        aurocs.append(float(roc_auc_score(outlier, errors.numpy())))
        spent[0] += time.process_time() - start

    start = time.process_time()
    with each_epoch(judge):
        detector.fit(X)
    seconds = time.process_time() - start - spent[0]
    objective = detector.history_["objective"][:, 0].tolist()
    return {"seconds": seconds, "objective": objective, "auroc": aurocs}


def large(name: str) -> Iterator[tuple[float, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Yield rows of a large table; some of them are scored."""
    with np.load(DATA / f"{name}.npz") as table:
        X, outlier = table["X"], table["y"] != 0
    chosen = np.random.default_rng(0).permutation(len(X))[:MOST_ROWS]
    X, outlier = X[chosen].astype(float), outlier[chosen]
    scored = np.argsort(~outlier, kind="stable")[: max(SCORED_ROWS, 2 * outlier.sum())]
    yield float(outlier.mean()), (X, X[scored], outlier[scored])


def small(name: str) -> Iterator[tuple[float, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Yield the cells of a set: rows to learn, and rows that are scored."""
    for corruption in CORRUPTIONS:
        X, _, T, outlier = rows_of(Cell(name, corruption, 0))
        yield corruption, (X, T, outlier)


def add(path: Path, kind: str, part: str, method: str, sizes: list[int]) -> None:
    """Add the lines that are missing."""
    path.touch()
    done = {tuple(json.loads(line)["key"]) for line in path.open()}
    rows, names = {"large": (large, LARGE), "small": (small, NAMES)}[kind]
    for name in (name for name in names if half(name) == part):
        for corruption, (X, T, outlier) in rows(name):
            for size in sizes:
                key = (kind, part, method, name, round(corruption, 4), size)
                if key not in done:
                    epochs = FEWER_EPOCHS if (kind, method) == ("large", "RSRAE") else EPOCHS[method]
                    detector = DETECTORS[method](batch_size=size, epochs=epochs, device="cpu", random_state=0)
                    line = {"key": key, "rows": len(X)} | curve(detector, X, T, outlier)
                    with path.open("a") as file:
                        file.write(json.dumps(line) + "\n")
                    print(*key, f"{line['seconds']:.1f} s, AUROC {line['auroc'][-1]:.3f}", flush=True)


def stopped_after(objective: list[float], patience: int, least: float) -> int:
    """Return the epochs of a training that is stopped as :class:`robustgen.training.TrainingConfig` says."""
    best, waited = np.inf, 0
    for epoch, value in enumerate(objective, 1):
        margin = least * abs(best) if np.isfinite(best) else 0
        waited = 0 if value < best - margin else waited + 1
        best = min(best, value) if waited == 0 else best
        if waited >= patience:
            return epoch
    return len(objective)


RULES = [(patience, least) for patience in (5, 10, 20) for least in (0.001, 0.003, 0.01, 0.03)]


def lines(path: Path) -> pd.DataFrame:
    """Return a line for each training and rule; the rule "all" is the last epoch."""
    found = []
    for text in path.open():
        line = json.loads(text)
        names = ("kind", "half", "method", "set", "corruption", "batch")
        base = dict(zip(names, line["key"], strict=True)) | {"rows": line["rows"]}
        epochs = len(line["auroc"])
        for rule in ["all", *RULES]:
            end = epochs if rule == "all" else stopped_after(line["objective"], *rule)
            share = end / epochs
            auroc = line["auroc"][end - 1]
            loss = line["auroc"][-1] - auroc
            of_rule = {"auroc": 100 * auroc, "lost": 100 * loss, "share": share}
            found.append(base | {"rule": str(rule), "seconds": line["seconds"] * share} | of_rule)
    return pd.DataFrame(found)


def main(path: Path) -> None:
    """Print what batches and rules make of the AUROC."""
    frame = lines(path)
    whole = frame[frame.rule == "all"]
    for kind, of_kind in whole.groupby("kind"):
        table = of_kind.groupby(["method", "half", "batch"])[["auroc", "seconds"]].mean()
        print(f"\n{kind}: batches\n", table.round(2).to_string())
    print(
        "\nlarge, by set\n",
        whole[whole.kind == "large"]
        .pivot_table(index=["method", "half", "set"], columns="batch", values="auroc")
        .round(1)
        .to_string(),
    )
    table = frame.groupby(["kind", "method", "half", "rule"]).agg(
        auroc=("auroc", "mean"), lost=("lost", "mean"), worst=("lost", "max"), share=("share", "mean")
    )
    print("\nearly stops\n", table.round(2).to_string())


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        add(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], [int(size) for size in sys.argv[5:]])
