"""Scores of any fitted detector, larger = more normal: one number a row, whoever made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from robustgen._checks import UsageError
from robustgen.inference.audit import finite_scores
from robustgen.inference.ties import Tolerance


def scores_of(detector: Any, X: Any) -> NDArray[np.float64]:
    """Return the scores (n,) of a fitted detector, by ``score_samples`` where it has that.

    What is no finite number is the worst outlier. Columns that are named are given in the order of training.

    Raises
    ------
    UsageError
        When its scores grow with outlyingness; see :func:`refuse_opposite_sign`. When as many columns have
        other names than those of training.
    """
    refuse_opposite_sign(detector)
    score = getattr(detector, "score_samples", None) or detector.decision_function
    return finite_scores(np.asarray(score(_in_learnt_order(detector, X)), dtype=np.float64))


def _in_learnt_order(detector: Any, X: Any) -> Any:
    """Return rows with their columns as in training: not all of scikit-learn's detectors ask for names."""
    learnt, columns = list(getattr(detector, "feature_names_in_", [])), list(getattr(X, "columns", []))
    if not learnt or not columns or columns == learnt:
        return X
    if set(columns) == set(learnt):
        return X[learnt]
    if len(columns) == len(learnt):
        unknown = next(name for name in columns if name not in learnt)
        raise UsageError(
            f"got the column {unknown!r}, expected those of training: {', '.join(map(repr, learnt))}"
        )
    return X


def tolerance_of(detector: Any) -> Tolerance:
    """Return which scores of a fitted detector are equal, as the last of its parts says that knows it."""
    known = [part.tolerance_ for part in _parts(detector) if hasattr(part, "tolerance_")]
    return known[-1] if known else Tolerance()


def below_threshold(detector: Any, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the rows whose scores (n,) lie below a fitted detector's ``offset_`` by more than rounding."""
    return tolerance_of(detector).margins(scores, detector.offset_) < 0


def refuse_opposite_sign(detector: Any) -> None:
    """Refuse a detector whose scores grow with outlyingness, however deep in pipelines and searches it is.

    Raises
    ------
    UsageError
        When a part of it is PyOD's and not wrapped, which turns its sign.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from pyod.models.knn import KNN
    >>> refuse_opposite_sign(make_pipeline(KNN()))
    Traceback (most recent call last):
    robustgen._checks.UsageError: KNN is PyOD's, whose scores grow with outlyingness: wrap it in ...PyODPeer
    """
    for part in _parts(detector):
        if _is_pyod(part):
            raise UsageError(
                f"{type(part).__name__} is PyOD's, whose scores grow with outlyingness: "
                "wrap it in robustgen.peers.PyODPeer"
            )


def _is_pyod(part: Any) -> bool:
    names = {f"{base.__module__}.{base.__name__}" for base in type(part).__mro__}
    return "pyod.models.base.BaseDetector" in names or hasattr(part, "decision_scores_")


def _parts(detector: Any) -> Iterator[Any]:
    """Yield a detector and the estimators in it, but for those that are wrapped, which turns their sign."""
    yield detector
    if not getattr(detector, "turns_signs", False):
        for value in _held(detector):
            yield from _parts(value)


def _held(detector: Any) -> Iterator[Any]:
    """Yield the estimators that a detector holds, in pipelines' steps too, the fitted ones last."""
    attributes = getattr(detector, "__dict__", {})
    for name in sorted(attributes, key=lambda name: name.endswith("_")):
        value = attributes[name]
        steps = [step[1] for step in value if len(step) > 1] if _is_steps(value) else [value]
        yield from (step for step in steps if isinstance(step, BaseEstimator) or _is_pyod(step))


def _is_steps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(step, tuple) for step in value)
