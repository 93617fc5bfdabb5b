"""The audit of a file as one page on which a person decides: which rows look wrong, how surely, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from robustgen.reporting.display_tables import Column, DisplayTable, Item, Line
from robustgen.reporting.documents import Picture, page, picture
from robustgen.reporting.figures.palette import INK, INLIERS, OUTLIERS
from robustgen.reporting.figures.style import WIDTH, styled
from robustgen.reporting.formatting import percent
from robustgen.reporting.sketches import Sketches

LISTED = 200
"""Rows that the page shows cell by cell, the lowest scores first."""
REACH = 5000
"""Rows that the threshold can take in; of those beyond the listed ones the page has names and scores."""
BINS = 60
NAMED_ROWS = 8
MOST_CELLS, FIRST_CELLS = 24, 12
"""Up to so many cells of a row are all shown; of more, the odd ones and so many at least."""
BESIDE = 8
"""Rows on each side of the threshold."""


@dataclass(frozen=True)
class Cell:
    """What a row has in a column.

    Attributes
    ----------
    column : str
        Its name.
    value : str
        The cell.
    odd : bool
        Whether it is odd.
    expected : str
        What an odd cell would be in a normal row, or an empty text.
    """

    column: str
    value: str
    odd: bool = False
    expected: str = ""


@dataclass(frozen=True)
class AuditPage:
    """What is known of the rows of a file, for people.

    Parameters
    ----------
    name : str
        The file's.
    sentence : str
        How many rows look wrong.
    method, about : str
        The detector that judged, and what it does in a sentence.
    scores : ndarray of float, (n,)
        Larger = more normal.
    outlier : ndarray of bool, (n,)
        The rows below the threshold.
    threshold : float
        The score below which they lie.
    interval : tuple of float
        Of the estimated contamination.
    share : float
        That share.
    decided_by : str
        What set the threshold, in a few words.
    row_names : sequence of str or int, (n,)
        What each row is called.
    p_values : ndarray of float (n,) or None
        Of rows that were held out for it.
    groups : ndarray of str, (n,)
        The name of the row's fault, or an empty text.
    oddest : mapping of int to str
        The top contributor, by the places of rows that are explained.
    cells : mapping of int to tuple of Cell
        The cells of the listed rows, the odd ones first.
    findings : sequence of (kind, sentence, rows)
        What is remarkable beside outliers; rows are places from 0.
    categories : mapping of str to Categorical (n,)
        The categories of each row, by column.
    shares : DataFrame
        What each of them would lose.
    contents : mapping of int to str
        A hash of what each row within reach holds, by which an exported decision knows it again.
    noun : {"rows", "images", "signals", "clips"}
        What rows are called.
    draw : callable
        Returns the listed rows as drawings, or None where they have cells instead.
    options : str
        What the command that repeats the decision says besides.
    """

    name: str
    sentence: str
    method: str
    about: str
    scores: NDArray[np.float64]
    outlier: NDArray[np.bool_]
    threshold: float
    interval: tuple[float, float]
    share: float
    decided_by: str
    row_names: Any
    p_values: NDArray[np.float64] | None = None
    groups: NDArray[Any] | None = None
    oddest: Mapping[int, str] = field(default_factory=dict)
    cells: Mapping[int, tuple[Cell, ...]] = field(default_factory=dict)
    findings: tuple[tuple[str, str, tuple[int, ...]], ...] = ()
    categories: Mapping[str, pd.Categorical] = field(default_factory=dict)
    shares: pd.DataFrame = field(default_factory=pd.DataFrame)
    contents: Mapping[int, str] = field(default_factory=dict)
    noun: str = "rows"
    draw: Callable[[], Sketches | None] = lambda: None
    options: str = ""

    @property
    def facts(self) -> tuple[str, ...]:
        """The estimate and what decided, each in a few words."""
        lower, upper = self.interval
        estimate = f"estimated contamination {percent(self.share)} ({percent(lower)} to {percent(upper)})"
        return (f"{self.outlier.size:,} {self.noun}", estimate, self.decided_by, f"judged by {self.method}")

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """The places of the rows, the lowest scores first."""
        return np.argsort(self.scores, kind="stable")

    @property
    def n_outliers(self) -> int:
        """How many rows lie below the threshold."""
        return int(self.outlier.sum())

    @property
    def reach(self) -> int:
        """How many rows the threshold can take in."""
        return min(REACH, self.outlier.size)

    @property
    def presets(self) -> tuple[tuple[str, int], ...]:
        """Numbers of rows to choose from, with their names."""
        n_rows = self.outlier.size
        ends = [round(end * n_rows) for end in self.interval]
        named = (("at least", ends[0]), ("as judged", self.n_outliers), ("at most", ends[1]))
        return tuple((label, min(count, self.reach)) for label, count in named)

    @cached_property
    def cards(self) -> list[dict[str, Any]]:
        """The rows that are shown cell by cell."""
        return [
            self._card(rank, int(place)) for rank, place in enumerate(self.order[: min(LISTED, self.reach)])
        ]

    @property
    def border(self) -> list[dict[str, Any]]:
        """The listed rows on both sides of the threshold."""
        return self.cards[max(self.n_outliers - BESIDE, 0) : self.n_outliers + BESIDE]

    def _card(self, rank: int, place: int) -> dict[str, Any]:
        cells = self.cells.get(place, ())
        odd = sum(cell.odd for cell in cells)
        shown = len(cells) if len(cells) <= MOST_CELLS else max(odd, FIRST_CELLS)
        return {
            "rank": rank,
            "place": place,
            "heading": self.heading(place),
            "score": f"{self.scores[place]:.4g}",
            "p_value": "" if self.p_values is None else f"{self.p_values[place]:.2g}",
            "group": "" if self.groups is None else self.groups[place],
            "cells": cells[:shown],
            "other_cells": cells[shown:],
            "removed": bool(self.outlier[place]),
        }

    def heading(self, place: int) -> str:
        """Return what a row is called: its number, or the name of its file."""
        name = str(self.row_names[place])
        return f"{self.noun[:-1].capitalize()} {name}" if name.isdigit() else name

    @property
    def data(self) -> Markup:
        """What the page's script knows of the rows within reach, as JSON that ends no element."""
        places = self.order[: self.reach]
        known = {
            "names": [str(self.row_names[i]) for i in places],
            "scores": [float(f"{self.scores[i]:.6g}") for i in places],
            "contents": [self.contents.get(int(i), "") for i in places],
            "oddest": [self.oddest.get(int(i), "") for i in places],
            "codes": {name: levels.codes[places].tolist() for name, levels in self.categories.items()},
            "levels": self._level_places(),
            "total": int(self.outlier.size),
            "noun": self.noun,
            "file": self.name,
            "options": self.options,
            "ending": ".csv.gz" if self.name.endswith(".csv.gz") else PurePath(self.name).suffix,
        }
        text = json.dumps(known, ensure_ascii=True).replace("<", "\\u003c").replace("&", "\\u0026")
        return Markup(text)

    def _level_places(self) -> list[list[Any]]:
        """Return column, code and number of rows for each line of the table of shares."""
        codes = {name: list(map(str, one.categories)) for name, one in self.categories.items()}
        return [
            [line["column"], codes[line["column"]].index(line["value"]), line["n_rows"]]
            for _, line in self.shares.iterrows()
        ]

    def html(self) -> str:
        """Return one page that needs nothing beside it, for light and dark screens, wide and narrow."""
        return page(
            "audit.html.j2",
            audit=self,
            sketches=self.draw(),
            findings=_findings(self),
            shares=_shares(self),
            columns=_columns(self),
            scores=_scores(self),
        )

    def summary(self) -> str:
        """Return the sentence, the findings and the lowest scores, for a notebook."""
        return page("audit_summary.html.j2", audit=self, findings=_findings(self), rows=_lowest(self))


def _scores(audit: AuditPage) -> Picture:
    caption = (
        f"How many {audit.noun} have which error, the score with its sign changed; the line is the threshold."
    )
    return picture("scores", "Normal rows and outliers", caption, histogram(audit))


@styled
def histogram(audit: AuditPage) -> Figure:
    """Draw how the errors of normal rows and outliers are distributed.

    Parameters
    ----------
    audit : AuditPage
        The rows and what is known of them.

    Returns
    -------
    matplotlib.figure.Figure
        The errors' axis is logarithmic where none is 0 or below; that of the counts is a square root,
        which shows few rows beside many.
    """
    errors, threshold = -audit.scores, -audit.threshold
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.add_subplot()
    scale = "linear"
    if errors.min() > 0:
        edges = np.geomspace(errors.min(), errors.max() * (1 + 1e-9), BINS)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
        scale = "logarithmic"
    else:
        edges = np.linspace(errors.min(), errors.max(), BINS)
    parts = [errors[~audit.outlier], errors[audit.outlier]]
    axes.hist(parts, list(edges), stacked=True, color=[INLIERS, OUTLIERS], label=["normal", "outliers"])
    axes.set_yscale("function", functions=(np.sqrt, np.square))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))  # there are no halves of rows
    axes.set_ylim(bottom=0)
    axes.axvline(threshold, color=INK, linewidth=1, linestyle="--")
    axes.set_xlabel(f"error (no unit, {scale} axis)")
    axes.set_ylabel(f"{audit.noun} (square-root axis)")
    figure.legend(loc="outside upper right", ncols=2)
    return figure


def _findings(audit: AuditPage) -> DisplayTable:
    columns = (Column("finding", numeric=False), Column("what", numeric=False), Column("rows", numeric=False))
    lines = [
        Line((Item(kind), Item(sentence), Item(_rows(audit, rows))))
        for kind, sentence, rows in audit.findings
    ]
    return DisplayTable("findings", columns, tuple(lines))


def _rows(audit: AuditPage, rows: tuple[int, ...]) -> str:
    names = ", ".join(str(audit.row_names[i]) for i in rows[:NAMED_ROWS])
    return f"{names}, ... ({len(rows):,})" if len(rows) > NAMED_ROWS else names


def _shares(audit: AuditPage) -> DisplayTable:
    columns = (
        Column("category", numeric=False),
        Column("would go", "The share of the category's rows that would go"),
        Column("rows"),
    )
    lines = [
        Line(
            (
                Item(f"{line['column']} = {line['value']}", beside=line["flag"]),
                Item(percent(line["share_removed"]), shade=float(line["share_removed"])),
                Item(f"{line['removed']:,} of {line['n_rows']:,}"),
            )
        )
        for _, line in audit.shares.iterrows()
    ]
    return DisplayTable("shares", columns, tuple(lines))


def _columns(audit: AuditPage) -> DisplayTable:
    """Return how many outliers each column explains, as bars."""
    loudest = pd.Series([audit.oddest.get(int(i), "") for i in np.flatnonzero(audit.outlier)], dtype=object)
    counts = loudest[loudest != ""].value_counts()
    every = [*counts.index, *sorted(set(audit.oddest.values()) - set(counts.index))]
    most = max(counts.max() if len(counts) else 0, 1)
    lines = [
        Line((Item(name), Item(f"{counts.get(name, 0):,}", shade=counts.get(name, 0) / most)))
        for name in every
    ]
    columns = (Column("column", numeric=False), Column("rows that it explains"))
    return DisplayTable("columns", columns, tuple(lines))


def _lowest(audit: AuditPage) -> DisplayTable:
    columns = (Column("row", numeric=False), Column("score"), Column("what", numeric=False))
    lines = [
        Line((Item(card["heading"]), Item(card["score"]), Item(card["group"]))) for card in audit.cards[:10]
    ]
    return DisplayTable("lowest", columns, tuple(lines))
