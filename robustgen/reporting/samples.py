"""The report of a run of the task "generation": measures of samples, and pages of them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from robustgen.bench.records import Record
from robustgen.reporting.cells import SAMPLE_METRICS, latest
from robustgen.reporting.display_tables import Column, DisplayTable, Form, Item, detector, figure, table_of
from robustgen.reporting.figures.style import styled
from robustgen.reporting.formatting import percent
from robustgen.reporting.headline import Headline

A_ROW = 20
"""Pictures side by side."""

TEXT = (
    "Outliers were mixed into the training data, and no detector was told. A classifier that was trained "
    "on clean labels, and its features, judge the samples beside held-out inliers; clean: the same detector "
    "trained without the outliers."
)


class Measure(NamedTuple):
    """A measure of samples: its label, and what it means."""

    label: str
    note: str


_MEASURES = (
    Measure("Inliers", "Share of the samples that the classifier takes for inliers"),
    Measure("Frechet", "Frechet distance from held-out inliers in its features; 0 is best"),
    Measure("Precision", "Share of the samples near a held-out inlier"),
    Measure("Recall", "Share of the held-out inliers near a sample"),
    Measure("Density", "How many held-out inliers' neighbourhoods hold a sample, over k"),
    Measure("Coverage", "Share of held-out inliers whose neighbourhood holds a sample"),
)
MEASURES = dict(zip(SAMPLE_METRICS, _MEASURES, strict=True))


def summary(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of each measure by corruption, the worst first, detector and kind of training."""
    finished = cells[cells["status"] == "ok"]
    trained_clean = finished["clean"] | (finished["corruption"] == 0)
    groups = finished.assign(clean=trained_clean).groupby(["corruption", "detector", "clean"], as_index=False)
    order = ["corruption", "inlier_fraction"]
    means = groups[list(MEASURES)].mean()
    return means.sort_values(order, ascending=False, kind="stable", ignore_index=True)


def trained(clean: bool) -> str:
    """Say on what a fit was trained."""
    return "clean" if clean else "dirty"


def table(means: pd.DataFrame) -> DisplayTable:
    """Return the table of the means."""
    shown: list[tuple[Column, Form]] = [
        detector(),
        (Column("Corruption", choice=True), lambda row: Item(f"{row['corruption']:g}")),
        (Column("Trained", numeric=False), lambda row: Item(trained(row["clean"]))),
        *(figure(one.label, name, "{:.3g}".format, one.note) for name, one in MEASURES.items()),
    ]
    return table_of("samples", means, shown)


def headline(means: pd.DataFrame) -> Headline:
    """Say whose samples hold most inliers at the worst corruption."""
    if means.empty:
        return Headline("No run has finished yet.", ("The runs and their messages are listed below.",))
    worst = means[means["corruption"] == means["corruption"].max()]
    top = worst[~worst["clean"]] if not worst["clean"].all() else worst
    best = top.iloc[0]
    sentence = (
        f"Trained at corruption {best['corruption']:g}, {best['detector']} generates "
        f"{percent(best['inlier_fraction'])} inliers at a Frechet distance of {best['frechet']:.3g}."
    )
    others = [
        f"{row['detector']}: {percent(row['inlier_fraction'])}, {row['frechet']:.3g}."
        for _, row in top.iloc[1:].iterrows()
    ]
    return Headline(sentence, tuple(others))


def pages(records: Iterable[Record]) -> Iterator[tuple[str, str, str, Figure]]:
    """Yield a page of samples for each draw: name, title, caption and figure, a row a fit."""
    shown = [record for record in latest(records) if record.status == "ok" and record.samples]
    for number, draw in enumerate(dict.fromkeys(map(_draw, shown)), start=1):
        fits = [one for one in shown if _draw(one) == draw]
        dataset, inlier_class, corruption, repetition = draw
        inliers = "" if inlier_class is None else f", inliers {inlier_class}"
        title = f"Samples on {dataset}{inliers} at corruption {corruption:g}"
        caption = f"Repetition {repetition}. Two rows a fit; clean: trained without the outliers."
        yield f"samples-{number}", title, caption, _page(fits)


def _draw(record: Record) -> tuple[str, str | None, float, int]:
    return record.dataset, record.inlier_class, record.corruption, record.repetition


@styled
def _page(fits: list[Record]) -> Figure:
    figure = Figure(figsize=(7.2, 0.85 * len(fits) + 0.1), layout="constrained")
    strips = figure.subplots(len(fits), squeeze=False)[:, 0]
    for axes, record in zip(strips, fits, strict=True):
        axes.imshow(_strip(record), cmap="gray", vmin=0, vmax=255, interpolation="none")
        name = f"{record.detector}, {trained(record.clean or record.corruption == 0)}"
        axes.set_title(name, fontsize=7, loc="left", pad=2)
        axes.set_axis_off()
    return figure


def _strip(record: Record) -> np.ndarray:
    """Lay the pictures of a record out, `A_ROW` side by side."""
    stored = record.samples or {}
    images = np.frombuffer(base64.b64decode(stored["pixels"]), dtype=np.uint8).reshape(stored["shape"])
    if images.ndim == 4:  # channels last, grey where there are not three
        images = images.transpose(0, 2, 3, 1) if images.shape[1] == 3 else images.mean(1).astype(np.uint8)
    blank = -len(images) % A_ROW
    margins = [(0, blank), (1, 1), (1, 1), *([(0, 0)] * (images.ndim - 3))]
    padded = np.pad(images, margins, constant_values=255)
    rows = padded.reshape(-1, A_ROW, *padded.shape[1:])
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)
