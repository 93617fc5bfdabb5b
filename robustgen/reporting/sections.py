"""The sections of a report of scores, each from the tables that it shows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from robustgen.registry import SCORED_TOGETHER
from robustgen.reporting import curves, display_tables, figures, intervals, posthoc, statistics, tables
from robustgen.reporting.cells import measured
from robustgen.reporting.documents import Picture, Section, picture
from robustgen.reporting.figures.palette import Mark
from robustgen.reporting.formatting import count, listed, percent
from robustgen.reporting.run import Run
from robustgen.reporting.statistics import Block


@dataclass(frozen=True)
class Parts:
    """What the sections are made of."""

    run: Run
    tables: Mapping[str, pd.DataFrame]
    marks: Mapping[str, Mark]

    @property
    def table(self) -> pd.DataFrame:
        """How the detectors stand; see :func:`robustgen.reporting.tables.summary`."""
        return self.tables["summary"]

    @property
    def top(self) -> pd.DataFrame:
        """How they stand at the highest corruption."""
        return self.table[self.table["corruption"] == self.table["corruption"].max()]

    @property
    def datasets(self) -> pd.DataFrame:
        """How they stand on each set; see :func:`robustgen.reporting.tables.by_dataset`."""
        return self.tables["sets"]

    @property
    def prominent(self) -> list[str]:
        """The detectors that have a colour, best first."""
        return [name for name, mark in self.marks.items() if mark.prominent]


def first(parts: Parts) -> Section:
    """Return the first screen: how the detectors stand at the highest corruption."""
    question = str(parts.run.suite.get("question") or "")
    if parts.top.empty:
        return Section("leaderboard", "Leaderboard", question)
    text = (
        "Outliers were mixed into the training data, and no detector was told. AUROC is the chance that an "
        "outlier then scores above an inlier; 0.5 is guessing. The clean oracle is the same detector trained "
        "without them; Recovered is the part of the baseline's damage that a detector avoids."
    )
    text += _scored_together(parts.top)
    levels = [rows for _, rows in reversed(list(parts.table.groupby("corruption")))]
    shown = tuple(display_tables.leaderboard(rows, baseline=parts.run.baseline) for rows in levels)
    pictures = tuple(_leaderboard(parts, rows, "auroc") for rows in levels)
    return Section("leaderboard", "Leaderboard", f"{question} {text}".strip(), pictures, shown)


def _scored_together(table: pd.DataFrame) -> str:
    """Mark the detectors that cannot be compared fairly."""
    marked = [name for name in SCORED_TOGETHER if name in set(table["detector"])]
    return f" Scores depend on the other rows of the call: {listed(marked)}." if marked else ""


def others(parts: Parts) -> Iterator[Section]:
    """Yield the sections below the first screen; what a run has nothing for is left out."""
    for section in (
        _against_corruption,
        _intervals,
        _ranks,
        _significance,
        _each_set,
        _precision_recall,
        _histograms,
        _alarms,
        _every_metric,
        _run_times,
    ):
        yield from section(parts)
    yield from unfinished(parts.run)
    yield from _warnings(parts)


def unfinished(run: Run) -> Iterator[Section]:
    """Yield the list of the runs that did not finish, if there are any."""
    table = tables.unfinished(run.cells)
    if not table.empty:
        text = f"{outcomes(run)}. A run that did not finish has no score: it is in no mean."
        title = f"Not finished: {count(len(table), 'run')}"
        yield Section("unfinished", title, text, tables=(display_tables.unfinished(table),))


def outcomes(run: Run) -> str:
    """Say how many runs ended in which way."""
    words = {"ok": "finished", "timeout": "out of time", "memory": "out of memory"}
    counts = tables.status_counts(run.cells).items()
    return f"{count(len(run.cells), 'run')}: " + ", ".join(
        f"{number} {words.get(status, status)}" for status, number in counts
    )


def _leaderboard(parts: Parts, table: pd.DataFrame, metric: str) -> Picture:
    row = table.iloc[0]
    level = (
        f"{percent(row['corruption_of_all'])} of all rows, {row['corruption_of_inliers']:.3g} of the inliers"
    )
    title = f"{_capital(figures.LABELS[metric])} at corruption {row['corruption']:g} ({level})"
    caption = (
        f"{_behind(table)}. Filled: trained on the dirty data; hollow: the clean oracle; bar behind "
        "the dot: standard deviation over repetitions; dotted: the baseline."
    )
    drawn = figures.leaderboard(table, parts.marks, baseline=parts.run.baseline, metric=metric)
    level = f"{row['corruption']:g}"
    return picture(f"leaderboard-{metric}-{level}", title, caption, drawn, measure=metric, level=level)


def _against_corruption(parts: Parts) -> Iterator[Section]:
    if parts.top.empty:
        return
    if parts.table["corruption"].nunique() < 2:
        yield Section(
            "against-corruption", "Average precision", pictures=(_leaderboard(parts, parts.top, "ap"),)
        )
        return
    grey = [name for name, mark in parts.marks.items() if not mark.prominent]
    caption = f"{_behind(parts.table)}. Dashed: the clean oracle" + (
        f"; grey: {listed(grey, most=30)}." if grey else "."
    )
    pictures = [
        picture(
            f"{metric}-against-corruption",
            f"{_capital(figures.LABELS[metric])} against corruption",
            caption,
            figures.against_corruption(parts.table, parts.marks, metric=metric),
            measure=metric,
        )
        for metric in tables.SCORES
    ]
    yield Section("against-corruption", "Against corruption", "", (*pictures, *_recovered(parts)))


def _recovered(parts: Parts) -> Iterator[Picture]:
    known = parts.table.dropna(subset=["auroc_recovered"])
    if known["corruption"].nunique() < 2:
        return
    caption = (
        f"(dirty - baseline) / (oracle - baseline), the baseline being {parts.run.baseline}: 0 % (dotted) is "
        "as bad as the baseline, 100 % (dashed) as good as clean training; no value where the baseline lost "
        f"less than two points; below {percent(figures.WORST)} nothing is drawn."
    )
    drawn = figures.recovered(known, parts.marks)
    title = "Damage recovered against corruption"
    yield picture("recovered-against-corruption", title, caption, drawn, measure="auroc_recovered")


def _intervals(parts: Parts) -> Iterator[Section]:
    if parts.table["corruption"].nunique() < 2:
        return
    band = intervals.meaning(measured(parts.run.cells))
    caption = f"{_behind(parts.table)}; {band}. Dashed: the clean oracle; dotted: the baseline."
    pictures = [
        picture(
            f"{metric}-of-each-detector",
            f"{_capital(figures.LABELS[metric])} of each detector",
            caption,
            figures.each_against_corruption(
                parts.table, parts.marks, baseline=parts.run.baseline, metric=metric
            ),
            measure=metric,
        )
        for metric in tables.SCORES
    ]
    text = (
        "The band is of one detector's mean. Two bands that overlap do not say that two detectors are alike: "
        "all ran on the same data, and the paired tests below make use of that."
    )
    yield Section("intervals", "Each detector against corruption", text, tuple(pictures))


def _ranks(parts: Parts) -> Iterator[Section]:
    if parts.tables["ranks"].empty:
        return
    text = (
        "Ranks within a set, 1 the best, averaged over the sets that every compared detector finished; a set "
        "is a data set with one inlier class, its repetitions averaged first. A detector without a rank "
        f"finished fewer than {percent(statistics.LEAST_SHARE)} of them and is not compared."
    )
    yield Section("ranks", "Mean ranks", text, tables=display_tables.ranks(parts.tables["ranks"]))


def _significance(parts: Parts) -> Iterator[Section]:
    blocks = tables.blocks(parts.run.cells)
    if all(one.scores.shape[1] < 2 for one in blocks.values()):
        return
    compared = dict(iter(parts.tables["pairs"].groupby("corruption", sort=False)))
    text = (
        "The test is Wilcoxon's signed-rank test of each pair over the sets, two-sided, by AUROC, with "
        "Holm's correction over all pairs of a corruption. Two detectors are significantly different where "
        f"p is below {statistics.ALPHA:g} and their mean AUROC differs by two points or more; less is a tie, "
        "whatever p."
    )
    yield Section(
        "significance",
        "Which detectors are significantly different",
        f"{_compared(blocks)} {text}",
        tuple(_diagram(level, blocks[level], rows, parts) for level, rows in compared.items()),
        tuple(display_tables.pairs(rows, level) for level, rows in compared.items()),
    )


def _compared(blocks: Mapping[float, Block]) -> str:
    """Say what is compared at which corruptions, who is left out, and whether the sets are enough."""
    levels: dict[str, list[str]] = {}
    for level, one in blocks.items():
        levels.setdefault(_comparison(one), []).append(f"{level:g}")
    return " ".join(f"At corruption {listed(some, most=30)}: {text}." for text, some in levels.items())


def _comparison(one: Block) -> str:
    sets, detectors = one.scores.shape
    text = f"{count(detectors, 'detector')} on {count(sets, 'set')}"
    if one.left_out:
        missing = [f"{name} ({number} of {one.sets})" for name, number in one.left_out.items()]
        text += f", without {listed(missing, most=30)}"
    if one.testable or detectors < 2:
        return text
    least = statistics.least_sets(math.comb(detectors, 2))
    return f"{text}, too few for any difference to be significant ({least} at least), so nothing is tested"


def _diagram(level: float, one: Block, compared: pd.DataFrame, parts: Parts) -> Picture:
    caption = (
        f"Mean rank by AUROC over {count(len(one.scores), 'set')}, the best to the left. A bar joins "
        "detectors of which no two are significantly different."
    )
    drawn = figures.critical_differences(one.ranks, posthoc.groups(statistics.alike(compared)), parts.marks)
    title = f"Critical differences at corruption {level:g}"
    return picture(f"critical-differences-{level:g}", title, caption, drawn, level=f"{level:g}")


def _each_set(parts: Parts) -> Iterator[Section]:
    if parts.datasets["dataset"].nunique() < 2:
        return
    pictures = [_by_set(parts, metric) for metric in tables.SCORES if parts.table["corruption"].nunique() > 1]
    text = (
        f"Means over repetitions and inlier classes: {_fits_each(parts.datasets)}. The stronger the shade, "
        "the nearer to the best on that set; none: 20 points behind. Spreads and oracles: tables/sets.csv."
    )
    grids = tuple(display_tables.grids(parts.datasets, baseline=parts.run.baseline))
    yield Section("each-set", "Set by set", text, tuple(pictures), grids)


def _by_set(parts: Parts, metric: str) -> Picture:
    caption = f"Each panel one set: {_fits_each(parts.datasets)}."
    drawn = figures.against_corruption_by_dataset(parts.datasets, parts.marks, metric=metric)
    title = f"{_capital(figures.LABELS[metric])} on each set"
    return picture(f"{metric}-against-corruption-by-set", title, caption, drawn)


def _precision_recall(parts: Parts) -> Iterator[Section]:
    means = _dirty(curves.precision_recall(parts.run.records))
    drawn = means[means["detector"].isin(parts.prominent)]
    if drawn.empty:
        return
    pictures = tuple(
        picture(
            f"precision-recall-{level:g}",
            f"Precision and recall at corruption {level:g}",
            f"Precision averaged at fixed recall: {_fits_each(rows)}. {_prominent_only(means, parts)}",
            figures.precision_recall(rows, parts.marks),
        )
        for level, rows in _at_levels(drawn)
    )
    yield Section("precision-recall", "Precision and recall", "", pictures, folded=_many_sets(means))


def _histograms(parts: Parts) -> Iterator[Section]:
    means = _dirty(curves.histograms(parts.run.records))
    drawn = means[means["detector"].isin(parts.prominent)]
    if drawn.empty:
        return
    text = (
        "Scores of the test rows, normal to the left, outlying to the right. Scores of two fits have no "
        "common scale: each fit's own range is cut into bins, and the shares of inliers and of outliers are "
        "averaged bin by bin."
    )
    pictures = tuple(
        picture(
            f"scores-{level:g}",
            f"Scores at corruption {level:g}",
            f"{_fits_each(rows)}. {_prominent_only(means, parts)}",
            figures.score_histograms(rows, parts.prominent),
        )
        for level, rows in _at_levels(drawn)
    )
    yield Section("scores", "Scores of inliers and outliers", text, pictures, folded=_many_sets(means))


def _alarms(parts: Parts) -> Iterator[Section]:
    if parts.tables["budgets"].empty:
        return
    text = (
        "Who can look at one row in twenty has an alarm budget of 5 %. From the precision-recall curves; "
        "means over sets, whose shares of outliers differ: a set with few outliers has few to find."
    )
    shown = tuple(display_tables.budgets(parts.tables["budgets"]))
    yield Section("budgets", "Precision at an alarm budget", text, tables=shown)


def _every_metric(parts: Parts) -> Iterator[Section]:
    if not parts.table.empty:
        table = display_tables.every_metric(parts.table, baseline=parts.run.baseline)
        title = "Every metric at every corruption"
        yield Section("every-metric", title, f"{_behind(parts.table)}.", tables=(table,))


def _run_times(parts: Parts) -> Iterator[Section]:
    table = tables.run_times(parts.run.cells)
    if table.empty:
        return
    text = (
        "Medians over the finished runs. A shared machine stretches times: compare within one benchmark only."
    )
    caption = "Dot: the median; bar: the middle half of the fits. Logarithmic scales."
    drawn = figures.run_times(table, parts.marks)
    pictures = (picture("run-times", "Time of a fit, and of scoring a row", caption, drawn),)
    yield Section("run-times", "Run times", text, pictures, (display_tables.run_times(table),))


def _warnings(parts: Parts) -> Iterator[Section]:
    table = tables.warnings(parts.run.cells)
    if not table.empty:
        text = "What finished runs warned of."
        yield Section("warnings", "Warnings", text, tables=(display_tables.warnings(table),), folded=True)


def _at_levels(means: pd.DataFrame) -> list[tuple[float, pd.DataFrame]]:
    """Split by corruption, the dirtiest first: all of three, of more the two ends."""
    levels = sorted(means["corruption"].unique(), reverse=True)
    shown = levels if len(levels) <= 3 else [levels[0], levels[-1]]
    return [(float(level), means[means["corruption"] == level]) for level in shown]


def _many_sets(means: pd.DataFrame) -> bool:
    return bool(means["dataset"].nunique() > 4)


def _prominent_only(means: pd.DataFrame, parts: Parts) -> str:
    hidden = means.loc[~means["detector"].isin(parts.prominent), "detector"].nunique()
    return f"Without {count(hidden, 'detector')} further down." if hidden else "Best detector first."


def _behind(table: pd.DataFrame) -> str:
    """Say what stands behind the means of a summary."""
    sets, fits = _range(table["sets"], "set"), _range(table["fits"], "fit")
    unlike = " (not of the same sets everywhere: compare with care)" if table["sets"].nunique() > 1 else ""
    return f"Means of {sets}{unlike}, {fits} a detector and corruption"


def _fits_each(table: pd.DataFrame) -> str:
    return f"{_range(table['fits'], 'fit')} for each detector, set and corruption"


def _range(numbers: pd.Series, noun: str) -> str:
    low, high = int(numbers.min()), int(numbers.max())
    return count(high, noun) if low == high else f"{low} to {count(high, noun)}"


def _dirty(means: pd.DataFrame) -> pd.DataFrame:
    """Leave out the oracles, but for corruption 0, where they are the measured fit itself."""
    shown = means[~means["clean"] | (means["corruption"] == 0)]
    columns = [name for name in ("dataset", "corruption", "detector", "recall", "bin") if name in shown]
    return shown.drop_duplicates(columns)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
