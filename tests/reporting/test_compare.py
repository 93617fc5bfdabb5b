from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from robustgen._checks import UsageError
from robustgen._files import write_csv
from robustgen.reporting import changes
from robustgen.reporting.compare import Comparison, compare_runs, write_comparison
from robustgen.reporting.run import read_run

from . import fabricate
from .fabricate import line
from .test_build import EVIL, Page

SETS = [f"set{place}" for place in range(7)]


def compared(tmp_path: Path, a: list[dict[str, Any]], b: list[dict[str, Any]], **settings: Any) -> Comparison:
    about = fabricate.manifest()
    other = about | {"suite": about["suite"] | settings}
    return compare_runs(fabricate.write(tmp_path / "a", a, about), fabricate.write(tmp_path / "b", b, other))


def knn(by: float = 0.0, sets: list[str] = SETS, **changes: Any) -> list[dict[str, Any]]:
    scores = {name: 0.6 + 0.02 * place + by * (1 + place / 100) for place, name in enumerate(sets)}
    return [line("knn", name, auroc=round(score, 6), **changes) for name, score in scores.items()]


def test_a_run_beside_itself_has_not_changed(tmp_path: Path) -> None:
    lines = fabricate.run()
    same = compared(tmp_path, lines, lines)
    assert same.sentence.startswith("No mean AUROC moved")
    assert set(same.means["verdict"]) == {"tie"}
    assert same.outcomes.empty
    assert same.settings.empty
    assert changes.most_changed(same.cells).empty
    assert same.facts[0] == f"{len(lines)} runs in both"


def test_swapping_the_runs_turns_every_sign(tmp_path: Path) -> None:
    a, b = fabricate.run(repetitions=1), [line("knn", "digits", 0.3, inlier_class="0", auroc=0.2)]
    forth, back = (
        compared(tmp_path / name, *pair).means for name, pair in {"x": (a, b), "y": (b, a)}.items()
    )
    assert forth["auroc_difference"].tolist() == (-back["auroc_difference"]).tolist()
    assert len(forth) == 1


@pytest.mark.parametrize(("by", "verdict"), [(0.1, "better"), (-0.1, "worse"), (0.01, "tie")])
def test_a_move_on_every_set_is_told_from_a_tie(tmp_path: Path, by: float, verdict: str) -> None:
    (_, row), *_ = compared(tmp_path, knn(), knn(by)).means.iterrows()
    assert row["verdict"] == verdict
    assert row["p"] == pytest.approx(2**-6)
    assert row["auroc_difference"] == pytest.approx(1.03 * by)
    assert row["sets"] == 7


def test_holms_correction_runs_over_all_rows(tmp_path: Path) -> None:
    other = [one | {"detector": "pca", "key": one["key"] + "p"} for one in knn()]
    worse = [one | {"detector": "pca", "key": one["key"] + "p"} for one in knn(-0.1)]
    means = compared(tmp_path, knn() + other, knn(0.1) + worse).means
    assert means["p"].tolist() == pytest.approx([2 * 2**-6] * 2)


def test_too_few_sets_are_not_tested_and_stay_open(tmp_path: Path) -> None:
    comparison = compared(tmp_path, knn(sets=SETS[:5]), knn(0.2, sets=SETS[:5]))
    assert stats.wilcoxon(range(1, 6)).pvalue > 0.05
    assert comparison.means["p"].isna().all()
    assert comparison.means["verdict"].tolist() == ["open"]


def test_means_are_of_the_cells_that_both_finished(tmp_path: Path) -> None:
    a = [*knn(), line("knn", "easy", auroc=1.0), line("knn", "hard", auroc=0.1)]
    b = [*knn(), line("knn", "hard", status="failed", message="no memory")]
    comparison = compared(tmp_path, a, b)
    assert comparison.means["auroc_difference"].tolist() == [0]
    assert comparison.facts[:4] == (
        "8 runs in both",
        "7 of them finished in both",
        "1 only in A",
        "0 only in B",
    )
    (_, lost), *_ = comparison.outcomes.iterrows()
    assert (lost["dataset"], lost["status_a"], lost["status_b"], lost["message_b"]) == (
        "hard",
        "ok",
        "failed",
        "no memory",
    )


def test_the_cell_that_changed_most_comes_first(tmp_path: Path) -> None:
    b = knn(0.01)
    b[3]["metrics"]["auroc"] = 0.05
    assert changes.most_changed(compared(tmp_path, knn(), b).cells).iloc[0]["dataset"] == "set3"


def test_what_the_manifests_say_differently_is_listed(tmp_path: Path) -> None:
    detectors = [{"name": "knn", "parameters": {"n_neighbors": 50}}, {"name": "pca", "parameters": {}}]
    settings = compared(tmp_path, knn(), knn(), detectors=detectors, max_corruption=0.5).settings.set_index(
        "name"
    )
    assert settings.loc["suite detectors knn", "b"] == '{"parameters": {"n_neighbors": 50}}'
    assert settings.loc["suite max_corruption"].tolist() == ["", "0.5"]
    assert len(settings) == 3


def test_other_rows_are_named(tmp_path: Path) -> None:
    assert (
        compared(tmp_path, knn(), knn(), max_train=500).facts[-1] == "other rows: max_train is 2000 and 500"
    )


def test_runs_without_a_common_cell_say_so(tmp_path: Path) -> None:
    comparison = compared(tmp_path, knn(), [line("pca")])
    assert comparison.sentence == "No run finished in both: there is nothing to compare."
    assert comparison.means.empty


def test_documents_hold_the_tables_and_are_put_into_place_whole(tmp_path: Path) -> None:
    b = [*knn(0.1)[:-1], line("knn", SETS[-1], status="timeout", message="gave up after 60 s")]
    folder = tmp_path / "new" / "folder"
    comparison = compared(tmp_path, knn(), b, max_corruption=0.5)
    assert write_comparison(comparison, folder) == folder / "compare.html"
    assert sorted(path.name for path in folder.iterdir()) == [
        "compare-runs.csv",
        "compare.csv",
        "compare.html",
        "compare.md",
    ]
    text = (folder / "compare.html").read_text()
    assert 'class="baseline"' not in text  # none is named here
    page = Page(text)
    assert list(page.tables) == ["table-means", "table-outcomes", "table-runs", "table-settings"]
    assert page.tables["table-outcomes"][1][-1] == "B: gave up after 60 s"
    assert "gave up after 60 s" in (folder / "compare.md").read_text()
    with (folder / "compare.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["auroc_difference"]) == pytest.approx(0.1 * 1.025)
    with (folder / "compare-runs.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 7


def test_names_and_messages_cannot_inject(tmp_path: Path) -> None:
    a = [line(EVIL, EVIL), line("knn", EVIL)]
    b = [line(EVIL, EVIL, status="failed", message=f"<script>alert(1)</script>{EVIL}"), line("knn", EVIL)]
    folder = tmp_path / "out"
    text = write_comparison(compared(tmp_path, a, b, name=EVIL), folder).read_text()
    Page(text)
    assert "<script>alert" not in text
    assert "<b>x</b>" not in text


@pytest.mark.parametrize(
    ("settings", "of", "said"),
    [
        (
            {"protocol": "transductive"},
            "all",
            "with protocol = inductive and .* with protocol = transductive",
        ),
        ({}, "inliers", "with corruption_of = all and .* with corruption_of = inliers"),
        ({"task": "generation"}, "all", "a benchmark of the task 'generation', whose runs have no AUROC"),
    ],
)
def test_runs_that_cannot_be_compared_are_one_clear_line(
    tmp_path: Path, settings: dict[str, str], of: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        compared(tmp_path, [line("knn")], [line("knn", corruption_of=of)], **settings)
    assert "\n" not in str(caught.value)


def test_a_file_is_no_output_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match=re.escape("expected a folder: give another --output")):
        write_comparison(compared(tmp_path, knn(), knn()), tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_lists_of_names_and_of_things_differ() -> None:
    manifest = {"suite": {"datasets": [{"name": "wine", "inlier_classes": ["0"]}], "corruption": [0.1]}}
    assert changes.entries(manifest) == {
        "suite datasets wine": json.dumps({"inlier_classes": ["0"]}),
        "suite corruption": "[0.1]",
    }


def test_published_reports_are_compared_as_their_records_are(tmp_path: Path) -> None:
    folders = [
        fabricate.write(tmp_path / name, fabricate.run(fabricate.NAMES[:2], ("wine",)), fabricate.manifest())
        for name in "ab"
    ]
    of_records = compare_runs(*folders)
    for folder in folders:
        write_csv(folder / "metrics.csv", read_run(folder).cells)
        (folder / "records.jsonl").unlink()
    published = compare_runs(*folders)
    assert published.facts == of_records.facts
    pd.testing.assert_frame_equal(published.means, of_records.means)


def test_a_metrics_csv_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=r"metrics\.csv, which cannot be read"):
        compare_runs(tmp_path, tmp_path)
