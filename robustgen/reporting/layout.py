"""What the report of a run says, from its first line to its provenance."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from robustgen.reporting import answers, samples, sections, tables
from robustgen.reporting.budgets import alarm_budgets
from robustgen.reporting.cards import cards
from robustgen.reporting.documents import Report, Section, picture, provenance
from robustgen.reporting.figures.palette import Mark, marks
from robustgen.reporting.formatting import count, listed, percent
from robustgen.reporting.headline import headline
from robustgen.reporting.run import Run


def lay_out(run: Run) -> Report:
    """Return all that the report of a run says, its figures drawn."""
    return _of_samples(run) if run.task == "generation" else _of_scores(run)


def answer(run: Run) -> str:
    """Return the sentence that a report begins with, an empty text where no detector can be compared."""
    if run.task == "generation":
        return samples.headline(samples.summary(run.cells)).sentence
    found = cards(run.without_answers, _tables(run.without_answers))
    return found[0].headline.sentence if found else ""


def _tables(run: Run) -> dict[str, pd.DataFrame]:
    return {
        "summary": tables.summary(run.cells, baseline=run.baseline),
        "sets": tables.by_dataset(run.cells, baseline=run.baseline),
        "ranks": tables.ranks(run.cells),
        "pairs": tables.pairs(run.cells),
        "budgets": alarm_budgets(run.records),
    }


def _of_samples(run: Run) -> Report:
    means = samples.summary(run.cells)
    question = str(run.suite.get("question") or "")
    pages = tuple(picture(*page) for page in samples.pages(run.records))
    section = Section("samples", "Samples", "The first samples of each fit.", pages)
    text = f"{question} {samples.TEXT}".strip()
    return Report(
        title=str(run.suite.get("name", run.name)),
        facts=_facts(run),
        headline=samples.headline(means),
        cards=(),
        baseline=None,
        first=Section("measures", "Measures", text, (), (samples.table(means),)),
        sections=(section, *sections.unfinished(run)),
        damaged=_damaged(run),
        provenance=_provenance(run),
        rebuild=_rebuild(run),
        note=str(run.manifest.get("note", "")),
    )


def _of_scores(whole_run: Run) -> Report:
    run = whole_run.without_answers
    answered = answers.summary(whole_run.records)
    whole = _tables(run)
    answer = cards(run, whole)
    parts = sections.Parts(run, whole, _marks(whole["summary"], run.baseline))
    return Report(
        title=str(run.suite.get("name", run.name)),
        facts=_facts(run),
        headline=answer[0].headline if answer else headline(parts.top, baseline=run.baseline),
        cards=answer,
        baseline=run.baseline,
        first=sections.first(parts),
        sections=(*answers.sections(answered), *sections.others(parts)),
        damaged=_damaged(run),
        provenance=_provenance(run),
        rebuild=_rebuild(run),
        note=str(run.manifest.get("note", "")),
        tables=whole | ({"answers": answered} if len(answered) else {}),
    )


def _marks(summary: pd.DataFrame, baseline: str | None) -> dict[str, Mark]:
    """Mark the detectors by how they stand at the highest corruption that they reached."""
    dirtiest_first = summary.sort_values("corruption", ascending=False, kind="stable")
    return marks(dirtiest_first["detector"].unique().tolist(), baseline=baseline)


def _facts(run: Run) -> tuple[str, ...]:
    frame = run.cells
    protocol = run.suite.get("protocol")
    levels = [percent(share) for share in sorted(frame["corruption_of_all"].unique())]
    facts = [
        f"suite {run.suite.get('name', run.name)}",
        *([f"{protocol} protocol"] if protocol else []),
        count(frame["detector"].nunique(), "detector"),
        count(frame["dataset"].nunique(), "data set"),
        f"corruption {listed(levels, most=8)}",
        count(frame["repetition"].nunique(), "repetition"),
        sections.outcomes(run),
        *(["the benchmark has not ended"] if run.manifest.get("finished", "") is None else []),
    ]
    return tuple(facts)


def _damaged(run: Run) -> tuple[str, ...]:
    return tuple(f"line {number}: {reason}" for number, reason in run.damaged)


def _provenance(run: Run) -> Mapping[str, str]:
    return provenance(run.manifest) or {"manifest": "none in the folder"}


def _rebuild(run: Run) -> tuple[str, ...]:
    """Name the commands that made the records, and the one that makes this report from them."""
    runs = run.manifest.get("runs") or [run.manifest]
    commands = [str(one["command"]) for one in runs if isinstance(one, Mapping) and one.get("command")]
    return (*dict.fromkeys(commands), f"robustgen report {run.name}")
