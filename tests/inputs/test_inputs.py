"""Files as rows: what is written back is what was there."""

from __future__ import annotations

import gzip
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from robustgen._checks import UsageError
from robustgen.inputs import Part, TableReading, open_input

KEPT = np.array([True, False, True])
ALL = np.ones(3, dtype=bool)
VALUES = {
    "score": np.array([-1.25, np.nan, -1e-12]),
    "outlier": np.array([False, True, False]),
    "reason": np.array(["", 'a = "x", b', ""], dtype=object),
}
TEXT = 'name,heat\n"Smith, A",1.50\n"two\nlines",007\nplain,1e3\n'


def csv(folder, text, name="rows.csv"):
    path = folder / name
    path.write_bytes(text.encode())
    return open_input(path)


def test_kept_lines_are_copied_to_the_byte(tmp_path):
    csv(tmp_path, TEXT).write([Part(tmp_path / "kept.csv", KEPT)])
    assert (tmp_path / "kept.csv").read_bytes().decode() == 'name,heat\n"Smith, A",1.50\nplain,1e3\n'


def test_new_cells_stand_behind_untouched_ones(tmp_path):
    csv(tmp_path, TEXT).write([Part(tmp_path / "scored.csv", ALL, VALUES)])
    assert (tmp_path / "scored.csv").read_text() == (
        "name,heat,score,outlier,reason\n"
        '"Smith, A",1.50,-1.25,False,\n'
        '"two\nlines",007,,True,"a = ""x"", b"\n'
        "plain,1e3,-1e-12,False,\n"
    )


def test_only_marked_rows_are_scored_where_rows_are_marked(tmp_path):
    csv(tmp_path, TEXT).write([Part(tmp_path / "removed.csv", ~KEPT, VALUES)])
    assert pd.read_csv(tmp_path / "removed.csv")["name"].tolist() == ["two\nlines"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b\r\n1;2\r\n3;4\r\n5;6\r\n", "a;b;score\r\n1;2;-1.25\r\n3;4;\r\n5;6;-1e-12\r\n"),
        ("\ufeffa,b\n1,2\n3,4\n5,6", "a,b,score\n1,2,-1.25\n3,4,\n5,6,-1e-12\n"),
        ("a,b\n1\n\n3,\n  \n5,6\n", "a,b,score\n1,,-1.25\n3,,\n5,6,-1e-12\n"),
        (
            'a,b\n"1\n\n  \n2",1\n\n3,\n5,6\n',
            'a,b,score\n"1\n\n  \n2",1,-1.25\n3,,\n5,6,-1e-12\n',
        ),
        ("a|b\n1|2,5\n3|4\n5|6\n", "a|b|score\n1|2,5|-1.25\n3|4|\n5|6|-1e-12\n"),
        ('a,b\n5" pipe,1\nx,2\ny,3\n', 'a,b,score\n5" pipe,1,-1.25\nx,2,\ny,3,-1e-12\n'),
    ],
    ids=[
        "semicolons and Windows",
        "a mark of order and no last line end",
        "short and blank lines",
        "blank lines in a cell",
        "bars",
        "a stray quote",
    ],
)
def test_odd_files_keep_their_ways(tmp_path, text, expected):
    source = csv(tmp_path, text)
    assert len(source.whole()) == 3
    source.write([Part(tmp_path / "scored.csv", ALL, {"score": VALUES["score"]})])
    assert (tmp_path / "scored.csv").read_bytes().decode() == expected


def test_compressed_text_is_read_and_written(tmp_path):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    open_input(path).write([Part(tmp_path / "kept.csv.gz", KEPT)])
    assert gzip.decompress((tmp_path / "kept.csv.gz").read_bytes()).decode().endswith("plain,1e3\n")
    open_input(path).write([Part(tmp_path / "kept.csv", KEPT)])
    assert (tmp_path / "kept.csv").read_text().endswith("plain,1e3\n")


def test_parquet_keeps_its_schema(tmp_path):
    table = pd.DataFrame(
        {"heat": pd.array([1, None, 3], "Int64"), "seen": pd.to_datetime(["2024-01-01"] * 3)}
    )
    table.to_parquet(tmp_path / "rows.parquet")
    source = open_input(tmp_path / "rows.parquet")
    source.write([Part(tmp_path / "kept.parquet", KEPT)])
    kept = pd.read_parquet(tmp_path / "kept.parquet")
    pd.testing.assert_frame_equal(kept, table[KEPT].reset_index(drop=True))
    source.write([Part(tmp_path / "scored.parquet", ALL, VALUES)])
    assert list(pd.read_parquet(tmp_path / "scored.parquet")) == ["heat", "seen", *VALUES]
    assert source.about() == 3


def test_arrays_are_kept_as_arrays_and_scored_as_a_list(tmp_path):
    X = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.save(tmp_path / "rows.npy", X)
    np.savez(tmp_path / "rows.npz", X=X, y=np.array([0, 1, 0]), names=np.array(["a", "b"]))
    open_input(tmp_path / "rows.npy").write([Part(tmp_path / "kept.npy", KEPT)])
    kept = np.load(tmp_path / "kept.npy")
    assert kept.dtype == np.float32
    np.testing.assert_array_equal(kept, X[KEPT])
    source = open_input(tmp_path / "rows.npz")
    source.write([Part(tmp_path / "kept.npz", KEPT)])
    with np.load(tmp_path / "kept.npz") as archive:
        assert {name: archive[name].tolist() for name in archive.files} == {
            "X": [[0, 1], [4, 5]],
            "y": [0, 0],
            "names": ["a", "b"],
        }
    source.write([Part(tmp_path / "scored.csv", ~KEPT, VALUES)])
    assert pd.read_csv(tmp_path / "scored.csv")["row"].tolist() == [2]


@pytest.fixture
def folder(tmp_path):
    for name in ("a/1.png", "a/2.png", "b/3.png"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((4, 4), dtype=np.uint8)).save(path)
    return open_input(tmp_path / "images")


def test_images_are_kept_as_files_and_scored_as_a_list(tmp_path, folder):
    folder.write([Part(tmp_path / "kept", KEPT)])
    kept = list((tmp_path / "kept").rglob("*.png"))
    assert {str(path.relative_to(tmp_path / "kept")) for path in kept} == {"a/1.png", "b/3.png"}
    folder.write([Part(tmp_path / "scored.csv", ALL, VALUES)])
    assert pd.read_csv(tmp_path / "scored.csv")["file"].tolist() == ["a/1.png", "a/2.png", "b/3.png"]
    with pytest.raises(UsageError, match="is there already"), folder.staged(tmp_path / "kept"):
        pytest.fail("the block must not run")


def test_a_column_that_is_there_already_is_refused(tmp_path):
    source = csv(tmp_path, "a,score\n1,2\n3,4\n5,6\n")
    with pytest.raises(UsageError, match="already has a column 'score'"):
        source.expect_scorable(tmp_path / "scored.csv", VALUES)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_a_file_that_changes_meanwhile_is_refused(tmp_path):
    source = csv(tmp_path, "a\n1\n2\n3\n4\n")
    with pytest.raises(UsageError, match="has changed"):
        source.write([Part(tmp_path / "kept.csv", KEPT)])


@pytest.mark.parametrize(
    ("name", "kept", "scored"),
    [
        ("rows.csv", r"\.csv or \.csv\.gz or .*", r"\.csv or \.csv\.gz or .*"),
        ("rows.parquet", r"\.parquet", r"\.parquet"),
        ("rows.npy", r"\.npy or \.npz", r"\.csv"),
        ("images", None, r"\.csv"),
    ],
)
def test_other_endings_of_outputs_are_refused(tmp_path, folder, name, kept, scored):
    table = pd.DataFrame({"heat": [1, 2, 3]})
    table.to_csv(tmp_path / "rows.csv", index=False)
    table.to_parquet(tmp_path / "rows.parquet")
    np.save(tmp_path / "rows.npy", np.ones((3, 2)))
    source = open_input(tmp_path / name)
    if kept:
        with pytest.raises(UsageError, match=f"the kept rows of this input are {kept}$"):
            source.expect_writable(tmp_path / "kept.txt")
    with pytest.raises(UsageError, match=f"the scored rows of this input are {scored}$"):
        source.expect_scorable(tmp_path / "scored.txt", VALUES)


@pytest.mark.parametrize("ending", ["tsv", "csv.gz", "csv.bz2", "csv.xz"])
def test_text_is_packed_by_its_ending(tmp_path, ending):
    table = pd.DataFrame({"heat": [61, 97, 64], "fuel": ["oil", "gas", "oil"]})
    table.to_csv(tmp_path / f"t.{ending}", index=False, sep="\t")
    source = open_input(tmp_path / f"t.{ending}")
    pd.testing.assert_frame_equal(source.whole(), table, check_dtype=False)
    source.write([Part(tmp_path / f"k.{ending}", KEPT)])
    assert len(open_input(tmp_path / f"k.{ending}").whole()) == 2


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_lines_are_copied_in_the_encoding_of_the_file(tmp_path, encoding):
    text = "stra\u00dfe,heat\nm\u00fcl,1\nk\u00e4l,2\nb\u00f6l,3\n"
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    said = None if encoding == "utf-16" else encoding
    source = open_input(tmp_path / "t.csv", TableReading(said))
    assert source.whole()["stra\u00dfe"].tolist() == ["m\u00fcl", "k\u00e4l", "b\u00f6l"]
    source.write([Part(tmp_path / "k.csv", ALL)])
    assert (tmp_path / "k.csv").read_bytes() == (tmp_path / "t.csv").read_bytes()


def test_json_lines_are_copied_or_get_new_values(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1, "b": "x"}\n{"a":2}\n\n{"b": "y", "a": 3.5}\n')
    source = open_input(path)
    assert source.whole()["a"].tolist() == [1, 2, 3.5]
    source.write([Part(tmp_path / "k.jsonl", KEPT), Part(tmp_path / "s.jsonl", ~KEPT, VALUES)])
    assert (tmp_path / "k.jsonl").read_text() == '{"a": 1, "b": "x"}\n{"b": "y", "a": 3.5}\n'
    assert pd.read_json(tmp_path / "s.jsonl", lines=True)["outlier"].tolist() == [True]
    path.write_text('{"a": 1}\n[2]\n')
    with pytest.raises(UsageError, match=r"line 2 of '.*': got '\[2\]', expected a JSON object"):
        open_input(path).whole()


def test_feather_is_read_and_written(tmp_path):
    table = pd.DataFrame({"a": [1, 2, 3]})
    table.to_feather(tmp_path / "t.feather")
    source = open_input(tmp_path / "t.feather")
    source.write([Part(tmp_path / "s.feather", KEPT, {"score": VALUES["score"]})])
    assert list(pd.read_feather(tmp_path / "s.feather")) == ["a", "score"]


def test_an_archive_of_two_files_is_no_table(tmp_path):
    with ZipFile(tmp_path / "t.csv.zip", "w") as archive:
        archive.writestr("a.csv", "x\n1\n")
    assert open_input(tmp_path / "t.csv.zip").whole()["x"].tolist() == [1]
    with ZipFile(tmp_path / "t.csv.zip", "a") as archive:
        archive.writestr("b.csv", "x\n1\n")
    with pytest.raises(UsageError, match="with 2 files in it, expected one table"):
        open_input(tmp_path / "t.csv.zip").whole()
