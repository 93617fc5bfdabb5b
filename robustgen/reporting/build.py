"""From a run folder to its report: read the records, lay out the parts, put the files into place."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from robustgen._checks import UsageError
from robustgen.bench.records import FILE_NAME, Record, read
from robustgen.reporting import curves, drawing, figures, samples, sheets, tables
from robustgen.reporting.cells import cells
from robustgen.reporting.documents import Picture, Report, Section, html, markdown, provenance
from robustgen.reporting.headline import headline
from robustgen.reporting.palette import Mark, marks
from robustgen.reporting.words import count, listed, percent

NAIVE = "autoencoder"
"""The naive detector of a run whose manifest names none."""


@dataclass(frozen=True)
class Run:
    """What a run folder holds: its records, the lines that are none, and its manifest."""

    name: str
    records: Sequence[Record]
    damaged: Sequence[tuple[int, str]]
    manifest: Mapping[str, Any]

    @property
    def suite(self) -> Mapping[str, Any]:
        """The suite as the manifest has it, empty where there is no manifest."""
        suite = self.manifest.get("suite")
        return suite if isinstance(suite, Mapping) else {}

    @property
    def naive(self) -> str | None:
        """The detector whose damage is the measure."""
        named: str | None = self.suite.get("naive", NAIVE)
        return named


def build_report(folder: Path) -> Path:
    """Rebuild the report of a run from its records alone.

    Writes `report.html`, `report.md`, `metrics.csv` and the folders `curves` and `figures` into the
    run folder; these two belong to the report and are replaced as a whole. Everything is drawn
    before anything is put into place, so that a failure leaves the report of before.

    Parameters
    ----------
    folder : Path
        A run folder with `records.jsonl`, and with `manifest.json` if the provenance is to be told.

    Returns
    -------
    Path
        The page, `report.html`.

    Raises
    ------
    UsageError
        If the folder holds no readable record, a damaged manifest, or two kinds of corruption.
    """
    run = read_run(Path(folder))
    staged = Path(tempfile.mkdtemp(prefix=".report-", dir=folder))
    try:
        _write(staged, run)
        _publish(staged, Path(folder))
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Path(folder) / "report.html"


def read_run(folder: Path) -> Run:
    """Read a run folder.

    Parameters
    ----------
    folder : Path
        As in `build_report`.

    Raises
    ------
    UsageError
        As in `build_report`.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        found = "is no folder" if not folder.is_dir() else f"holds no {FILE_NAME}"
        raise UsageError(f"{folder} {found}; expected the output folder of 'robustgen bench': give that one")
    records, damaged = read(path)
    if not records:
        state = f"{count(len(damaged), 'line')}, none a record" if damaged else "is empty"
        raise UsageError(f"{path}: {state}; run the suite again: 'robustgen bench --output {folder} ...'")
    kinds = sorted({record.corruption_of for record in records})
    if len(kinds) > 1:
        raise UsageError(
            f"{path} mixes corruptions of {' and of '.join(kinds)}, which cannot be compared; "
            "run each in its own folder"
        )
    return Run(folder.resolve().name, records, damaged, _manifest(folder / "manifest.json"))


def lay_out(run: Run) -> Report:
    """Return all that the report of a run says, its figures drawn."""
    return _of_samples(run) if run.suite.get("task") == "generation" else _of_scores(run)


def _of_samples(run: Run) -> Report:
    means = samples.summary(run.records)
    question = str(run.suite.get("question") or "")
    pages = [
        _picture(name, title, caption, drawn) for name, title, caption, drawn in samples.pages(run.records)
    ]
    section = Section("samples", "Samples", "The first samples of each fit.", tuple(pages))
    unfinished = _unfinished_of(run)
    return Report(
        title=str(run.suite.get("name", run.name)),
        facts=_facts(run),
        headline=samples.headline(means),
        naive=None,
        first=Section("measures", "Measures", f"{question} {samples.TEXT}".strip(), (), samples.sheet(means)),
        sections=(section, *([unfinished] if unfinished else [])),
        damaged=tuple(f"line {number}: {reason}" for number, reason in run.damaged),
        provenance=provenance(run.manifest) or {"manifest": "none in the folder"},
        rebuild=_rebuild(run),
    )


def _of_scores(run: Run) -> Report:
    table = tables.summary(run.records, naive=run.naive)
    top = table[table["corruption"] == table["corruption"].max()]
    drawn = marks(top["detector"].tolist() + _others(table, top), naive=run.naive)
    parts = _Parts(run, table, tables.by_dataset(run.records, naive=run.naive), top, drawn)
    return Report(
        title=str(run.suite.get("name", run.name)),
        facts=_facts(run),
        headline=headline(top, naive=run.naive),
        naive=run.naive,
        first=_first(parts),
        sections=tuple(section for section in _sections(parts) if section is not None),
        damaged=tuple(f"line {number}: {reason}" for number, reason in run.damaged),
        provenance=provenance(run.manifest) or {"manifest": "none in the folder"},
        rebuild=_rebuild(run),
    )


@dataclass(frozen=True)
class _Parts:
    """What the sections are made of: the tables that several of them need."""

    run: Run
    table: pd.DataFrame
    datasets: pd.DataFrame
    top: pd.DataFrame
    marks: Mapping[str, Mark]

    @property
    def detectors(self) -> list[str]:
        return list(self.marks)


def _first(parts: _Parts) -> Section:
    question = str(parts.run.suite.get("question") or "")
    if parts.top.empty:
        return Section("standing", "Standing", question)
    text = (
        "Outliers were mixed into the training data, and no detector was told. AUROC is the chance that an "
        "outlier then scores above an inlier; 0.5 is guessing. The clean oracle is the same detector trained "
        "without them; Undone is the share of the naive detector's damage that a detector avoids."
    )
    sheet = sheets.standing(parts.top, naive=parts.run.naive)
    pictures = (_standing(parts, "auroc"),)
    return Section("standing", "Standing", f"{question} {text}".strip(), pictures, sheet)


def _sections(parts: _Parts) -> list[Section | None]:
    return [
        _against_corruption(parts),
        _precision_recall(parts),
        _histograms(parts),
        _matrix(parts),
        _full_tables(parts),
        _each_set(parts),
        _run_times(parts),
        _unfinished(parts),
        _warnings(parts),
    ]


def _standing(parts: _Parts, metric: str) -> Picture:
    row = parts.top.iloc[0]
    level = (
        f"{percent(row['corruption_of_all'])} of all rows, {row['corruption_of_inliers']:.3g} of the inliers"
    )
    title = f"{_capital(figures.LABELS[metric])} at corruption {row['corruption']:g} ({level})"
    caption = (
        f"{_behind(parts.top)}. Filled: trained on the dirty data; hollow: the clean oracle; bar behind "
        "the dot: standard deviation over repetitions; dotted: the naive detector."
    )
    drawn = figures.standing(parts.top, parts.marks, naive=parts.run.naive, metric=metric)
    return _picture(f"standing-{metric}", title, caption, drawn)


def _against_corruption(parts: _Parts) -> Section | None:
    if parts.top.empty:
        return None
    if parts.table["corruption"].nunique() < 2:
        return Section("against-corruption", "Average precision", pictures=(_standing(parts, "ap"),))
    grey = [name for name, mark in parts.marks.items() if not mark.prominent]
    caption = (
        f"{_behind(parts.table)}. Dashed: the clean oracle; band: standard deviation over repetitions"
        + (f"; grey: {listed(grey, most=30)}." if grey else ".")
    )
    pictures = [
        _picture(
            f"{metric}-against-corruption",
            f"{_capital(figures.LABELS[metric])} against corruption",
            caption,
            figures.against_corruption(parts.table, parts.marks, metric=metric),
        )
        for metric in tables.SCORES
    ]
    if parts.datasets["dataset"].nunique() > 1:
        drawn = figures.against_corruption_by_dataset(parts.datasets, parts.marks, metric="auroc")
        each = f"Each panel one set: {_fits_each(parts.datasets)}. Dashed: the clean oracle."
        pictures.append(_picture("auroc-against-corruption-by-set", "AUROC on each set", each, drawn))
    return Section("against-corruption", "Against corruption", pictures=tuple(pictures))


def _precision_recall(parts: _Parts) -> Section | None:
    means = _dirty(curves.precision_recall(parts.run.records))
    if means.empty:
        return None
    levels = sorted(means["corruption"].unique(), reverse=True)
    pictures = [_curves_at(level, means[means["corruption"] == level], parts) for level in levels]
    return Section("precision-recall", "Precision and recall", pictures=tuple(pictures))


def _curves_at(level: float, means: pd.DataFrame, parts: _Parts) -> Picture:
    title = f"Precision and recall at corruption {level:g}"
    caption = f"Precision averaged at fixed recall: {_fits_each(means)}."
    drawn = figures.precision_recall(means, parts.marks)
    return _picture(f"precision-recall-{level:g}", title, caption, drawn)


def _histograms(parts: _Parts) -> Section | None:
    means = _dirty(curves.histograms(parts.run.records))
    if means.empty:
        return None
    text = (
        "Scores of the test rows, normal to the left, outlying to the right. Scores of two fits have no "
        "common scale: each fit's own range is cut into bins, and the shares of inliers and of outliers are "
        "averaged bin by bin."
    )
    names = file_names(means["dataset"].unique())
    pictures = tuple(
        _picture(
            f"scores-{names[dataset]}",
            f"Scores on {dataset}",
            f"{_fits_each(rows)}. Best detector first.",
            figures.score_histograms(rows, parts.detectors),
        )
        for dataset, rows in means.groupby("dataset")
    )
    return Section("scores", "Scores of inliers and outliers", text, pictures, folded=len(pictures) > 2)


def _matrix(parts: _Parts) -> Section | None:
    level = parts.table["corruption"].max()
    rows = parts.datasets[parts.datasets["corruption"] == level]
    if rows["dataset"].nunique() < 2:
        return None
    text = f"Mean AUROC at corruption {level:g}: {_fits_each(rows)}. The stronger the shade, the better."
    title = f"AUROC on each set at corruption {level:g}"
    return Section("matrix", title, text, sheet=sheets.matrix(rows, naive=parts.run.naive))


def _full_tables(parts: _Parts) -> Section | None:
    if parts.table.empty:
        return None
    sheet = sheets.every_metric(parts.table, naive=parts.run.naive)
    title = "Every metric at every corruption"
    return Section("every-metric", title, f"{_behind(parts.table)}.", sheet=sheet)


def _each_set(parts: _Parts) -> Section | None:
    if parts.datasets.empty:
        return None
    sheet = sheets.each_dataset(parts.datasets, naive=parts.run.naive)
    text = f"Means over repetitions and inlier classes: {_fits_each(parts.datasets)}."
    return Section("each-set", "Every set at every corruption", text, sheet=sheet)


def _run_times(parts: _Parts) -> Section | None:
    table = tables.run_times(parts.run.records)
    if table.empty:
        return None
    text = "Medians over the finished cells. A shared machine stretches times: compare within a run only."
    return Section("run-times", "Run times", text, sheet=sheets.run_times(table))


def _unfinished(parts: _Parts) -> Section | None:
    return _unfinished_of(parts.run)


def _unfinished_of(run: Run) -> Section | None:
    table = tables.unfinished(run.records)
    if table.empty:
        return None
    text = f"{_counts(run)}. A cell that did not finish has no score: it is in no mean."
    title = f"Not finished: {count(len(table), 'cell')}"
    return Section("unfinished", title, text, sheet=sheets.unfinished(table))


def _warnings(parts: _Parts) -> Section | None:
    table = tables.warnings(parts.run.records)
    if table.empty:
        return None
    text = "What finished cells warned of."
    return Section("warnings", "Warnings", text, sheet=sheets.warnings(table), folded=True)


def _facts(run: Run) -> tuple[str, ...]:
    frame = cells(run.records)
    protocol = run.suite.get("protocol")
    levels = [percent(share) for share in sorted(frame["corruption_of_all"].unique())]
    facts = [
        f"suite {run.suite.get('name', run.name)}",
        *([f"{protocol} protocol"] if protocol else []),
        count(frame["detector"].nunique(), "detector"),
        count(frame["dataset"].nunique(), "data set"),
        f"corruption {listed(levels, most=8)}",
        count(frame["repetition"].nunique(), "repetition"),
        _counts(run),
        *(["the run has not ended"] if run.manifest.get("finished", "") is None else []),
    ]
    return tuple(facts)


def _counts(run: Run) -> str:
    words = {"ok": "finished", "timeout": "out of time"}
    counts = tables.status_counts(run.records).items()
    return f"{count(len(cells(run.records)), 'cell')}: " + ", ".join(
        f"{number} {words.get(status, status)}" for status, number in counts
    )


def _rebuild(run: Run) -> tuple[str, ...]:
    """Name the commands that made the records, and the one that makes this report from them."""
    runs = run.manifest.get("runs") or [run.manifest]
    commands = [str(one["command"]) for one in runs if isinstance(one, Mapping) and one.get("command")]
    return (*dict.fromkeys(commands), f"robustgen report {run.name}")


def _behind(table: pd.DataFrame) -> str:
    """Say what stands behind the means of a summary."""
    sets, fits = _range(table["sets"], "set"), _range(table["fits"], "fit")
    return f"Means of {sets}, {fits} a detector and corruption"


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


def _others(table: pd.DataFrame, top: pd.DataFrame) -> list[str]:
    """Name the detectors that have results at lower corruptions only."""
    return sorted(set(table["detector"]) - set(top["detector"]))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _picture(name: str, title: str, caption: str, drawn: Figure) -> Picture:
    return Picture(name, title, caption, drawing.svg(drawn), drawing.png(drawn))


def file_names(names: Sequence[str]) -> dict[str, str]:
    """Return a file name for each name of a set, no two alike on any file system.

    Examples
    --------
    >>> file_names(["digits", "mnist:test", "mnist/test"])
    {'digits': 'digits', 'mnist:test': 'mnist-test', 'mnist/test': 'mnist-test-2'}
    """
    chosen: dict[str, str] = {}
    for name in names:
        safe = re.sub(r"[^\w.]+", "-", name, flags=re.ASCII).strip("-.") or "set"
        taken = {other.lower() for other in chosen.values()}
        numbered = (safe if number == 1 else f"{safe}-{number}" for number in range(1, len(names) + 1))
        chosen[name] = next(one for one in numbered if one.lower() not in taken)
    return chosen


def _manifest(path: Path) -> Mapping[str, Any]:
    """Read the manifest; a folder without one has an empty one."""
    if not path.exists():
        return {}
    remedy = "restore it, or delete it to report without it"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} is damaged ({error}); {remedy}") from None
    if not isinstance(manifest, Mapping):
        raise UsageError(f"{path} holds no JSON object; {remedy}")
    return manifest


def _write(staged: Path, run: Run) -> None:
    report = lay_out(run)
    (staged / "curves").mkdir()
    (staged / "figures").mkdir()
    for picture in report.pictures:
        (staged / "figures" / f"{picture.name}.png").write_bytes(picture.png)
        _text(staged / "figures" / f"{picture.name}.svg", picture.svg)
    means = curves.precision_recall(run.records)
    names = file_names(means["dataset"].unique())
    for dataset, rows in means.groupby("dataset"):
        _csv(staged / "curves" / f"{names[dataset]}.csv", rows)
    of_samples = run.suite.get("task") == "generation"
    _csv(staged / "metrics.csv", samples.cells(run.records) if of_samples else cells(run.records))
    _text(staged / "report.md", markdown(report))
    _text(staged / "report.html", html(report))


def _publish(staged: Path, folder: Path) -> None:
    """Move the finished parts into place, the page last."""
    for name in ("curves", "figures"):
        if (folder / name).exists():
            (folder / name).rename(staged / f"{name}-before")
        (staged / name).rename(folder / name)
    for name in ("metrics.csv", "report.md", "report.html"):
        (staged / name).replace(folder / name)


def _csv(path: Path, frame: pd.DataFrame) -> None:
    _text(path, frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def _text(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
