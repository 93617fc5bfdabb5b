"""How a fitted detector shows in a notebook: its history and its audit, as one small table."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

Row = tuple[str, str]


def fitted_table(detector: Any) -> str:
    """Return a table of what a fitted detector has learnt, as HTML that asks for nothing outside.

    Parameters
    ----------
    detector : Detector
        Fitted.

    Returns
    -------
    str
        A ``<table>``; every text in it is escaped.
    """
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in (*_audit(detector), *_history(getattr(detector, "history_", {})))
    )
    return f"<table aria-label='what was learnt'><tbody>{rows}</tbody></table>"


def _audit(detector: Any) -> Iterator[Row]:
    low, high = detector.contamination_interval_
    scores = detector.training_scores_
    yield (
        "training rows",
        f"{len(scores)} {detector.row_type_}, {' x '.join(map(str, detector.input_shape_))}",
    )
    yield (
        "estimated share of outliers",
        f"{detector.contamination_:.1%} (90 % interval {low:.1%} to {high:.1%})",
    )
    marked = int((scores < detector.offset_).sum())
    yield "threshold on the score", f"{detector.offset_:.4g}, which marks {marked} training rows"


def _history(history: Any) -> Iterator[Row]:
    """Yield each term's first and last mean over the members, and how long they were trained."""
    if not len(history):
        return
    stopped = history.stopped_at
    yield (
        "epochs",
        f"{history.epochs} ({len(stopped)} members, stopped at {stopped.min()} to {stopped.max()})",
    )
    for name in history:
        first, last = history[name][0].mean(), history[name][-1].mean()
        yield f"{name}, first and last epoch", f"{first:.4g}, {last:.4g}"
