"""Records of runs that never happened: plausible numbers from a formula and a seed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from robustgen._seeds import seed_from

NAMES = ("autoencoder", "autoencoder-robust", "rsrae", "rsrae+", "rsrae-robust", "iforest", "knn", "pca")


def line(
    detector: str = "knn",
    dataset: str = "digits",
    corruption: float = 0.3,
    repetition: int = 0,
    *,
    inlier_class: str | None = None,
    clean: bool = False,
    status: str = "ok",
    message: str | None = None,
    auroc: float | None = 0.8,
    corruption_of: str = "all",
    **metrics: float,
) -> dict[str, Any]:
    """Return one record as it stands in the file; all metrics follow `auroc` unless given."""
    name = (dataset, inlier_class, corruption, detector, repetition, clean)
    scores = None if auroc is None else fabricated_metrics(auroc) | metrics
    return {
        "key": f"{seed_from(*name):016x}",
        "dataset": dataset,
        "inlier_class": inlier_class,
        "corruption": corruption,
        "corruption_of": corruption_of,
        "detector": detector,
        "repetition": repetition,
        "clean": clean,
        "status": status,
        "message": message,
        "n_train_inliers": 200,
        "n_train_outliers": 0 if clean else round(200 * corruption / (1 - corruption)),
        "n_test_inliers": 200,
        "n_test_outliers": 60,
        "metrics": scores if status == "ok" else None,
        "fit_seconds": 0.5,
        "score_seconds": 0.01,
        "rows_per_second": 26000.0,
        "peak_memory_mib": 310.0,
        "precision_recall": curve(auroc) if status == "ok" and auroc is not None else None,
        "histogram": histogram(auroc, seed_from(*name)) if status == "ok" and auroc is not None else None,
    }


def fabricated_metrics(auroc: float) -> dict[str, float]:
    ap = max(0.02, 2 * auroc - 1)
    shares = {"precision": 0.9, "recall": 0.8, "f1": 0.85, "precision_at_n": 0.95}
    false_alarms = {"recall_at_1pct": 0.3, "recall_at_5pct": 0.6}
    factors = shares | false_alarms
    return {"auroc": auroc, "ap": ap} | {name: round(ap * by, 6) for name, by in factors.items()}


def curve(auroc: float) -> dict[str, list[float]]:
    recall = np.linspace(0, 1, 101)
    precision = 0.23 + 0.77 * (1 - recall ** (1 + 12 * max(auroc - 0.5, 0)))
    return {"recall": recall.round(6).tolist(), "precision": precision.round(6).tolist()}


def histogram(auroc: float, seed: int) -> dict[str, list[float]]:
    random = np.random.default_rng(seed)
    edges = np.linspace(-2, 5, 41)
    inliers = np.histogram(np.clip(random.normal(0, 1, 200), -2, 5), edges)[0]
    outliers = np.histogram(np.clip(random.normal(6 * (auroc - 0.5), 1, 60), -2, 5), edges)[0]
    return {"edges": edges.tolist(), "inliers": inliers.tolist(), "outliers": outliers.tolist()}


def run(
    detectors: Sequence[str] = NAMES,
    datasets: Sequence[str] = ("digits", "breast_cancer"),
    corruptions: Sequence[float] = (0.0, 0.1, 0.3),
    repetitions: int = 2,
    inlier_classes: Sequence[str] = ("0", "1"),
) -> list[dict[str, Any]]:
    """Return all lines of an inductive run: corruption 0 is the oracle of every corruption."""
    lines = []
    for place, detector in enumerate(detectors):
        for dataset in datasets:
            classes = inlier_classes if dataset == "digits" else (None,)
            for inlier_class in classes:
                for corruption in corruptions:
                    for repetition in range(repetitions):
                        score = _score(place, detector, dataset, corruption, repetition)
                        lines.append(
                            line(
                                detector,
                                dataset,
                                corruption,
                                repetition,
                                inlier_class=inlier_class,
                                clean=corruption == 0,
                                auroc=score,
                            )
                        )
    return lines


def manifest(baseline: str | None = "autoencoder") -> dict[str, Any]:
    return {
        "suite": {
            "name": "quick",
            "question": "Which detector stands when the training data is dirty?",
            "protocol": "inductive",
            "corruption": [0.1, 0.3],
            "corruption_of": "all",
            "repetitions": 2,
            "max_train": 2000,
            "baseline": baseline,
        },
        "command": "robustgen bench --corruption 0.3",
        "runs": [
            {"command": "robustgen bench --corruption 0.1"},
            {"command": "robustgen bench --corruption 0.3"},
        ],
        "versions": {"python": "3.11.8", "torch": "2.13.0", "robustgen": "0.1.0"},
        "platform": {"system": "Linux-6.1-x86_64", "cores": 2},
        "device": "cpu",
        "git": {"commit": "0123456789abcdef", "dirty": False},
        "started": "2026-01-01T10:00:00Z",
        "finished": "2026-01-01T10:02:11Z",
    }


def write(folder: Path, lines: Iterable[dict[str, Any]], about: dict[str, Any] | None = None) -> Path:
    """Write a run folder as the bench leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (folder / "records.jsonl").write_text(text, encoding="utf-8")
    if about is not None:
        (folder / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def _score(place: int, detector: str, dataset: str, corruption: float, repetition: int) -> float:
    random = np.random.default_rng(seed_from(detector, dataset, corruption, repetition))
    clean = 0.95 - 0.008 * (place % 9) - seed_from(dataset) % 7 / 50
    fragility = 0.12 if "robust" in detector else 0.35 + 0.05 * ((3 * place) % 7)
    return round(float(np.clip(clean - fragility * corruption + random.normal(0, 0.006), 0.3, 1)), 6)
