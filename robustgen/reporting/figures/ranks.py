"""The critical-difference diagram: mean ranks, and which of them cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from robustgen.reporting.figures.style import WIDTH, styled, token
from robustgen.reporting.palette import INK, Mark
from robustgen.reporting.posthoc import draw_critical_differences


@styled
def critical_differences(ranks: pd.Series, alike: pd.DataFrame, marks: Mapping[str, Mark]) -> Figure:
    """Draw the mean ranks on an axis, a bar under each group of detectors that are all alike.

    Parameters
    ----------
    ranks : pandas.Series
        The mean rank of each detector, 1 the best.
    alike : pandas.DataFrame
        Whether two detectors, row and column, cannot be told apart.
    marks : mapping
        `palette.marks` of the detectors.

    References
    ----------
    Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006, section 3.2.4;
    bars as in Benavoli, Corani & Mangili, "Should we really use post-hoc tests based on mean-ranks?",
    JMLR 17, 2016: by pairwise signed-rank tests, which no third detector can change.
    """
    figure = Figure(figsize=(WIDTH, 1), layout="constrained")
    axes = figure.add_subplot()
    colours = {name: marks[name].colour for name in ranks.index}
    labels = draw_critical_differences(axes, ranks, alike, colours=colours, bar=INK)
    for label, name in labels:
        label.set_gid(token(name))
    low, high = axes.get_ylim()
    figure.set_figheight(0.3 + 0.16 * (high - low))
    return figure
