"""Tables: chunks are the table, and every fault of a file is named by its line, row or column."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from robustgen._checks import UsageError
from robustgen.data.files import chunks, format_of, read_table

TABLE = pd.DataFrame(
    {"heat": [61.5, 97.0, 64.25, 70.0, 68.0], "on": [True, False, True, True, False], "fuel": list("abcab")}
)

WRITERS = {
    "csv": lambda path: TABLE.to_csv(path, index=False),
    "csv.gz": lambda path: TABLE.to_csv(path, index=False),
    "parquet": lambda path: TABLE.to_parquet(path),
}


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_chunks_put_together_are_the_table(tmp_path, ending, rows):
    path = tmp_path / f"boilers.{ending}"
    WRITERS[ending](path)
    some = list(chunks(path, rows))
    assert [len(chunk) for chunk in some] == [min(rows, 5 - start) for start in range(0, 5, rows)]
    pd.testing.assert_frame_equal(pd.concat(some), TABLE, check_dtype=False)
    pd.testing.assert_frame_equal(read_table(path), TABLE, check_dtype=False)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_header_shows_the_separator(tmp_path, separator):
    path = tmp_path / "boilers.csv"
    TABLE.to_csv(path, index=False, sep=separator)
    assert list(read_table(path).columns) == ["heat", "on", "fuel"]


def test_a_quoted_cell_may_hold_separators_and_line_breaks(tmp_path):
    path = tmp_path / "notes.csv"
    TABLE.assign(fuel="coal, wet\nor dry").to_csv(path, index=False)
    assert set(read_table(path)["fuel"]) == {"coal, wet\nor dry"}


def test_spaces_after_separators_belong_to_no_cell(tmp_path):
    (tmp_path / "spaced.csv").write_text('heat, fuel\n61, "oil, heavy"\n97, gas\n')
    table = read_table(tmp_path / "spaced.csv")
    assert (list(table.columns), table["fuel"].tolist()) == (["heat", "fuel"], ["oil, heavy", "gas"])


def test_a_byte_order_mark_belongs_to_no_name(tmp_path):
    path = tmp_path / "boilers.csv"
    TABLE.to_csv(path, index=False, encoding="utf-8-sig")
    assert list(read_table(path).columns) == ["heat", "on", "fuel"]


def test_a_column_of_a_chunk_has_one_kind_however_long_it_is(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("x\n" + "1\n" * 300_000 + "one\n")
    assert {type(value) for value in read_table(path)["x"]} == {str}


REFUSED = {
    "empty": ("", "is empty"),
    "header only": ("a,b\n", "holds no rows"),
    "a row too long": ("a,b\n1,2\n3,4,5\n", "line 3 of .* has 3 cells, expected 2"),
    "each row too long": ("a,b\n1,2,3\n4,5,6\n", "line 2 of .* has 3 cells, expected 2"),
    "numbered rows": ("a,b\n0,2,3\n1,5,6\n", "line 2 of .* has 3 cells, expected 2"),
    "an open quote": ('a,b\n1,"x\n2,3\n', "never closed"),
    "a nameless column": (",a,b\n0,1,2\n", "column 1 .* no name.*index=False"),
    "a name twice": ("a,b,a\n1,2,3\n", "2 columns named 'a'"),
    "no header": ("6.5,148,0\n1.5,85,1\n", r"first line .* numbers \('6.5', ...\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_faulty_csv_gets_one_clear_line(tmp_path, case):
    text, message = REFUSED[case]
    (tmp_path / "boilers.csv").write_text(text)
    with pytest.raises(UsageError, match=message) as refused:
        read_table(tmp_path / "boilers.csv")
    with pytest.raises(UsageError, match=message):
        next(chunks(tmp_path / "boilers.csv"))
    assert "boilers.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_columns_named_by_whole_numbers_are_a_header(tmp_path):
    path = tmp_path / "numbered.csv"
    pd.DataFrame(np.zeros((2, 3))).to_csv(path, index=False)
    assert list(read_table(path).columns) == ["0", "1", "2"]


def test_text_that_is_not_utf_8(tmp_path):
    (tmp_path / "old.csv").write_bytes("näme\n1\n".encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8"):
        read_table(tmp_path / "old.csv")


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_cut_off_gz_is_damaged_and_not_shorter(tmp_path, kept):
    whole = gzip.compress(("x\n" + "".join(f"{i * i}\n" for i in range(5000))).encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(UsageError, match="damaged"):
        read_table(tmp_path / "cut.csv.gz")


def test_a_parquet_file_that_is_none(tmp_path):
    (tmp_path / "boilers.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(UsageError, match="not a readable Parquet file"):
        read_table(tmp_path / "boilers.parquet")


def test_the_columns_of_parquet_go_by_text_and_by_one_name_each(tmp_path):
    pd.DataFrame(np.zeros((2, 2))).to_parquet(tmp_path / "numbered.parquet")
    assert list(read_table(tmp_path / "numbered.parquet").columns) == ["0", "1"]
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(twice, tmp_path / "twice.parquet")
    with pytest.raises(UsageError, match="2 columns named 'a'"):
        read_table(tmp_path / "twice.parquet")


def test_a_parquet_file_without_rows(tmp_path):
    TABLE.iloc[:0].to_parquet(tmp_path / "none.parquet")
    with pytest.raises(UsageError, match="holds no rows"):
        read_table(tmp_path / "none.parquet")


def test_formats_go_by_endings(tmp_path):
    for name in ("a.CSV", "a.csv.gz", "a.parquet", "a.npy", "a.npz", "a.xls"):
        (tmp_path / name).touch()
    assert [format_of(tmp_path / f"a.{end}") for end in ("CSV", "csv.gz", "npy")] == ["csv", "csv", "npy"]
    with pytest.raises(UsageError, match=r"a\.xls' has no known ending: expected one of \.csv"):
        format_of(tmp_path / "a.xls")
    with pytest.raises(UsageError, match=r"no file .*b\.npy'; did you mean .*'a\.npy'"):
        format_of(tmp_path / "b.npy")
    with pytest.raises(UsageError, match="is no table"):
        read_table(tmp_path / "a.npy")
