from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from robustgen._checks import UsageError
from robustgen._text import legible
from robustgen.reporting import build, build_report, run
from robustgen.reporting.cells import cells

from . import fabricate
from .fabricate import line
from .test_tables import mean_by_hand

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use", "rect"}
EVIL = "<b>x</b>\"'&|$"


class Page(HTMLParser):
    """A page taken apart: its tags must close in order; its tables become lists of rows of text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.rules: list[str] = []
        self.drawn: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] | None = None
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self._rows = self.tables.setdefault(dict(attrs).get("id") or "", [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows is not None:
            self._rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open.pop() == tag
        if tag == "table":
            self._rows = None

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "text"):
            (self.rules if self.open[-1] == "style" else self.drawn).append(data)
        if self._rows and self._rows[-1] and self.open[-1] in ("td", "th", "span", "small"):
            self._rows[-1][-1] += data


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    troubles = [
        line("lunar", "digits", 0.3, 0, inlier_class="0", status="failed", message="RuntimeError: n < <k>"),
        line("rsrae", "wine", 0.3, 0, status="skipped", message="wine reaches at most corruption 0.2"),
        line("rsrae", "wine", 0.1, 0, status="timeout", message="gave up after 60 s"),
    ]
    return fabricate.run() + troubles


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, Any]]) -> Path:
    folder = fabricate.write(tmp_path_factory.mktemp("runs") / "quick", lines, fabricate.manifest())
    with (folder / "records.jsonl").open("a") as file:
        file.write('{"key": "torn')
    build_report(folder)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text())


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_first_table_holds_the_means_by_hand(page: Page, lines: list[dict[str, Any]]) -> None:
    heading, *rows = page.tables["table-leaderboard-0.3"]
    assert list(page.tables)[:3] == [f"table-leaderboard-{level}" for level in ("0.3", "0.1", "0")]
    assert heading == ["Detector", "AUROC", "Recovered", "Clean oracle", "AP", "Rank", "Sets"]
    assert {row[0] for row in rows} == set(fabricate.NAMES)
    baseline, baseline_oracle = (mean_by_hand(lines, "autoencoder", c, "auroc") for c in (0.3, 0.0))
    assert baseline_oracle - baseline > 0.02
    for detector, auroc, recovered, clean, ap, _, sets in rows:
        dirty, oracle = (mean_by_hand(lines, detector, c, "auroc") for c in (0.3, 0.0))
        assert auroc.split()[0] == f"{dirty:.3f}"
        assert clean == f"{oracle:.3f}"
        assert ap.split()[0] == f"{mean_by_hand(lines, detector, 0.3, 'ap'):.3f}"
        share = float(recovered.replace("\N{MINUS SIGN}", "-").rstrip(" %")) / 100
        assert share == pytest.approx((dirty - baseline) / (oracle - baseline), abs=0.0051)
        assert sets == "2"


def test_every_cell_that_did_not_finish_is_listed_with_its_message(page: Page, folder: Path) -> None:
    shown = {(row[0], row[4], row[-1]) for row in page.tables["table-unfinished"][1:]}
    assert shown == {
        ("failed", "lunar", "RuntimeError: n < <k>"),
        ("skipped", "rsrae", "wine reaches at most corruption 0.2"),
        ("timeout", "rsrae", "gave up after 60 s"),
    }
    assert "gave up after 60 s" in (folder / "report.md").read_text()


def test_damaged_lines_are_named(folder: Path, lines: list[dict[str, Any]]) -> None:
    for name in ("report.html", "report.md"):
        assert f"line {len(lines) + 1}: the line was cut off" in (folder / name).read_text()


def test_page_is_whole_and_alone(folder: Path, page: Page) -> None:
    text = (folder / "report.html").read_text()
    assert not re.search(r"@import|url\((?!#)|<link|<iframe|<object", text)
    for _, name, value in page.attributes:
        if name in ("src", "href", "xlink:href", "action", "srcset"):
            assert value.startswith("#"), value
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    anchors = {value[1:] for tag, name, value in page.attributes if tag == "a" and name == "href"}
    assert anchors <= set(ids)


def test_page_tells_both_figures_of_the_corruption_and_the_commands(folder: Path) -> None:
    for name in ("report.html", "report.md"):
        text = (folder / name).read_text()
        assert "30 % of all rows, 0.429 of the inliers" in text
        commands = (
            "robustgen bench --corruption 0.1",
            "robustgen bench --corruption 0.3",
            "robustgen report quick",
        )
        assert all(command in text for command in commands)
        assert "0123456789abcdef" in text


def test_metrics_csv_has_a_row_a_cell(folder: Path, lines: list[dict[str, Any]]) -> None:
    with (folder / "metrics.csv").open(newline="") as file:
        rows = {row["key"]: row for row in csv.DictReader(file)}
    assert len(rows) == len(lines)
    for one in lines:
        row = rows[one["key"]]
        assert row["status"] == one["status"]
        assert row["message"] == (one["message"] or "")
        for metric, value in (one["metrics"] or {}).items():
            assert float(row[metric]) == pytest.approx(value)


def test_curves_have_a_file_a_set(folder: Path) -> None:
    names = sorted(path.name for path in (folder / "curves").iterdir())
    assert names == ["breast_cancer.csv", "digits.csv"]
    with (folder / "curves" / "digits.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 101 * 3 * len(fabricate.NAMES)


def test_tables_are_written_in_full(folder: Path) -> None:
    assert sorted(path.name for path in (folder / "tables").iterdir()) == [
        "budgets.csv",
        "pairs.csv",
        "ranks.csv",
        "sets.csv",
        "summary.csv",
    ]
    with (folder / "tables" / "sets.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 2 * 3 * len(fabricate.NAMES)


def test_too_few_sets_are_said_and_not_tested(folder: Path, page: Page) -> None:
    said = "8 detectors on 3 sets, too few for any difference to be significant (11 at least)"
    for name in ("report.html", "report.md"):
        assert said in (folder / name).read_text()
    assert not [name for name in page.tables if name.startswith("table-pairs")]
    assert not list((folder / "figures").glob("critical-differences*"))
    assert (folder / "tables" / "pairs.csv").read_text().count("\n") == 1


@pytest.mark.usefixtures("without_drawings")
def test_with_sets_enough_every_pair_is_compared_at_every_corruption(tmp_path: Path) -> None:
    sets = [f"set{place}" for place in range(7)]
    some = fabricate.run(("autoencoder", "rsrae-robust", "knn"), sets, (0.0, 0.3), 1)
    folder = fabricate.write(tmp_path / "many", some, fabricate.manifest())
    page = Page(build_report(folder).read_text())
    for level in ("0", "0.3"):
        heading, *rows = page.tables[f"table-pairs-{level}"]
        assert heading[1:] == [row[0] for row in rows]
        for place, row in enumerate(rows):
            mirrored = [other[place + 1].replace("+", "-").replace("\N{MINUS SIGN}", "+") for other in rows]
            assert [text.replace("\N{MINUS SIGN}", "-") for text in row[1:]] == mirrored
    with (folder / "tables" / "pairs.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 2 * 3


def test_markdown_shows_the_figures_that_are_there(folder: Path) -> None:
    linked = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (folder / "report.md").read_text())
    assert linked
    for link in linked:
        assert (folder / link).is_file()
        assert (folder / link).with_suffix(".svg").is_file()


def test_rebuilt_from_the_records_the_report_is_the_same(folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "quick"
    bare.mkdir()
    for name in ("records.jsonl", "manifest.json"):
        shutil.copy(folder / name, bare / name)
    assert build_report(bare) == bare / "report.html"
    assert files(bare) == files(folder)


@pytest.mark.usefixtures("without_drawings")
def test_rebuilt_from_what_was_published_the_tables_are_the_same(folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "quick"
    bare.mkdir()
    shutil.copy(folder / "metrics.csv", bare)
    note = "Of an earlier commit."
    manifest = json.loads((folder / "manifest.json").read_text()) | {"note": note}
    (bare / "manifest.json").write_text(json.dumps(manifest))
    build_report(bare)
    for name in ("tables/summary.csv", "tables/ranks.csv", "metrics.csv"):  # which has six digits
        rebuilt, first = (pd.read_csv(where / name) for where in (bare, folder))
        pd.testing.assert_frame_equal(rebuilt, first, rtol=1e-3)
    assert f'<p class="note">{note}</p>' in (bare / "report.html").read_text()
    assert f"*{note}*" in (bare / "report.md").read_text()


@pytest.mark.usefixtures("without_drawings")
def test_report_without_a_manifest_says_so_and_takes_the_plain_autoencoder(tmp_path: Path) -> None:
    some = fabricate.run(("autoencoder", "knn"), ("wine",), (0.0, 0.3), 1)
    text = build_report(fabricate.write(tmp_path / "lone", some)).read_text()
    assert "none in the folder" in text
    assert "autoencoder, the baseline" in text


def test_names_and_messages_cannot_inject(tmp_path: Path) -> None:
    some = fabricate.run(detectors=("autoencoder", EVIL), datasets=(EVIL,), corruptions=(0.0, 0.3))
    some.append(line(EVIL, EVIL, 0.1, status="failed", message=f"<script>alert(1)</script> {EVIL}"))
    about = fabricate.manifest()
    about["suite"] |= {"name": EVIL, "question": "<script>alert(2)</script>"}
    folder = fabricate.write(tmp_path / "evil", some, about)
    text = build_report(folder).read_text()
    page = Page(text)
    assert "<script>alert" not in text
    assert "<b>x</b>" not in text
    assert EVIL in unescape(text)
    assert EVIL in page.tables["table-unfinished"][1]
    assert "<script>" not in (folder / "report.md").read_text().replace("\\<", "")


HOSTILE = (
    'd="M1"',
    ' d="M1 2 x',
    "</text><script>alert(1)</script>",
    "}body{display:none}",
    ' style="}body{display:none}',
    'id="d0123abcd"',
    "$x_1$",
    "$\\bad$",
    "&amp;",
    "\N{GRINNING FACE} \N{SNOWMAN}",
    "_hidden",
    "#1f2328",
    "xlink:href=\"#a\" clip-path='b'",
    "<!-- <clipPath> ]]>",
    "{{ 7 * 7 }}",
    "bell \x07 and \ufffe",
    "red \x1b[31m \x9b1m, null \0, return \r",
    "half a pair \ud800, a byte \udce9, turned \u202e around",
    "two\nlines",
)
DRAWN = {"svg", "g", "path", "use", "text", "defs", "rect"}


def named(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return a run with detectors, data sets and inlier classes of these names."""
    return [
        line(detector, dataset, inlier_class=dataset)
        for place, detector in enumerate(["autoencoder", *names])
        for dataset in (*names[:2], names[place % len(names)])
    ]


def test_names_are_shown_and_change_nothing_else_of_a_page(tmp_path: Path) -> None:
    tame = [f"name {place}" for place in range(len(HOSTILE))]
    built = [
        build_report(fabricate.write(tmp_path / folder, named(names), fabricate.manifest())).read_text()
        for folder, names in {"tame": tame, "hostile": HOSTILE}.items()
    ]
    tags = [Counter(tag for tag in Page(text).tags if tag not in DRAWN) for text in built]
    assert tags[0] == tags[1]
    page = Page(built[1])
    assert not [attribute for _, attribute, _ in page.attributes if attribute.startswith("on")]
    assert "display:none}" not in "".join(page.rules)
    assert {legible(name) for name in HOSTILE} <= {row[0] for row in page.tables["table-leaderboard-0.3"][1:]}
    for name in HOSTILE:
        assert set(legible(name).split()) <= set(" ".join(page.drawn).split())
    for path in (tmp_path / "hostile").rglob("*"):
        if path.suffix in {".html", ".md", ".csv", ".svg"}:
            text = path.read_text(encoding="utf-8")
            assert legible(text) == text
    frame = pd.read_csv(tmp_path / "hostile" / "metrics.csv")
    assert {legible(name) for name in HOSTILE} <= set(frame["detector"])


@pytest.mark.parametrize(
    "some",
    [
        pytest.param([line("knn", status="failed", message="no memory")], id="nothing finished"),
        pytest.param([line("knn")], id="one cell"),
        pytest.param([line("knn", corruption=0.0)], id="clean only"),
        pytest.param([line("knn") | {"precision_recall": None, "histogram": None}], id="scores only"),
        pytest.param(
            [line("knn", clean=clean, corruption_of="inliers") for clean in (False, True)], id="transductive"
        ),
    ],
)
def test_small_runs_have_a_report_too(tmp_path: Path, some: list[dict[str, Any]]) -> None:
    Page(build_report(fabricate.write(tmp_path / "small", some, fabricate.manifest())).read_text())


@pytest.mark.usefixtures("without_drawings")
def test_a_failure_leaves_the_report_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fabricate.write(tmp_path / "run", [line("knn")], fabricate.manifest())
    build_report(folder)
    before = files(folder)

    def broken(report: object) -> str:
        raise RuntimeError("the page cannot be drawn")

    monkeypatch.setattr(build, "html", broken)
    with pytest.raises(RuntimeError, match="cannot be drawn"):
        build_report(folder)
    assert files(folder) == before


@pytest.mark.usefixtures("without_drawings")
def test_records_are_turned_into_cells_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr(run, "cells", lambda *given: made.append(1) or cells(*given))
    build_report(fabricate.write(tmp_path / "run", [line("knn")], fabricate.manifest()))
    assert made == [1]


@pytest.mark.usefixtures("without_drawings")
def test_figures_of_an_earlier_report_do_not_linger(tmp_path: Path) -> None:
    folder = fabricate.write(tmp_path / "run", [line("knn", "wine")], fabricate.manifest())
    build_report(folder)
    fabricate.write(folder, [line("knn", "digits")], fabricate.manifest())
    build_report(folder)
    assert [path.name for path in (folder / "curves").iterdir()] == ["digits.csv"]
    assert not list(folder.glob(".report-*"))


@pytest.mark.parametrize(
    ("records", "manifest", "said"),
    [
        (None, None, "holds no records.jsonl"),
        ("", None, "is empty"),
        ("{}\n[\n", None, "2 lines, none a record"),
        (json.dumps(line("knn")) + "\n", "{", "manifest.json, which is damaged"),
        (json.dumps(line("knn")) + "\n", "[]", "holds no JSON object"),
        (
            "".join(json.dumps(line(of, corruption_of=of)) + "\n" for of in ("all", "inliers")),
            None,
            "with corruptions of all and of inliers",
        ),
    ],
)
def test_what_cannot_be_reported_is_one_clear_line(
    tmp_path: Path, records: str | None, manifest: str | None, said: str
) -> None:
    for name, text in (("records.jsonl", records), ("manifest.json", manifest)):
        if text is not None:
            (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        build_report(tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "report.html").exists()


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder, expected the output folder of 'robustgen bench'"):
        build_report(tmp_path / "nowhere")
