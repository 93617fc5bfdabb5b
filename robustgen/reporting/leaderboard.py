"""One page from the published results of any number of runs: who stands where, at each corruption."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from robustgen._checks import UsageError
from robustgen._files import shown, whole_file, write_text
from robustgen._text import legible
from robustgen.bench import published
from robustgen.reporting import display_tables, figures, posthoc, statistics, tables
from robustgen.reporting.cells import cells_of, corruption_shares
from robustgen.reporting.display_tables import Column, DisplayTable, Form, number, table_of, text
from robustgen.reporting.documents import Section, page, picture
from robustgen.reporting.figures.palette import Mark, marks
from robustgen.reporting.formatting import count, listed, percent
from robustgen.reporting.run import BASELINE
from robustgen.reporting.statistics import Block

MOST_DETECTORS = 200
MOST_SETS = 1000
MOST_LEVELS = 30
"""What one page shows; more is no page any more."""

DEFINED_BY = {"detector": ["address", "parameters"], "dataset": ["dataset_settings"]}
"""What a name stands for; another file's thing of the same name is another thing."""

NAMED = ["protocol", "corruption", "dataset", "inlier_class", "detector", "clean", "repetition"]


@dataclass(frozen=True)
class Leaderboard:
    """The results of all files, each cell once.

    Parameters
    ----------
    files : pandas.DataFrame
        A row a file, in the order given: `number`, `name` and what it holds.
    cells : pandas.DataFrame
        As :func:`robustgen.reporting.cells.cells`, with `protocol` and `file`; corruptions are shares of all
        rows.
    notes : tuple of str
        What was given twice, was at odds, or was renamed.
    """

    files: pd.DataFrame
    cells: pd.DataFrame
    notes: tuple[str, ...]

    @cached_property
    def boards(self) -> dict[str, pd.DataFrame]:
        """The summary of each protocol; see :func:`robustgen.reporting.tables.summary`."""
        return {
            str(protocol): tables.summary(rows, baseline=BASELINE)
            for protocol, rows in self.cells.groupby("protocol")
        }

    @property
    def facts(self) -> tuple[str, ...]:
        """What stands behind the page."""
        levels = [_level(level) for level in sorted(self.cells["corruption"].unique())]
        return (
            count(len(self.files), "file"),
            count(self.cells["detector"].nunique(), "detector"),
            count(self.cells["dataset"].nunique(), "data set"),
            f"corruption {listed(levels, most=12)} of all rows",
            count(len(self.cells), "run"),
        )


def read_leaderboard(paths: Sequence[Path]) -> Leaderboard:
    """Read published files; a cell that several give counts once, by the first of them.

    Parameters
    ----------
    paths : sequence of Path
        Files of ``robustgen bench publish``, the most trusted first.

    Returns
    -------
    Leaderboard
        The cells, and notes of what was given twice or at odds.

    Raises
    ------
    UsageError
        If a file is none of the schema (:func:`robustgen.bench.published.read`), is given twice, or all
        together have more detectors, sets or corruptions than a page shows.
    """
    if len({path.resolve() for path in paths}) < len(paths):
        raise UsageError(f"got {', '.join(map(shown, paths))}, expected each file once: leave one out")
    found = [published.read(path).assign(file=place) for place, path in enumerate(paths, start=1)]
    rows = pd.concat(found, ignore_index=True)
    shares = [corruption_shares(*row) for row in zip(rows["corruption"], rows["corruption_of"], strict=True)]
    rows["corruption"] = [share["corruption_of_all"] for share in shares]
    renamed = [note for name in DEFINED_BY for note in _rename(rows, name)]
    once, repeated = _once(rows)
    _expect_few(once)
    cells = cells_of(once.assign(corruption_of="all"), ["protocol", "file"])
    return Leaderboard(_files(paths, rows), cells, (*renamed, *repeated))


def write_leaderboard(leaderboard: Leaderboard, path: Path) -> None:
    """Write the page, whole or not at all; it needs nothing beside it, nor a network."""
    filled = page("leaderboard.html.j2", leaderboard=leaderboard, sections=list(sections(leaderboard)))
    with whole_file(path) as temporary:
        write_text(temporary, filled)


def sections(leaderboard: Leaderboard) -> Iterator[Section]:
    """Yield what the page shows."""
    boards = leaderboard.boards
    about = (
        "Outliers were mixed into the training data. AUROC is the chance that an outlier then scores above "
        "an inlier; means are over data sets, whose number is in the column Sets: compare rows of as many. "
        f"Recovered is the part of the damage of {BASELINE} that a detector avoids; a rank is over "
        "the sets that all compared finished. Corruptions are shares of all training rows."
    )
    yield Section("leaderboard", "Leaderboard", about, tables=tuple(_standings(boards)))
    yield from _differences(leaderboard)
    about = "Means over repetitions and inlier classes; the shade fades out 20 points behind the best."
    yield Section("each-set", "Set by set", about, tables=tuple(_grids(leaderboard)))
    if leaderboard.notes:
        notes = table_of("notes", pd.DataFrame({"note": leaderboard.notes}), [text("Note", "note")])
        about = "Of a cell that several files give the first file's result counts."
        yield Section("notes", "Given twice, at odds, or renamed", about, tables=(notes,))
    yield Section(
        "files", "Files", "In the order given.", tables=(table_of("files", leaderboard.files, _FILE),)
    )


def _standings(boards: Mapping[str, pd.DataFrame]) -> Iterator[DisplayTable]:
    for protocol, board in boards.items():
        for level, rows in reversed(list(board.groupby("corruption"))):
            table = display_tables.leaderboard(rows, baseline=BASELINE)
            yield _chosen(table, protocol, float(level), "leaderboard")


def _grids(leaderboard: Leaderboard) -> Iterator[DisplayTable]:
    for protocol, rows in leaderboard.cells.groupby("protocol"):
        by_set = tables.by_dataset(rows, baseline=BASELINE)
        for level, at_level in reversed(list(by_set.groupby("corruption"))):
            for table in display_tables.grids(at_level, baseline=BASELINE):
                yield _chosen(table, str(protocol), float(level), "grid")


def _chosen(table: DisplayTable, protocol: str, level: float, kind: str) -> DisplayTable:
    """Let a table be chosen by protocol and corruption, beside its own choices."""
    others = [choice for choice in table.choices if choice[0] != "Corruption"]
    choices = (("Protocol", protocol), ("Corruption", _level(level)), *others)
    title = f"{protocol} protocol, corruption {_level(level)}"
    title += "".join(f", {value}" for _, value in others)
    return replace(table, name=f"{table.name}-{protocol}-{level:g}", title=title, kind=kind, choices=choices)


def _differences(leaderboard: Leaderboard) -> Iterator[Section]:
    """Yield the paired tests of every protocol and corruption with sets enough."""
    blocks = {
        (str(protocol), level): one
        for protocol, rows in leaderboard.cells.groupby("protocol")
        for level, one in reversed(tables.blocks(rows).items())
    }
    tested = {place: one for place, one in blocks.items() if one.testable}
    text = (
        "Wilcoxon's signed-rank test of each pair by AUROC over the sets that all compared finished, with "
        "Holm's correction. A bar joins detectors of which no two are significantly different; a detector "
        f"that finished fewer than {percent(statistics.LEAST_SHARE)} of the sets of any is not compared. "
    )
    if untested := [f"{place[0]} {_level(place[1])}" for place in blocks if place not in tested]:
        text += f"Too few common sets for any test: {listed(untested, most=20)}."
    if not tested:
        yield Section("differences", "Critical differences", text)
        return
    pairs = {place: statistics.pairs(one.scores) for place, one in tested.items()}
    drawn = [
        picture(
            f"critical-differences-{protocol}-{level:g}",
            f"{protocol} protocol, corruption {_level(level)}",
            f"Mean rank by AUROC over {count(len(one.scores), 'set')}, the best to the left.",
            _diagram(one, pairs[protocol, level]),
        )
        for (protocol, level), one in tested.items()
    ]
    compared = tuple(
        _chosen(display_tables.pairs(rows, level), protocol, level, "pairs")
        for (protocol, level), rows in pairs.items()
    )
    yield Section("differences", "Critical differences", text, tuple(drawn), compared)


def _level(corruption: float) -> str:
    """Return a corruption in percent, no two that differ alike."""
    return f"{100 * corruption:.3g} %"


def _diagram(one: Block, pairs: pd.DataFrame) -> Figure:
    colours: dict[str, Mark] = marks(one.ranks.sort_values().index.tolist(), baseline=BASELINE)
    return figures.critical_differences(one.ranks, posthoc.groups(statistics.alike(pairs)), colours)


def _rename(rows: pd.DataFrame, what: str) -> Iterator[str]:
    """Give another thing of a name that an earlier file has a name with its file's number, in place."""
    definition = rows[DEFINED_BY[what]].agg("\0".join, axis=1)
    first = definition.groupby(rows[what]).transform("first")
    other = definition != first
    for (name, file), group in rows[other].groupby([what, "file"], sort=True):
        new = f"{name} [{file}]"
        rows.loc[group.index, what] = new
        yield f"{what} {name} of file {file} is another one than that of an earlier file: it is called {new}"


def _once(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the first row of each cell, and what is to be said of the others."""
    named = rows[NAMED].fillna("")
    repeated = named.duplicated(keep="first")
    first = rows[~repeated]
    results = ["status", *published.METRICS]
    both = rows[repeated].merge(first, on=NAMED, suffixes=("", "_first"))
    notes = []
    for (file, before), pairs in both.groupby(["file", "file_first"]):
        here = pairs[results].fillna(-1).to_numpy()
        there = pairs[[f"{name}_first" for name in results]].fillna(-1).to_numpy()
        at_odds = int((here != there).any(axis=1).sum())
        result = f"{at_odds} of them with another result" if at_odds else "with the same results"
        notes.append(f"file {file} repeats {count(len(pairs), 'run')} of file {before}, {result}")
    return first, notes


def _expect_few(rows: pd.DataFrame) -> None:
    for what, most in {"detector": MOST_DETECTORS, "dataset": MOST_SETS, "corruption": MOST_LEVELS}.items():
        if (number_of := rows[what].nunique()) > most:
            raise UsageError(
                f"got {number_of} different values of {what}, expected at most {most} on a page: "
                "give fewer files"
            )


def _files(paths: Sequence[Path], rows: pd.DataFrame) -> pd.DataFrame:
    groups = rows.groupby("file")
    return pd.DataFrame(
        {
            "number": range(1, len(paths) + 1),
            "name": [legible(path.name) for path in paths],
            "runs": groups.size().tolist(),
            "not_ok": groups["status"].agg(lambda one: int((one != "ok").sum())).tolist(),
            **{
                name: groups[name].agg(_different).tolist()
                for name in ("suite", "version_robustgen", "version_torch", "machine", "device", "commit")
            },
        }
    )


def _different(texts: pd.Series) -> str:
    names = sorted(set(texts.dropna()))
    return listed(names, most=3) if names else ""


_FILE: list[tuple[Column, Form]] = [
    number("File", "number"),
    text("Name", "name"),
    text("Suite", "suite"),
    number("Runs", "runs"),
    number("Without a result", "not_ok"),
    text("robustgen", "version_robustgen"),
    text("torch", "version_torch"),
    text("Machine", "machine"),
    text("Device", "device"),
    text("Commit", "commit"),
]
