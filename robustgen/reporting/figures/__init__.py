"""From tables to figures. Pure: frames in, `matplotlib.figure.Figure` out; nothing is drawn to a screen."""

from __future__ import annotations

from robustgen.reporting.figures.answers import against_answers
from robustgen.reporting.figures.corruption import (
    WORST,
    against_corruption,
    against_corruption_by_dataset,
    each_against_corruption,
    recovered,
)
from robustgen.reporting.figures.costs import run_times
from robustgen.reporting.figures.critical_differences import critical_differences
from robustgen.reporting.figures.curves import precision_recall, score_histograms
from robustgen.reporting.figures.leaderboard import leaderboard
from robustgen.reporting.figures.style import LABELS, STYLE, token

__all__ = [
    "LABELS",
    "STYLE",
    "WORST",
    "against_answers",
    "against_corruption",
    "against_corruption_by_dataset",
    "critical_differences",
    "each_against_corruption",
    "leaderboard",
    "precision_recall",
    "recovered",
    "run_times",
    "score_histograms",
    "token",
]
