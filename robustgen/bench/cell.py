"""One cell: draw, fit, score, measure. Whatever happens, the answer is a record."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robustgen._checks import UsageError
from robustgen.bench.limits import (
    OutOfMemoryError,
    OutOfTimeError,
    forget_peak_memory,
    limits,
    one_thread,
    peak_memory_mib,
)
from robustgen.bench.records import Record, Status
from robustgen.bench.spec import Cell, DatasetSpec, Sampling
from robustgen.data.dataset import Dataset
from robustgen.data.sources import load
from robustgen.data.splits import Split, draw
from robustgen.inference.scores import below_threshold, tolerance_of
from robustgen.inference.ties import Tolerance
from robustgen.metrics import ranking
from robustgen.registry import build

BINS = 40
"""The number of bins of a score histogram."""


def run_cell(
    cell: Cell, *, device: str | None = None, timeout: float | None = None, memory_limit: int | None = None
) -> Record:
    """Run one cell to its record; nothing that a detector does escapes it.

    Parameters
    ----------
    cell
        What to run.
    device
        Where detectors that can choose compute; None leaves the choice to them.
    timeout
        Seconds after which the cell is given up.
    memory_limit
        Bytes that the cell may take beyond what the process holds; see :func:`.limits.memory_limit`.

    Returns
    -------
    Record
        "ok"; "skipped" where the data cannot be had; "failed" where the detector raised or did
        not score every row; "timeout"; "memory".
    """
    try:
        split = _draw(cell)
    except (UsageError, OSError) as error:
        return _record(cell, "skipped", message=str(error))
    counts = _counts(split)
    try:
        with limits(timeout, memory_limit), warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always")
            results = _MEASURES[cell.task](cell, split, device)
    except OutOfTimeError as error:
        return _record(cell, "timeout", message=str(error), **counts)
    except OutOfMemoryError as error:
        return _record(cell, "memory", message=str(error), **counts)
    except (Exception, SystemExit) as error:  # a detector may raise anything, and the other cells must go on
        return _record(cell, "failed", message=_one_line(error), **counts)
    return _record(cell, "ok", message=_warned(raised), **counts, **results)


@lru_cache(maxsize=1)
def _loaded(spec: DatasetSpec) -> Dataset:
    """Keep the last data set: the cells of one follow each other."""
    return spec.load(load)


def _spec(cell: Cell) -> DatasetSpec:
    return DatasetSpec(cell.dataset, classes=cell.classes, per_class=cell.per_class, file=cell.file)


def _draw(cell: Cell) -> Split:
    split = _drawn(_spec(cell), cell.inlier_class, cell.corruption, cell.repetition, cell.sampling)
    return split.clean() if cell.clean else split


@lru_cache(maxsize=1)
def _drawn(
    spec: DatasetSpec, inlier_class: str | None, corruption: float, repetition: int, sampling: Sampling
) -> Split:
    """Keep the last draw: the cells of all detectors on it follow each other, the clean ones too."""
    return draw(
        _loaded(spec),
        inlier_class=inlier_class,
        corruption=corruption,
        repetition=repetition,
        **asdict(sampling),
    )


def _measure(cell: Cell, split: Split, device: str | None) -> dict[str, Any]:
    """Fit on the training rows and return what the record says of the test rows."""
    detector = build(cell.detector, random_state=cell.fit_seed, device=device)
    score = _score_of(detector)
    X_train, X_test, outlier_test = split.X_train, split.X_test, split.outlier_test
    with one_thread():
        fit = _answered(cell, detector, split)
        forget_peak_memory()
        _, fit_seconds = _timed(fit, X_train)
        normality, score_seconds = _timed(score, X_test)
        peak = peak_memory_mib()
        flagged = _flagged(detector, X_test, normality)
    outlierness = _checked(normality, outlier_test.size, tolerance_of(detector))
    recalls, precisions = ranking.precision_recall_curve(outlier_test, outlierness)
    return {
        "metrics": _metrics(outlier_test, outlierness, flagged),
        "fit_seconds": fit_seconds,
        "score_seconds": score_seconds,
        "rows_per_second": outlierness.size / max(score_seconds, 1e-9),
        "peak_memory_mib": peak,
        "precision_recall": {"recall": recalls.tolist(), "precision": precisions.tolist()},
        "histogram": histogram(outlier_test, outlierness),
    }


def _answered(cell: Cell, detector: Any, split: Split) -> Callable[[Any], Any]:
    """Return the detector's fit, with a person's answers where the cell has some."""
    if cell.answering is None:
        return detector.fit
    answers = cell.answering.judge(detector, split.X_train, split.outlier_train, cell.fit_seed)

    def fit(X: Any) -> Any:
        try:
            return detector.fit(X, answers)
        except UsageError as error:  # as where all that were asked about are outliers
            warnings.warn(f"fitted without answers: {error}", stacklevel=1)
            return detector.fit(X)

    return fit


def _generate(cell: Cell, split: Split, device: str | None) -> dict[str, Any]:
    """Fit on the training rows and return what the record says of the samples."""
    from robustgen.bench.generation import N_SAMPLES, measures, pictures

    detector = build(cell.detector, random_state=cell.fit_seed, device=device)
    if not hasattr(detector, "sample"):
        raise UsageError(
            f"detector '{cell.detector.name}' cannot generate: got no method sample, expected one"
        )
    with one_thread():
        fit = _answered(cell, detector, split)
        forget_peak_memory()
        _, fit_seconds = _timed(fit, split.X_train)
        made, seconds = _timed(lambda n: detector.sample(n, random_state=cell.fit_seed), N_SAMPLES)
        peak = peak_memory_mib()
    made = np.asarray(made).reshape(-1, *split.X_train.shape[1:])  # who was given vectors makes vectors
    return {
        "metrics": measures(made, split, _loaded(_spec(cell)).y[split.test_index], cell),
        "fit_seconds": fit_seconds,
        "score_seconds": seconds,
        "rows_per_second": N_SAMPLES / max(seconds, 1e-9),
        "peak_memory_mib": peak,
        "samples": pictures(made),
    }


_MEASURES = {"detection": _measure, "generation": _generate}


def failed(cell: Cell, message: str) -> Record:
    """Return the record of a cell that failed without an error of its own."""
    return _record(cell, "failed", message=message)


def histogram(outlier: NDArray[np.bool_], outlierness: NDArray[np.float64]) -> dict[str, list[float]]:
    """Count the test rows of both kinds in bins between the 0.5 and 99.5 percentiles.

    Rows beyond them are counted in the end bins.

    Parameters
    ----------
    outlier : bool (n,)
        Which rows are outliers.
    outlierness : float (n,)
        Larger = more outlying.

    Returns
    -------
    dict
        "edges" (41 floats), "inliers" and "outliers" (40 counts each).

    Examples
    --------
    >>> counts = histogram(np.array([False, True]), np.array([0.0, 1.0]))
    >>> counts["inliers"][0], counts["outliers"][-1]
    (1, 1)
    """
    low, high = np.percentile(outlierness, [0.5, 99.5])
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    inside = np.clip(outlierness, edges[0], edges[-1])
    kinds = {"inliers": inside[~outlier], "outliers": inside[outlier]}
    counts = {kind: np.histogram(rows, edges)[0].tolist() for kind, rows in kinds.items()}
    return {"edges": edges.tolist(), **counts}


def _metrics(
    outlier: NDArray[np.bool_], outlierness: NDArray[np.float64], flagged: NDArray[np.bool_] | None
) -> dict[str, float | None]:
    from sklearn.metrics import f1_score, precision_score, recall_score

    decisions = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
    return {
        "auroc": ranking.auroc(outlier, outlierness),
        "ap": ranking.average_precision(outlier, outlierness),
        **{
            name: None if flagged is None else float(of(outlier, flagged, zero_division=0.0))
            for name, of in decisions.items()
        },
        "precision_at_n": ranking.precision_at_n(outlier, outlierness),
        "recall_at_1pct": ranking.recall_at_false_alarms(outlier, outlierness, 0.01),
        "recall_at_5pct": ranking.recall_at_false_alarms(outlier, outlierness, 0.05),
    }


def _score_of(detector: Any) -> Callable[[Any], NDArray]:
    score = detector.score_samples if hasattr(detector, "score_samples") else detector.decision_function
    return score


def _flagged(detector: Any, X: Any, normality: NDArray) -> NDArray[np.bool_] | None:
    """Say which rows the fitted threshold calls outliers; None for a detector that does not decide."""
    if hasattr(detector, "score_samples") and hasattr(detector, "offset_"):
        return below_threshold(detector, normality)  # predict without a second pass of scoring
    return np.asarray(detector.predict(X)) == -1 if hasattr(detector, "predict") else None


def _checked(normality: NDArray, n_rows: int, tolerance: Tolerance) -> NDArray[np.float64]:
    """Return outlierness, ties made exact; the bench turns the sign here and nowhere else."""
    scores = np.asarray(normality, dtype=np.float64)
    if scores.shape != (n_rows,):
        raise ValueError(f"got scores of shape {scores.shape}, expected one for each of {n_rows} rows")
    bad = int(np.count_nonzero(~np.isfinite(scores)))
    if bad:
        raise ValueError(f"got {bad} of {n_rows} scores that are not finite, expected numbers")
    return -tolerance.joined(scores)


def _timed(call: Callable[[Any], Any], rows: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    result = call(rows)
    return result, time.perf_counter() - start


def _counts(split: Split) -> dict[str, int]:
    n_test_outliers = int(np.count_nonzero(split.outlier_test))
    return {
        "n_train_inliers": split.n_train_inliers,
        "n_train_outliers": split.n_train_outliers,
        "n_test_inliers": split.outlier_test.size - n_test_outliers,
        "n_test_outliers": n_test_outliers,
    }


def _record(cell: Cell, status: Status, **rest: Any) -> Record:
    record = Record(
        key=cell.key,
        dataset=cell.dataset,
        inlier_class=cell.inlier_class,
        corruption=cell.corruption,
        corruption_of=cell.sampling.corruption_of,
        detector=cell.detector_name,
        repetition=cell.repetition,
        clean=cell.clean,
        status=status,
        answering=None if cell.answering is None else cell.answering.told(cell.detector.name),
    )
    return replace(record, **rest)


def _one_line(error: BaseException, most: int = 300) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:most]


def _warned(raised: Iterable[warnings.WarningMessage] | None) -> str | None:
    """Return what the fit warned of; warnings to developers depend on what was imported before."""
    kinds = (UserWarning, RuntimeWarning)
    heard = (w.message for w in raised or () if issubclass(w.category, kinds))
    lines = dict.fromkeys(_one_line(message) for message in heard if isinstance(message, Warning))
    return "; ".join(lines)[:300] or None
