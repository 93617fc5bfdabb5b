"""Every page of the README and the site runs as it is printed, in an empty folder; so does the gallery."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from contextlib import nullcontext
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from robustgen.bench.published import schema_table
from robustgen.bench.records import Record
from robustgen.bench.suites import parse_suite
from robustgen.cli import main
from robustgen.data.catalog import read_toml
from robustgen.reporting.cells import SAMPLE_METRICS
from robustgen.training import each_epoch
from tests.reporting import fabricate

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("docs/methods/*.md")), ROOT / "README.md"]
GALLERY = sorted(ROOT.glob("docs/gallery/plot_*.py"))


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """Work in a folder without data: what a page needs, it makes, but for what it tells to save as a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])  # which the bench lengthens to find mine.py
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    Path("mine.py").write_text(next(fences(ROOT / "docs/your-detector.md", "python")).content)


@pytest.fixture
def short_fits():
    """End every training after two epochs: that a page runs is asked, not what its nets have learnt."""
    with each_epoch(lambda history: history.epochs == 2):
        yield


@pytest.fixture
def without_fits(monkeypatch):
    """Let runs of the bench, which take minutes, plan and record their cells at once; `report` draws them."""
    monkeypatch.setattr("robustgen.bench.runner._results", lambda cells, *others: map(fabricated, cells))
    monkeypatch.setattr("robustgen.bench.runner.closing", nullcontext)
    monkeypatch.setattr("robustgen.cli.bench._conclude", lambda *others, **options: None)


@pytest.fixture
def without_folds(monkeypatch):
    """Let p-values, which take five fits more, be fabricated: other tests look at them."""

    def made(detector, rows, *others):
        return np.linspace(0, 1, rows.shape[0] + 1)[1:]

    monkeypatch.setattr("robustgen.triage.table_audit.cross_conformal_p_values", made)


def fabricated(cell):
    draw = (cell.detector.name, cell.dataset, cell.corruption, cell.repetition)
    record = fabricate.line(*draw, inlier_class=cell.inlier_class, clean=cell.clean)
    record["metrics"] |= dict.fromkeys(SAMPLE_METRICS, 0.5)
    return Record(**record | {"key": cell.key})


def fences(page, kind):
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    return (one for one in tokens if one.type == "fence" and one.info == kind)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def run_command(line: str) -> None:
    if line.startswith("robustgen "):
        command = shlex.split(line, comments=True)[1:]
        result = CliRunner().invoke(main, command, input="n" * 10, catch_exceptions=False)  # rows are normal
        assert result.exit_code == 0, f"{line}\n{result.output}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
@pytest.mark.usefixtures("alone", "short_fits", "without_fits", "without_folds", "without_drawings")
def test_the_examples_of_a_page_run_in_their_order(page, tmp_path):
    names: dict[str, object] = {}
    for fence in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if fence.type == "fence" and fence.info == "python":
            exec(compile(fence.content, f"{page.name}, line {fence.map[0] + 1}", "exec"), names)
        elif fence.type == "fence" and fence.info in ("sh", "bash"):
            for line in fence.content.splitlines():
                run_command(line)
        elif fence.type == "fence" and fence.info == "toml" and page.parent.name == "docs":
            (tmp_path / "suite.toml").write_text(fence.content)
            parse_suite(read_toml(tmp_path / "suite.toml"))


def test_the_page_of_own_detectors_has_the_schema_as_it_is():
    assert schema_table() in (ROOT / "docs/your-detector.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("example", GALLERY, ids=name_of)
@pytest.mark.usefixtures("short_fits")
def test_an_example_of_the_gallery_runs(example, monkeypatch, capsys):
    mpl.use("agg")
    drawn = []
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: drawn.append(mpl.pyplot.get_fignums()))
    runpy.run_path(str(example))
    mpl.pyplot.close("all")
    assert any(drawn)
    assert capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_tables_of_a_page_are_published(page):
    for report in re.findall(r"\{report-table\} (\S+)", page.read_text(encoding="utf-8")):
        fits = pd.read_csv(ROOT / "reports" / report / "metrics.csv")
        assert {"detector", "corruption", "status", "clean"} <= set(fits.columns)
