"""Each planted oddity is found in its place, and a table without any has no finding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from robustgen.tables.findings import findings, identifiers_of

N_ROWS = 400


@pytest.fixture
def plain():
    """Return rows in which nothing is remarkable."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "heat": rng.normal(60, 5, N_ROWS).round(3),
            "pressure": rng.normal(6, 1, N_ROWS),
            "visits": rng.poisson(900, N_ROWS),
            "fuel": rng.choice(["oil", "gas"], N_ROWS),
            "on": rng.random(N_ROWS) < 0.8,
            "seen": rng.permutation(pd.date_range("2023-01-01", periods=N_ROWS).strftime("%Y-%m-%d")),
        }
    )


def test_nothing_is_found_where_nothing_is(plain):
    assert findings(plain) == ()


def only(table, kind):
    (found,) = [one for one in findings(table) if one.kind == kind]
    return found


def with_cells(table, column, places, values):
    changed = table.astype({column: object})
    changed.loc[places, column] = values
    return changed.infer_objects()


def test_copies_are_found_exact_and_but_for_rounding(plain):
    near = plain.loc[[7]].assign(pressure=lambda rows: rows["pressure"] * (1 + 1e-9))
    table = pd.concat([plain, plain.loc[[3, 4]], near], ignore_index=True)
    assert only(table, "exact duplicates").rows == (N_ROWS, N_ROWS + 1)
    assert only(table, "near duplicates").rows == (N_ROWS + 2,)


def test_a_row_that_stands_many_times_is_found_with_all_its_copies(plain):
    table = pd.concat([plain, plain.loc[[9] * 20]], ignore_index=True)
    assert only(table, "repeated row").rows == (9, *range(N_ROWS, N_ROWS + 20))


def test_copies_are_copies_whatever_their_identifiers(plain):
    table = pd.concat([plain, plain.loc[[3]]], ignore_index=True)
    assert only(table.assign(id=range(len(table))), "exact duplicates").rows == (N_ROWS,)


@pytest.mark.parametrize(
    ("kind", "column", "places", "value"),
    [
        ("sentinel", "heat", [5, 80], -999.0),
        ("sentinel", "visits", [5], 99999),
        ("sentinel", "fuel", [5, 9, 10], "unknown"),
        ("mixed types", "fuel", [2, 3, 4, 5], "7"),
        ("impossible dates", "seen", [6], "2024-02-30"),
        ("impossible dates", "seen", [6], "1890-01-01"),
    ],
)
def test_planted_cells_are_found_where_they_are(plain, kind, column, places, value):
    found = only(with_cells(plain, column, places, value), kind)
    assert found.columns == (column,)
    assert found.rows == tuple(places)


def test_columns_that_say_little_are_found(plain):
    table = plain.assign(unit="mm", gap=np.where(np.arange(N_ROWS) < 300, np.nan, plain["heat"]), void=np.nan)
    table["site"] = np.where(np.arange(N_ROWS) == 7, "S", "N")
    assert only(table, "constant column").columns == ("unit",)
    assert only(table, "mostly missing").columns == ("gap",)
    assert only(table, "empty column").columns == ("void",)
    assert only(table, "nearly constant column").rows == (7,)


@pytest.mark.parametrize(
    "names",
    [
        np.arange(1700, 1700 + N_ROWS),
        np.random.default_rng(1).permutation(N_ROWS),
        [f"boiler {i}" for i in range(N_ROWS)],
        np.r_[np.arange(N_ROWS - 3), 5, 6, 7],
    ],
    ids=["in order", "in any order", "text", "with repeated ones"],
)
def test_identifiers_name_their_rows(plain, names):
    table = plain.assign(id=names)
    assert identifiers_of(table) == ("id",)
    assert "id" not in [
        column for one in findings(table) if one.kind != "identifier" for column in one.columns
    ]


def test_measurements_are_no_identifiers(plain):
    rng = np.random.default_rng(2)
    table = plain.assign(
        income=rng.lognormal(10, 1, N_ROWS).round(),
        grade=rng.integers(0, 20, N_ROWS),
        price=rng.normal(size=N_ROWS),
    )
    assert identifiers_of(table) == ()


def test_a_repeated_identifier_is_found_with_its_row(plain):
    names = np.arange(N_ROWS)
    names[100] = 50
    assert only(plain.assign(id=names), "identifier").rows == (100,)


def test_cells_that_break_the_order_are_found(plain):
    rng = np.random.default_rng(3)
    rising = np.cumsum(rng.normal(size=N_ROWS)) * 3
    rising[200] += 60
    days = pd.Series(pd.date_range("2024-01-01", periods=N_ROWS))
    days[50] -= pd.Timedelta(100, "D")
    table = plain.assign(level=rising, read=days.dt.strftime("%Y-%m-%d"))
    found = {one.columns: one.rows for one in findings(table) if one.kind == "out of order"}
    assert found == {("level",): (200,), ("read",): (50,)}


def test_a_drift_is_found(plain):
    drifting = plain["heat"] + np.linspace(0, 20, N_ROWS)
    assert only(plain.assign(heat=drifting), "drift").columns == ("heat",)


@pytest.mark.parametrize("n_rows", [0, 1, 2, 3])
def test_few_rows_are_no_error(plain, n_rows):
    assert isinstance(findings(plain[:n_rows]), tuple)


def test_odd_tables_are_no_error():
    table = pd.DataFrame(
        {0: [None] * 60, "a": pd.Categorical(["x"] * 60), "t": pd.to_timedelta(range(60), "s")}
    )
    table["z"] = pd.date_range("2024-01-01", periods=60, tz="Asia/Tokyo")
    table["i"] = pd.array([1, None] * 30, dtype="Int64")
    table["l"] = [[1]] * 60
    assert {one.kind for one in findings(table)} >= {"empty column", "constant column"}
