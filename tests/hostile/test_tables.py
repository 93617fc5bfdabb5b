"""Tables from strangers."""

from __future__ import annotations

import gzip
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from robustgen import TableEncoder
from robustgen._checks import UsageError
from robustgen.data.files import TableReading, read, read_table
from robustgen.inputs import Part, open_input
from tests.hostile import damaged, draws, rows_or_one_line

SIGNS = [*'abc019,;|"\n\r\t .-+=eé\0', "\r\n", '""', ", ", "NA", "1e999", "2024-01-01", "true", ",,"]


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def some_table(rng):
    header = rng.choice(["a,b\n", "a;b;c\r\n", "\ufeffa, b\n", '"a\nb",c\n', "a\n"])
    return header + "".join(rng.choice(SIGNS, size=rng.integers(1, 80)))


def test_what_is_read_is_what_is_copied(tmp_path):
    """One parser: the rows of both parts are those of the whole, cell by cell."""
    n_read = 0
    for rng in draws("copied"):
        source = open_input(written(tmp_path / "t.csv", some_table(rng)))
        table = rows_or_one_line(source.whole)
        if table is None:
            continue
        n_read += 1
        kept = rng.random(len(table)) < 0.6
        parts = [
            Part(tmp_path / "k.csv", kept),
            Part(tmp_path / "r.csv", ~kept, {"score": np.ones(len(table))}),
        ]
        source.write(parts)
        expected = read_table(tmp_path / "t.csv", TableReading(text=None))
        for part, extra in zip(parts, ([], ["score"]), strict=True):
            if part.rows.any():
                again = read_table(part.path, TableReading(text=None))
                assert list(again) == [*table, *extra]
                cells = expected[part.rows].reset_index(drop=True)
                pd.testing.assert_frame_equal(again[list(table)], cells)
    assert n_read > 0


def test_chunks_have_the_rows_of_the_whole(tmp_path):
    for rng in draws("chunks"):
        source = open_input(written(tmp_path / "t.csv", some_table(rng)))
        table = rows_or_one_line(source.whole)
        if table is not None:
            assert sum(map(len, source.blocks())) == len(table)


def test_any_table_that_is_read_is_encoded_or_refused(tmp_path):
    for rng in draws("encoded"):
        table = rows_or_one_line(lambda rng=rng: read_table(written(tmp_path / "t.csv", some_table(rng))))
        if table is not None:
            encoder = TableEncoder(categories="indicators")
            numbers = rows_or_one_line(lambda table=table, encoder=encoder: encoder.fit_transform(table))
            assert numbers is None or np.isfinite(numbers).all()
            assert numbers is None or len(encoder.inverse_transform(numbers)) == len(table)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_a_damaged_file_is_read_or_refused(tmp_path, ending):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=50), "b": rng.choice(["x", "y"], 50), "c": [None, 1] * 25})
    path = tmp_path / f"t.{ending}"
    table.to_parquet(path) if ending == "parquet" else table.to_csv(path, index=False)
    content = path.read_bytes()
    for rng in draws(ending):
        written(path, damaged(content, rng))
        rows_or_one_line(lambda: read_table(path))


def bomb(part, times):
    """Return a table of one column that is small until it is unpacked."""
    return gzip.compress(b"a\n" + part * times)


REFUSED = {
    "a bomb": (lambda: bomb(b"1" * 999 + b"\n", 2**17), "t.csv.gz", "unpacks to more than"),
    "a line without an end": (lambda: bomb(b"1", 2**27), "t.csv.gz", "line 2 of .* never ends"),
    "a quote without an end": (
        lambda: b'a\n"' + (b"1" * 999 + b"\n") * 2**15,
        "t.csv",
        "is a quote never closed",
    ),
    "100,000 columns": (
        lambda: ",".join(map("c{}".format, range(100_000))) + "\n1\n",
        "t.csv",
        "100,000 columns",
    ),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16-le"), "t.csv", "not UTF-8"),
    "a NUL": (b"a\n1\0\n", "t.csv", "not UTF-8"),
    "no table": (b"\xff\xfe", "t.csv", "is empty"),
    "gzip that is none": (b"a\n1\n", "t.csv.gz", "damaged"),
    "Parquet that is none": (b"PAR1" * 8, "t.parquet", "not a readable Parquet file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_hostile_tables_end_soon_in_one_line(tmp_path, case):
    content, name, message = REFUSED[case]
    path = written(tmp_path / name, content() if callable(content) else content)
    with pytest.raises(UsageError, match=message) as refused:
        read_table(path)
    assert "\n" not in str(refused.value)


def test_a_parquet_bomb(tmp_path):
    path = tmp_path / "t.parquet"
    rows = pa.DictionaryArray.from_arrays(np.zeros(10_000_000, np.int8), pa.array(["a"]))
    pq.write_table(pa.table({f"c{i}": rows for i in range(8)}), path, compression="zstd")
    assert path.stat().st_size < 10**6
    with pytest.raises(UsageError, match="unpacks to more than"):
        read_table(path)
    source = open_input(path)
    assert sum(len(block) for _, block in zip(range(3), source.blocks(), strict=False)) == 3 * 65_536


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(UsageError, match="a pipe or device"):
        read_table(tmp_path / "t.csv")
    (tmp_path / "null.csv").symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="a pipe or device"):
        open_input(tmp_path / "null.csv")


def test_the_extension_types_of_a_parquet_file_run_no_code(tmp_path):
    code = b"cos\nsystem\n(S'touch " + os.fsencode(tmp_path / "ran") + b"'\ntR."
    field = pa.field(
        "a",
        pa.int64(),
        metadata={b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": code},
    )
    pq.write_table(pa.table([pa.array([1, 2])], schema=pa.schema([field])), tmp_path / "t.parquet")
    rows_or_one_line(lambda: read_table(tmp_path / "t.parquet"))
    assert not (tmp_path / "ran").exists()


STORED = {
    "durations": (pd.to_timedelta(["1h", None, "3h", "2h"]), [3600, 7200, 10800, 7200]),
    "whole numbers": ([2**62, 2**62 + 1, 0, 1], [2.0**62, 2.0**62, 0, 1]),
    "whole numbers beyond 64 bits": ([10**30, 2, 3, 10**400 // 10**370], [1e30, 2, 3, 1e30]),
    "unsigned ones": (np.array([2**64 - 1, 0, 1, 2], np.uint64), [2.0**64, 0, 1, 2]),
    "booleans with a gap": (pd.array([True, None, True, False], "boolean"), [1, 1, 1, 0]),
    "numbers with a gap": (pd.array([1, None, 3, 5], "Int64"), [1, 3, 3, 5]),
}


@pytest.mark.parametrize("case", STORED)
def test_numbers_are_what_they_mean_and_not_how_they_are_stored(case):
    cells, expected = STORED[case]
    encoder = TableEncoder(categories="indicators").fit(pd.DataFrame({"x": cells}))
    numbers = encoder.transform(pd.DataFrame({"x": cells}))
    np.testing.assert_allclose(numbers[:, 0], expected)
    back = encoder.inverse_transform(numbers)
    np.testing.assert_allclose(encoder.transform(back), numbers)


def test_a_category_of_whole_numbers_is_the_same_among_gaps():
    trained = pd.DataFrame({"kind": pd.Series([1, 2, 1, 2]).astype("category")})
    encoder = TableEncoder(categories="indicators").fit(trained)
    later = pd.DataFrame({"kind": [2.0, np.nan, 1.0]})
    np.testing.assert_array_equal(encoder.transform(later), [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame({"kind": ["2"]})), [[0, 1, 0]])


@pytest.mark.parametrize(
    "cell", [1j, b"a", [1], {"a": 1}, (1, 2), np.ones(2)], ids=lambda cell: type(cell).__name__
)
def test_cells_that_are_no_values_are_refused_by_row_and_column(cell):
    column = pd.Series([cell] * 3, dtype=None if isinstance(cell, complex) else object)
    with pytest.raises(
        UsageError, match=f"row 1, column 'x': got a {type(cell).__name__}, expected a number"
    ):
        TableEncoder().fit(pd.DataFrame({"x": column}))


@pytest.mark.parametrize("writer", ["csv", "parquet"])
def test_a_benchmark_encodes_a_table_as_fit_does(tmp_path, writer):
    """Dates, gaps and rare values too: a benchmark had refused them."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "seen": pd.date_range("2024-01-01", periods=40).astype(str),
            "heat": np.where(rng.random(40) < 0.2, np.nan, rng.normal(size=40)),
            "fuel": rng.choice(["oil", "gas", None], 40),
            "faulty": rng.integers(0, 2, 40),
        }
    )
    path = tmp_path / f"t.{writer}"
    table.to_csv(path, index=False) if writer == "csv" else table.to_parquet(path)
    rows = read_table(path)
    expected = TableEncoder(ignore=("faulty",)).fit_transform(rows)
    np.testing.assert_array_equal(read(path, "faulty").X, expected)


WRITTEN = {
    "a minus behind": ("{:.2f}", lambda text: text[1:] + "-" if text.startswith("-") else text),
    "a mark of direction": ("\u200f{:.2f}\u200b", str),
    "a minus of typesetters": ("{:.2f}", lambda text: text.replace("-", "\u2212")),
    "digits of Arabic": ("{:.2f}", lambda text: text.translate({48 + i: 0x660 + i for i in range(10)})),
}


@pytest.mark.parametrize(("pattern", "write"), WRITTEN.values(), ids=WRITTEN)
def test_numbers_are_what_they_mean_however_odd_they_are_written(pattern, write):
    numbers = np.random.default_rng(0).normal(0, 1000, 40).round(2)
    table = pd.DataFrame({"x": [write(pattern.format(number)) for number in numbers]})
    np.testing.assert_allclose(TableEncoder().fit(table).values(table)["x"], numbers)


def test_indian_groups_of_digits_are_read():
    table = pd.DataFrame({"x": ["1,234.50", "10,00,001", "12,34,56,789", "7", "10,000"]})
    assert TableEncoder().fit(table).values(table)["x"].tolist() == [1234.5, 1e6 + 1, 123456789, 7, 10000]
