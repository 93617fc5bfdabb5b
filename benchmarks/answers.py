"""How much of the damage by outliers in the training rows is recovered by a few answers of a person?

A detector is fitted to rows of which a known share are outliers, with so many answers for rows that are
chosen in different ways: the middles of clusters (:func:`robustgen.questions`), random rows, and the most
suspicious ones, which is what active anomaly detection asks about. The latter two are measured at 10
answers, and so is one wrong answer in ten (``--wrong 0.1``). A random forest learns from the same answers
alone, and the clean oracle is the detector that is fitted to the normal rows alone, as it is to rows that
answers have cleaned. Sets fall into two halves by a hash of their names: choices
are made on half A.

    ROBUSTGEN_DATA=folder python benchmarks/answers.py --output reports/answers

goes on with ``cells.csv`` where it stopped, and writes ``recovered.csv``, ``gains.csv``, ``share.csv``,
``report.md`` and ``answers.png``: AUROC against the number of answers.
"""

from __future__ import annotations

import hashlib
import os
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from robustgen import Answers, RobustDetector
from robustgen._seeds import seed_from
from robustgen.bench.answering import Answering
from robustgen.data import draw, load
from robustgen.detectors.robust.detector import ANSWERED_SUPPORT

BUILT_IN = ("digits/0", "digits/4", "digits/8", "breast_cancer", "wine/0")
SETS = {
    "images": tuple(f"{name}:test/{c}" for c in (1, 3, 5, 7) for name in ("fashion_mnist", "mnist")),
    "texts": tuple(f"reuters10_tfidf/{topic}" for topic in ("earn", "acq", "crude", "trade", "money-fx")),
}
"""Sets with their normal class, the others being outliers, beside the tables."""
COMPARED = 10
"""The number of answers at which other rows to ask about, and wrong answers, are measured too."""
KEYS = ["set", "corruption", "repetition", "strategy", "answers", "wrong"]
MARKERS = {"middles": "o", "random": "s", "suspicious": "v"}
STRATEGIES = {"middles": "middles of clusters", "random": "random rows", "suspicious": "most suspicious rows"}


@dataclass(frozen=True)
class Case:
    """Training rows with some corruption, and test rows.

    Attributes
    ----------
    name : str
        The set.
    corruption : float
        The share of outliers that was asked for.
    repetition : int
        Of the draw.
    X, outlier : ndarray
        The training rows, and which of them are outliers.
    test, truth : ndarray
        The test rows, likewise.
    """

    name: str
    corruption: float
    repetition: int
    X: Any
    outlier: NDArray[np.bool_]
    test: Any
    truth: NDArray[np.bool_]

    @property
    def seed(self) -> int:
        """Of fits and of what is drawn."""
        return seed_from("answers", self.name, self.corruption, self.repetition) % 2**31

    @property
    def kind(self) -> str:
        """Which of ``SETS`` the set is of."""
        return kind(self.name)


def kind(name: str) -> str:
    """Return which of ``SETS`` a set is of, or "tables"."""
    return next((which for which, names in SETS.items() if name in names), "tables")


def half(name: str) -> str:
    """Return the half of the sets that one belongs to."""
    return "AB"[hashlib.sha256(name.encode()).digest()[0] % 2]


def drawn(name: str, corruption: float, repetition: int, max_train: int) -> Case:
    """Draw a case."""
    dataset, _, inlier_class = name.partition("/")
    split = draw(
        load(dataset),
        inlier_class=inlier_class or None,
        corruption=corruption,
        repetition=repetition,
        max_train=max_train,
        max_test=1500,
    )
    return Case(
        name, corruption, repetition, split.X_train, split.outlier_train, split.X_test, split.outlier_test
    )


def detector_for(case: Case) -> RobustDetector:
    """Return the default, not fitted: where no autoencoder scores, one member is enough."""
    detector = RobustDetector(random_state=case.seed, contamination="auto")
    return detector if case.kind == "tables" else detector.set_params(n_members=1)


def fitted(case: Case, answers: Answers | None) -> RobustDetector:
    """Fit the default; where answers leave nothing to learn from, as a person would be told, without."""
    try:
        return detector_for(case).fit(case.X, answers)
    except ValueError:
        return detector_for(case).fit(case.X)


def scored(case: Case, detector: RobustDetector) -> dict[str, float]:
    """Return how well test rows are ranked, and the share that is estimated beside the true one."""
    lower, upper = detector.contamination_interval_
    return ranked(case, -detector.score_samples(case.test)) | {
        "share": detector.contamination_,
        "lower": lower,
        "upper": upper,
        "truth": float(case.outlier.mean()),
    }


def ranked(case: Case, errors: NDArray[np.float64]) -> dict[str, float]:
    """Return AUROC and average precision."""
    return {
        "auroc": roc_auc_score(case.truth, errors),
        "ap": average_precision_score(case.truth, errors),
    }


def forest(case: Case, answers: Answers) -> dict[str, float]:
    """Return what a random forest makes of the answers alone: nothing, where all are alike."""
    judged = [*answers.normal, *answers.outliers]
    if not (len(answers.normal) and len(answers.outliers)):
        return ranked(case, np.zeros(len(case.truth)))
    model = RandomForestClassifier(random_state=case.seed).fit(_flat(case.X)[judged], case.outlier[judged])
    return ranked(case, model.predict_proba(_flat(case.test))[:, 1])


def _flat(rows: Any) -> Any:
    return rows if hasattr(rows, "toarray") else rows.reshape(len(rows), -1)


def measured(case: Case, numbers: list[int], wrong: float) -> Iterator[dict[str, Any]]:
    """Yield a line for each strategy and number of answers."""
    start = time.process_time()
    plain = fitted(case, None)
    seconds = time.process_time() - start
    yield _line("none", 0, 0.0) | scored(case, plain) | {"seconds": seconds}
    oracle = detector_for(case).set_params(support_fraction=ANSWERED_SUPPORT).fit(case.X[~case.outlier])
    yield _line("oracle", 0, 0.0) | scored(case, oracle)
    for how in answerings(numbers, wrong):
        if how.n > len(case.outlier) // 2:
            continue
        start = time.process_time()
        answers = how.judge(detector_for(case), case.X, case.outlier, case.seed)
        seconds = time.process_time() - start
        line = _line(how.strategy, how.n, how.wrong)
        yield line | scored(case, fitted(case, answers)) | {"seconds": seconds}
        if (how.strategy, how.wrong) == ("middles", 0.0):
            yield _line("forest", how.n, 0.0) | forest(case, answers)


def answerings(numbers: list[int], wrong: float) -> list[Answering]:
    """Return the ways of answering: others than the middles, and wrong answers, at one number of them."""
    ways = [Answering(n) for n in numbers]
    if COMPARED in numbers:
        ways += [Answering(COMPARED, strategy) for strategy in ("random", "suspicious")]
        ways += [Answering(COMPARED, wrong=wrong)] * (wrong > 0)
    return ways


def _line(strategy: str, n: int, wrong: float) -> dict[str, Any]:
    return {"strategy": strategy, "answers": n, "wrong": wrong}


def complete(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the sets that have all of them: small sets have no room for many answers."""
    lines = cells.groupby("set").size()
    whole = lines.index[lines == lines.max()]
    return cells[cells["set"].isin(whole)]


def recovered_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the mean AUROC and AP by half, corruption and strategy, and what is recovered of the damage.

    It is the part of the distance from no answers to the clean oracle, of the means over the sets.
    """
    keys = ["half", "corruption", "strategy", "answers", "wrong"]
    both = pd.concat([cells, cells.assign(half="A and B")])
    table = both.groupby(keys, as_index=False).agg(
        auroc=("auroc", "mean"), ap=("ap", "mean"), sets=("set", "nunique")
    )
    for measure in ("auroc", "ap"):
        ends = table.pivot_table(measure, ["half", "corruption"], "strategy")[["none", "oracle"]]
        here = ends.loc[list(table[["half", "corruption"]].itertuples(index=False, name=None))].to_numpy()
        table[f"recovered_{measure}"] = (table[measure] - here[:, 0]) / (here[:, 1] - here[:, 0])
    return table.round(4)


def worse_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Return by how much a set may get worse by answers, and how many sets lose more than 3 points."""
    keys = ["set", "corruption", "repetition"]
    none = cells[cells.strategy == "none"].set_index(keys).auroc
    gains = cells.assign(gain=cells.auroc - none.loc[cells.set_index(keys).index].to_numpy())
    by_set = gains.groupby(["strategy", "answers", "wrong", "corruption", "set"]).gain.mean()
    groups = by_set.groupby(["strategy", "answers", "wrong", "corruption"])
    table = groups.agg(mean="mean", worst="min", sets_losing_3=lambda gain: int((gain < -0.03).sum()))
    return table.reset_index().round(3)


def share_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Return how far the estimated share is off, and how often its interval holds the true one."""
    told = cells[cells.share.notna()]
    told = told.assign(
        error=(told.share - told.truth).abs(), held=(told.lower <= told.truth) & (told.truth <= told.upper)
    )
    keys = ["strategy", "wrong", "corruption", "answers"]
    return told[told.strategy != "oracle"].groupby(keys, as_index=False)[["error", "held"]].mean().round(3)


def figure(table: pd.DataFrame) -> Figure:
    """Draw AUROC against the number of answers, a panel for each corruption."""
    pooled = table[table.half == "A and B"]
    levels = sorted(pooled.corruption.unique())
    drawn = Figure(figsize=(2.6 * len(levels), 3.0), layout="constrained")
    panels = drawn.subplots(1, len(levels), sharey=True, squeeze=False)[0]
    for axes, corruption in zip(panels, levels, strict=True):
        here = pooled[pooled.corruption == corruption]
        none, every = (100 * here[here.strategy == end].auroc.item() for end in ("none", "oracle"))
        for wrong, style in ((0.0, "-"), (here.wrong.max(), "--")):
            for strategy, label in STRATEGIES.items():
                curve = here[(here.strategy == strategy) & (here.wrong == wrong)].sort_values("answers")
                if len(curve):
                    said = label if wrong == 0 else f"{label}, {100 * wrong:g} % wrong"
                    start = ([0], [none]) if strategy == "middles" else ([], [])
                    places, heights = [*start[0], *curve.answers], [*start[1], *(100 * curve.auroc)]
                    axes.plot(places, heights, style, marker=MARKERS[strategy], label=said)
        axes.axhline(every, color="0.4", linewidth=1, linestyle=":")
        axes.set_title(f"{100 * corruption:g} % outliers")
        axes.set_xlabel("answers")
    panels[0].set_ylabel("AUROC, mean over sets")
    drawn.legend(*panels[-1].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    return drawn


def report(table: pd.DataFrame, share: pd.DataFrame, cells: pd.DataFrame) -> str:
    """Return the tables as Markdown."""
    parts = ["# Answers", "", (__doc__ or "").split("\n\n")[1], ""]
    parts += [
        f"{cells['set'].nunique()} sets, {cells['repetition'].nunique()} draw(s).",
        "",
        "![](answers.png)",
        "",
    ]
    for which, rows in table.groupby("half"):
        wide = rows.assign(name=_names(rows), auroc=100 * rows.auroc).pivot_table(
            "auroc", ["strategy", "answers", "wrong"], "corruption"
        )
        parts += [f"## AUROC x 100, half {which}", "", _markdown(wide.round(1).reset_index()), ""]
    pooled = table[(table.half == "A and B") & (table.strategy == "middles")]
    wide = pooled.pivot_table("recovered_auroc", ["answers", "wrong"], "corruption").round(2)
    parts += ["## Part of the damage that is recovered (AUROC)", "", _markdown(wide.reset_index()), ""]
    parts += ["## The estimated share", "", _markdown(share), ""]
    return "\n".join(parts)


def _names(rows: pd.DataFrame) -> pd.Series:
    return rows.strategy + " " + rows.answers.astype(str)


def _markdown(table: pd.DataFrame) -> str:
    lines = [list(map(str, table.columns)), ["---"] * table.shape[1], *table.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def sets_of(wanted: str) -> list[str]:
    """Return the sets of a kind: of tables those inside scikit-learn, or those of the data folder."""
    if wanted != "tables":
        return list(SETS[wanted])
    if "ROBUSTGEN_DATA" not in os.environ:
        return list(BUILT_IN)
    files = Path(os.environ["ROBUSTGEN_DATA"]).glob("*.npz")
    return sorted((path.stem for path in files if path.stem.startswith(("ad_", "emb_"))), key=_shuffled)


def _shuffled(name: str) -> str:
    return hashlib.sha256(f"order {name}".encode()).hexdigest()


@click.command()
@click.option("--output", type=click.Path(path_type=Path), required=True)
@click.option("--kind", "wanted", type=click.Choice(["tables", *SETS]), default="tables", show_default=True)
@click.option("--answers", "numbers", default="5,10,20,50", show_default=True)
@click.option("--wrong", type=float, default=0.1, show_default=True)
@click.option("--corruption", default="0,0.1,0.2,0.3", show_default=True)
@click.option("--repetitions", type=int, default=1, show_default=True)
@click.option("--max-train", type=int, default=1000, show_default=True)
@click.option("--report-only", is_flag=True)
def main(
    output: Path,
    wanted: str,
    numbers: str,
    wrong: float,
    corruption: str,
    repetitions: int,
    max_train: int,
    report_only: bool,
) -> None:
    """Measure what is missing in ``cells.csv``, and write the report."""
    torch.set_num_threads(1)
    output.mkdir(parents=True, exist_ok=True)
    path = output / "cells.csv"
    keys = [
        (name, float(share), repetition)
        for repetition in range(repetitions)
        for name in sets_of(wanted)
        for share in corruption.split(",")
    ]
    done = set() if not path.exists() else set(pd.read_csv(path)[KEYS[:3]].itertuples(index=False, name=None))
    for key in [] if report_only else keys:
        if key not in done:
            case = drawn(*key, max_train)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                lines = [
                    dict(zip(KEYS[:3], key, strict=True)) | line
                    for line in measured(case, [int(n) for n in numbers.split(",")], wrong)
                ]
            frame = pd.DataFrame(lines).assign(half=half(key[0]))
            frame.to_csv(path, mode="a", header=not path.exists(), index=False, float_format="%.5g")
            click.echo(f"{key}", err=True)
    cells = complete(pd.read_csv(path))
    worse_table(cells).to_csv(output / "gains.csv", index=False)
    table, share = recovered_table(cells), share_table(cells)
    table.to_csv(output / "recovered.csv", index=False)
    share.to_csv(output / "share.csv", index=False)
    figure(table).savefig(output / "answers.png", dpi=150)
    (output / "report.md").write_text(report(table, share, cells), encoding="utf-8")
    click.echo(share.to_string(index=False))


if __name__ == "__main__":
    main()
