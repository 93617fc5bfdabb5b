"""The page from published files: each cell once, the first file's, and strangers' names as plain text."""

from __future__ import annotations

import pytest

from robustgen._checks import UsageError
from robustgen.bench import published
from robustgen.reporting import leaderboard
from robustgen.reporting.leaderboard import read_leaderboard, write_leaderboard
from tests.reporting import fabricate
from tests.reporting.fabricate import NAMES, line

EVIL = "<script>alert(1)</script>\x1b]0;\u202e"


@pytest.fixture
def publish(tmp_path):
    """Return what publishes records under a name, the detectors at addresses of a package."""

    def of(name, lines, package="robustgen", **suite):
        about = fabricate.manifest()
        detectors = {one["detector"] for one in lines}
        about["suite"] |= suite | {
            "detectors": [{"name": name, "use": f"{package}:{name}"} for name in detectors]
        }
        fabricate.write(tmp_path / name, lines, about)
        path = tmp_path / f"{name}.csv"
        published.write(published.published(tmp_path / name)[0], path)
        return path

    return of


def test_one_file_stands_as_its_own_report_does(publish):
    board = read_leaderboard([publish("one", fabricate.run())])
    summary = board.boards["inductive"]
    assert set(summary["detector"]) == set(NAMES)
    assert board.notes == ()
    assert sorted(summary["corruption"].unique()) == [0.0, 0.1, 0.3]
    best = summary[summary["corruption"] == 0.3].iloc[0]
    assert best["sets"] == 2
    assert best["rank"] >= 1


def test_files_of_other_detectors_on_the_same_rows_join_one_board(publish):
    theirs = [one | {"detector": "theirs"} for one in fabricate.run(detectors=("knn",))]
    board = read_leaderboard([publish("ours", fabricate.run()), publish("new", theirs)])
    assert set(board.boards["inductive"]["detector"]) == {*NAMES, "theirs"}
    assert board.notes == ()


def test_a_cell_counts_once_by_the_first_file_and_the_rest_is_said(publish):
    first = publish("first", [line("knn", "wine", auroc=0.7), line("pca", "wine", auroc=0.6)])
    again = publish("again", [line("knn", "wine", auroc=0.9), line("pca", "wine", auroc=0.6)])
    board = read_leaderboard([first, again])
    assert board.cells["auroc"].tolist() == [0.7, 0.6]
    assert board.notes == ("file 2 repeats 2 runs of file 1, 1 of them with another result",)


def test_another_detector_of_a_name_gets_a_name_of_its_own(publish):
    first = publish("first", [line("knn", "wine", auroc=0.7)])
    other = publish("other", [line("knn", "wine", auroc=0.9)], package="evil")
    board = read_leaderboard([first, other])
    assert dict(zip(board.cells["detector"], board.cells["auroc"], strict=True)) == {
        "knn": 0.7,
        "knn [2]": 0.9,
    }
    assert board.notes[0].startswith("detector knn of file 2 is another one")


def test_a_data_set_of_other_rows_is_another_set(publish):
    first = publish("first", [line("knn", "wine")])
    other = publish("other", [line("knn", "wine")], max_train=50)
    assert set(read_leaderboard([first, other]).cells["dataset"]) == {"wine", "wine [2]"}


def test_protocols_stay_apart(publish):
    first = publish("first", [line("knn", "wine")])
    other = publish("other", [line("knn", "wine")], protocol="transductive")
    assert set(read_leaderboard([first, other]).boards) == {"inductive", "transductive"}


def test_corruptions_are_shares_of_all_rows(publish):
    lines = [line("knn", "wine", 0.25, corruption_of="inliers")]
    assert read_leaderboard([publish("one", lines, corruption_of="inliers")]).cells[
        "corruption"
    ].tolist() == [0.2]


def test_names_of_strangers_are_text(publish, tmp_path):
    lines = [line(EVIL, EVIL, level, message=EVIL) for level in (0.0, 0.3)]
    write_leaderboard(read_leaderboard([publish("one", lines)]), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not {"\x1b", "\u202e"} & set(page)
    assert "default-src 'none'" in page


def test_the_page_has_tests_where_sets_are_enough_and_says_where_not(publish, tmp_path):
    sets = [f"set {number}" for number in range(12)]
    lines = fabricate.run(("knn", "pca"), sets, (0.0, 0.3), repetitions=1, inlier_classes=())
    write_leaderboard(read_leaderboard([publish("one", lines)]), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert 'id="table-pairs-0.3-inductive-0.3"' in page
    assert "Mean rank by AUROC over 12 sets" in page
    few = publish("few", fabricate.run(("knn", "pca"), sets[:3], (0.3,), repetitions=1, inlier_classes=()))
    write_leaderboard(read_leaderboard([few]), tmp_path / "page.html")
    assert "Too few common sets for any test: inductive 30 %." in (tmp_path / "page.html").read_text()


def test_a_run_without_results_is_a_page_too(publish, tmp_path):
    lines = [line("knn", "wine", status="failed", message="no rank")]
    write_leaderboard(read_leaderboard([publish("one", lines)]), tmp_path / "page.html")
    assert (tmp_path / "page.html").is_file()


def test_more_than_a_page_shows_is_refused(publish, monkeypatch):
    path = publish("one", [line("knn", "wine"), line("pca", "wine")])
    monkeypatch.setattr(leaderboard, "MOST_DETECTORS", 1)
    with pytest.raises(UsageError, match="2 different values of detector, expected at most 1"):
        read_leaderboard([path])


def test_a_file_given_twice_is_refused(publish):
    path = publish("one", [line("knn", "wine")])
    with pytest.raises(UsageError, match="expected each file once"):
        read_leaderboard([path, path])
