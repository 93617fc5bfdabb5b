"""The one place that speaks with scikit-posthocs and statsmodels: paired tests, and the diagram of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.stats import wilcoxon

from robustgen.reporting.figures.palette import INK, Mark
from robustgen.reporting.figures.style import WIDTH, styled, token


def signed_rank_p_values(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the p-value of Wilcoxon's signed-rank test of each pair, by Holm's correction over all pairs.

    Two-sided; a difference of zero counts half for either side, so that equal columns have p = 1.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a set, one column a detector, nothing missing; at least two of each.

    Returns
    -------
    pandas.DataFrame
        Symmetric, detectors by detectors.

    References
    ----------
    Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945; Holm, "A simple
    sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.

    Examples
    --------
    >>> scores = pd.DataFrame({"knn": [0.9, 0.8, 0.7, 0.6, 0.9, 0.8], "pca": [0.8, 0.6, 0.4, 0.2, 0.4, 0.2]})
    >>> float(signed_rank_p_values(scores).loc["knn", "pca"])
    0.03125
    """
    from scikit_posthocs import posthoc_wilcoxon  # loads pyplot, seaborn and statsmodels: seconds

    long = scores.melt(var_name="detector", value_name="score")
    p_values = posthoc_wilcoxon(long, "score", "detector", zero_method="zsplit", p_adjust="holm")
    return pd.DataFrame(p_values)


def signed_rank_p_value(differences: pd.Series) -> float:
    """Return the p-value of Wilcoxon's signed-rank test of paired differences; see `signed_rank_p_values`.

    Examples
    --------
    >>> signed_rank_p_value(pd.Series([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
    0.03125
    >>> signed_rank_p_value(pd.Series([0.0] * 6))
    1.0
    """
    return float(wilcoxon(differences, zero_method="zsplit").pvalue)


def holm(p_values: pd.Series) -> pd.Series:
    """Return p-values by Holm's correction over those that are there; see `signed_rank_p_values`.

    Examples
    --------
    >>> holm(pd.Series([0.04, 0.01, float("nan")])).tolist()
    [0.04, 0.02, nan]
    """
    from statsmodels.stats.multitest import multipletests

    known = p_values.dropna()
    if known.empty:
        return p_values
    corrected = multipletests(known, method="holm")[1]
    return pd.Series(corrected, index=known.index).reindex(p_values.index)


def draw_critical_differences(
    axes: Axes, ranks: pd.Series, alike: pd.DataFrame, *, colours: Mapping[str, str], bar: str
) -> Iterable[tuple[Text, str]]:
    """Draw a critical-difference diagram, and return its labels, each with its detector.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    ranks : pandas.Series
        The mean rank of each detector.
    alike : pandas.DataFrame
        Whether two detectors cannot be told apart: these are joined by a bar.
    colours : mapping
        The colour of each detector.
    bar : str
        The colour of the bars.
    """
    from scikit_posthocs import critical_difference_diagram

    ordered = ranks.sort_values(kind="stable")
    parts = critical_difference_diagram(
        ordered,
        alike.astype(float),  # 1 is read as p = 1, 0 as p = 0
        ax=axes,
        color_palette=dict(colours),
        label_fmt_left="{label}  {rank:.1f}",
        label_fmt_right="{rank:.1f}  {label}",
        label_props={"fontsize": 8},
        elbow_props={"linewidth": 0.8},
        marker_props={"s": 9},
        text_h_margin=0.02 * (ordered.iloc[-1] - ordered.iloc[0]),
        crossbar_props={"color": bar, "linewidth": 2},
    )
    half = (len(ordered) + 1) // 2
    names = [*ordered.index[:half], *ordered.index[half:][::-1]]
    return zip(parts["labels"], names, strict=True)


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
        :func:`robustgen.reporting.figures.palette.marks` of the detectors.

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
