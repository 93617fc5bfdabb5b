"""Every page of the README and the site runs as it is printed, in an empty folder; so does the gallery."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from robustgen.bench.published import schema_table
from robustgen.bench.suites import parse_suite
from robustgen.data.catalog import read_toml
from robustgen.training import each_epoch
from tests.docs.snippets import (
    PAGES,
    ROOT,
    alone,
    fabricate_runs,
    fences_of,
    is_same,
    run,
)

GALLERY = sorted(ROOT.glob("docs/gallery/plot_*.py"))


@pytest.fixture
def short_fits():
    """End every training after two epochs: that an example runs is asked, not what its nets have learnt."""
    with each_epoch(lambda history: history.epochs == 2):
        yield


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
@pytest.mark.usefixtures("without_drawings")
def test_a_page_runs_by_itself_and_its_snippets_print_what_it_says(page, tmp_path, monkeypatch):
    alone(tmp_path, monkeypatch)
    fabricate_runs(monkeypatch)
    for snippet in run(page):
        if snippet.shown or snippet.fence.info == "python":
            remedy = f"run python -m tests.docs.snippets {page}"
            assert is_same(snippet.printed, snippet.told), (
                f"line {snippet.where}: {snippet.printed}\n{remedy}"
            )


def test_numbers_may_differ_as_machines_do_and_words_may_not():
    assert is_same("26 of  30 rows, AUROC 0.87", "27 of 30 rows, AUROC 0.85\n")
    assert not is_same("26 of 30 rows", "20 of 30 rows")
    assert not is_same("26 of 30 rows", "26 of 30 columns")


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "docs"], ids=name_of)
def test_the_suites_of_a_page_can_be_read(page, tmp_path):
    for fence in fences_of(page):
        if fence.info == "toml":
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
