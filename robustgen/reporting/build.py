"""From a run folder to its report: read, lay out, draw, and put the files into place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from robustgen._files import staged, write_csv, write_text
from robustgen.reporting import curves
from robustgen.reporting.documents import html, markdown
from robustgen.reporting.layout import lay_out
from robustgen.reporting.run import Run, read_results

LONGEST_NAME = 100
"""Characters of a data set's name that a file is named after: names of files have at most 255 bytes."""
FOLDERS = ("tables", "curves", "figures")
"""The folders that belong to a report."""


def build_report(folder: Path) -> Path:
    """Rebuild the report of a run from its records, or from the `metrics.csv` that was published of them.

    Writes `report.html`, `report.md`, `metrics.csv` and the folders `tables`, `curves` and `figures` into
    the run folder; these three belong to the report and are replaced as a whole. Everything is drawn
    before anything is put into place, so that a failure leaves the report of before.

    Parameters
    ----------
    folder : Path
        A run folder with `records.jsonl`, and with `manifest.json` if the provenance is to be shown. What
        only records have, curves and scores, is not there without them.

    Returns
    -------
    Path
        The page, `report.html`.

    Raises
    ------
    UsageError
        If the folder holds no readable record, a damaged manifest, or two kinds of corruption.
    """
    run = read_results(Path(folder))
    with staged(Path(folder)) as parts:
        _write(parts, run)
        _publish(parts, Path(folder))
    return Path(folder) / "report.html"


def file_names(names: Sequence[str]) -> dict[str, str]:
    """Return a file name for each name of a set, no two alike on any file system.

    Examples
    --------
    >>> file_names(["digits", "mnist:test", "mnist/test"])
    {'digits': 'digits', 'mnist:test': 'mnist-test', 'mnist/test': 'mnist-test-2'}
    >>> [len(name) for name in file_names(["x" * 300, "x" * 301]).values()]
    [100, 102]
    """
    chosen: dict[str, str] = {}
    for name in names:
        safe = re.sub(r"[^\w.]+", "-", name, flags=re.ASCII).strip("-.")[:LONGEST_NAME] or "set"
        taken = {other.lower() for other in chosen.values()}
        numbered = (safe if number == 1 else f"{safe}-{number}" for number in range(1, len(names) + 1))
        chosen[name] = next(one for one in numbered if one.lower() not in taken)
    return chosen


def _write(parts: Path, run: Run) -> None:
    report = lay_out(run)
    for name in FOLDERS:
        (parts / name).mkdir()
    for picture in report.pictures:
        (parts / "figures" / f"{picture.name}.png").write_bytes(picture.png)
        write_text(parts / "figures" / f"{picture.name}.svg", picture.svg)
    for name, table in report.tables.items():
        write_csv(parts / "tables" / f"{name}.csv", table)
    write_csv(parts / "metrics.csv", run.cells)
    _write_curves(parts / "curves", run)
    write_text(parts / "report.md", markdown(report))
    write_text(parts / "report.html", html(report))


def _write_curves(folder: Path, run: Run) -> None:
    means = curves.precision_recall(run.records)
    names = file_names(means["dataset"].unique())
    for dataset, rows in means.groupby("dataset"):
        write_csv(folder / f"{names[dataset]}.csv", rows)


def _publish(parts: Path, folder: Path) -> None:
    """Move the finished parts into place, the page last."""
    for name in FOLDERS:
        if (folder / name).exists():
            (folder / name).rename(parts / f"{name}-before")
        (parts / name).rename(folder / name)
    for name in ("metrics.csv", "report.md", "report.html"):
        (parts / name).replace(folder / name)
