"""The audit of a file: which rows were taken out, how sure that is, and why, as one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from robustgen.reporting.display_tables import Column, DisplayTable, Item, Line
from robustgen.reporting.documents import Section, page, picture
from robustgen.reporting.figures.palette import INK, INLIERS, OUTLIERS
from robustgen.reporting.figures.style import WIDTH, styled
from robustgen.reporting.formatting import percent

MOST = 500
"""Rows of the table in the page, the lowest scores first."""
BINS = 60


@dataclass(frozen=True)
class Audited:
    """What is known of the rows of a file.

    Parameters
    ----------
    name : str
        The file's.
    method : str
        The detector that judged.
    names : sequence of str or int (n,)
        What each row is called: its number from 1, or its file.
    values : mapping of str to array (n,)
        "score" (larger = more normal), "p_value", and "reason" where the rows have columns.
    outlier : ndarray of bool (n,)
        The rows that were taken out.
    threshold : float
        The score below which they lie.
    share : float
        The estimated share of outliers.
    interval : tuple of float
        Of the estimate.
    given : float or None
        The share that was asked for; None took the estimate.
    """

    name: str
    method: str
    names: Any
    values: Mapping[str, NDArray[Any]]
    outlier: NDArray[np.bool_]
    threshold: float
    share: float
    interval: tuple[float, float]
    given: float | None

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        removed = int(self.outlier.sum())
        return f"{removed:,} of the {self.outlier.size:,} rows of {self.name} were taken out as outliers."

    @property
    def facts(self) -> tuple[str, ...]:
        """The counts, the estimate and what decided, each in a few words."""
        lower, upper = self.interval
        estimate = f"estimated share of outliers {percent(self.share)} ({percent(lower)} to {percent(upper)})"
        asked = "the estimate set the threshold" if self.given is None else f"asked for {percent(self.given)}"
        kept = int((~self.outlier).sum())
        return (f"{kept:,} rows kept", estimate, asked, f"judged by {self.method}")


def audit_page(audited: Audited) -> str:
    """Return the audit as one page that needs nothing beside it.

    Parameters
    ----------
    audited : Audited
        The rows and what is known of them.

    Returns
    -------
    str
        HTML, for light and dark screens, wide and narrow.
    """
    return page("audit.html.j2", audited=audited, sections=[_scores(audited), _removed(audited)])


def _scores(audited: Audited) -> Section:
    caption = "How many rows have which error, the score with its sign changed; the line is the threshold."
    drawn = picture("scores", "Kept and removed", caption, histogram(audited))
    text = (
        "A row is judged by how badly a model that has learnt from all rows explains it. The share of "
        "outliers is estimated from how the errors of the better half spread. Nothing here knows the "
        "truth: look at the removed rows before you trust the kept ones."
    )
    return Section("scores", "Scores", text, pictures=(drawn,))


@styled
def histogram(audited: Audited) -> Figure:
    """Draw how the errors of kept and removed rows are distributed.

    Parameters
    ----------
    audited : Audited
        The rows and what is known of them.

    Returns
    -------
    matplotlib.figure.Figure
        The errors' axis is logarithmic where none is 0 or below; that of the counts is a square root,
        which shows few rows beside many.
    """
    errors, threshold = -audited.values["score"], -audited.threshold
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.add_subplot()
    if errors.min() > 0:
        edges = np.geomspace(errors.min(), errors.max() * (1 + 1e-9), BINS)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    else:
        edges = np.linspace(errors.min(), errors.max(), BINS)
    parts = [errors[~audited.outlier], errors[audited.outlier]]
    axes.hist(parts, list(edges), stacked=True, color=[INLIERS, OUTLIERS], label=["kept", "removed"])
    axes.set_yscale("function", functions=(np.sqrt, np.square))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))  # there are no halves of rows
    axes.set_ylim(bottom=0)
    axes.axvline(threshold, color=INK, linewidth=1, linestyle="--")
    axes.set_xlabel("error of a row")
    axes.set_ylabel("rows")
    figure.legend(loc="outside upper right", ncols=2)
    return figure


def _removed(audited: Audited) -> Section:
    order = np.argsort(audited.values["score"], kind="stable")
    worst = order[audited.outlier[order]]
    text = (
        "The lowest scores first. The p-value is the share of the rows that score as low, those left out "
        "that are outliers beyond doubt; a reason names the columns with the largest parts of the error."
    )
    if worst.size > MOST:
        text += f" Here are the first {MOST} of {worst.size:,}: robustgen clean --removed writes all of them."
    return Section("removed", "Removed rows", text, tables=(_table(audited, worst[:MOST]),))


def _table(audited: Audited, rows: NDArray[np.intp]) -> DisplayTable:
    columns = [
        Column("row"),
        Column("score", "Larger = more normal"),
        Column("p-value", "Small for outliers"),
    ]
    scores, p_values = audited.values["score"], audited.values["p_value"]
    items = [
        [Item(str(audited.names[i])), Item(f"{scores[i]:.4g}"), Item(f"{p_values[i]:.2g}")] for i in rows
    ]
    if "reason" in audited.values:
        columns.append(Column("reason", "Column, cell and part of the error", numeric=False))
        for row, i in zip(items, rows, strict=True):
            row.append(Item(str(audited.values["reason"][i])))
    return DisplayTable("removed-rows", tuple(columns), tuple(Line(tuple(row)) for row in items))
