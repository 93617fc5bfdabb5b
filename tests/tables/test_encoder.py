"""Tables as numbers: every kind of column, every bad cell named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

import robustgen
from robustgen import MAW, TableEncoder
from robustgen._checks import UsageError


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "heat": [61.5, 97.0, None, 64.0],
            "on": [True, False, True, True],
            "ready": ["yes", "No", None, "YES"],
            "fuel": ["oil", "gas", "oil", None],
            "seen": ["2024-01-01", "2024-01-08", "2024-01-03", "2024-01-04"],
            "count": [1, 2, 3, 4],
        }
    )


def encoded(table, **options) -> pd.DataFrame:
    encoder = TableEncoder(categories="indicators", **options).fit(table)
    return pd.DataFrame(encoder.transform(table), columns=encoder.get_feature_names_out())


def test_every_kind_becomes_numbers(table):
    numbers = encoded(table)
    assert list(numbers) == [
        *("heat", "on", "ready", "fuel is empty", "fuel=gas", "fuel=oil", "fuel is something else"),
        *("seen (days)", "seen (week sin)", "seen (week cos)", "count"),
    ]
    assert np.isfinite(numbers.to_numpy()).all()
    assert numbers["heat"].tolist() == [61.5, 97.0, 64.0, 64.0]  # the median where it is missing
    assert numbers["on"].tolist() == [1, 0, 1, 1]
    assert numbers["ready"].tolist() == [1, 0, 1, 1]
    assert numbers["fuel=oil"].tolist() == [1, 0, 1, 0]
    assert numbers["fuel is empty"].tolist() == [0, 0, 0, 1]
    assert numbers["seen (days)"].diff().tolist()[1:] == [7, -5, 1]


def test_a_day_of_the_week_and_a_time_of_day_are_points_on_circles():
    seen = ["2024-01-01 06:00:00", "2024-01-08 18:00:00", "2024-01-15 06:00:00"]  # three Mondays
    numbers = encoded(pd.DataFrame({"seen": seen}))
    assert numbers["seen (week sin)"].nunique() == 1
    np.testing.assert_allclose(numbers["seen (day sin)"], [1, -1, 1])
    np.testing.assert_allclose(numbers["seen (day cos)"], 0, atol=1e-9)


def test_days_after_the_training_rows_count_as_the_last_and_days_far_off_do_not():
    encoder = TableEncoder().fit(pd.DataFrame({"seen": pd.date_range("2023-01-01", periods=200)}))
    asked = pd.to_datetime(["2023-07-19", "2023-09-01", "2023-12-15", "2099-12-31", "1970-01-01"])
    last, soon, later, never, once = encoder.transform(pd.DataFrame({"seen": asked}))[:, 0]
    assert soon == later == last
    assert never > last + 10_000
    assert once < last - 10_000


DAYS = ("2021-01-10", "2022-01-10", "2022-07-10")


def test_seasons_count_where_there_is_more_than_one_year():
    days = pd.Series(pd.date_range("2021-01-01", "2023-12-31").strftime("%Y-%m-%d"))
    numbers = encoded(pd.DataFrame({"seen": days}))
    january, next_january, july = (int(np.flatnonzero(days == day)[0]) for day in DAYS)
    assert numbers["seen (year cos)"][january] == pytest.approx(
        numbers["seen (year cos)"][next_january], abs=0.01
    )
    assert numbers["seen (year cos)"][july] < 0 < numbers["seen (year cos)"][january]
    assert list(encoded(pd.DataFrame({"seen": days[:300]}))) == [
        *("seen (days)", "seen (week sin)", "seen (week cos)"),
    ]


def test_categories_and_booleans_become_how_odd_they_are(table):
    encoder = TableEncoder().fit(table)
    assert list(encoder.get_feature_names_out()) == [
        *("heat", "heat (oddity)", "on (oddity)", "ready (oddity)", "fuel (oddity)"),
        *("seen (days)", "seen (week sin)", "seen (week cos)", "count"),
    ]


def test_of_groups_numbers_and_dates_that_no_category_explains_lead_back(table):
    encoder = TableEncoder().fit(table)
    back = encoder.inverse_transform(encoder.transform(table))
    assert list(back) == ["heat", "seen", "count"]
    assert back["heat"].tolist() == [61.5, 97.0, 64.0, 64.0]
    assert back["count"].tolist() == table["count"].tolist()


def test_a_missing_number_is_the_median_and_how_odd_that_is():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=1000), "b": rng.normal(size=1000)})
    table.loc[:499, "a"] = np.nan
    table.loc[0, "b"] = np.nan
    numbers = pd.DataFrame(TableEncoder().fit_transform(table), columns=["a", "a?", "b", "b?"])
    assert (numbers["a"][:500] == table["a"].median()).all()
    assert (numbers["a?"][1:] == 0).all()  # half of the rows miss it: nothing odd
    assert numbers["b?"][0] == numbers["a?"][0] > 0


@pytest.mark.parametrize("categories", ["groups", "indicators"])
def test_chunks_give_what_the_whole_gives(table, categories):
    encoder = TableEncoder(categories=categories).fit(table)
    parts = [encoder.transform(table.iloc[i : i + 1]) for i in range(4)]
    np.testing.assert_array_equal(np.vstack(parts), encoder.transform(table))


def test_the_order_of_columns_does_not_matter_and_ignored_ones_may_be_gone(table):
    encoder = TableEncoder(ignore=("count",)).fit(table)
    expected = encoder.transform(table)
    np.testing.assert_array_equal(encoder.transform(table[table.columns[::-1]]), expected)
    np.testing.assert_array_equal(encoder.transform(table.drop(columns="count")), expected)


def test_numbers_lead_back_to_cells(table):
    encoder = TableEncoder(categories="indicators").fit(table)
    back = encoder.inverse_transform(encoder.transform(table))
    assert list(back) == list(table)
    assert back["seen"].tolist() == table["seen"].tolist()
    assert back["fuel"].tolist() == ["oil", "gas", "oil", ""]
    assert back["count"].dtype == np.int64
    assert back["on"].tolist() == table["on"].tolist()


def test_a_value_that_training_has_not_seen_is_something_else(table):
    encoder = TableEncoder(categories="indicators").fit(table)
    new = encoder.transform(table.assign(fuel=["coal"] * 4))
    place = list(encoder.get_feature_names_out()).index("fuel is something else")
    assert (new[:, place] == 1).all()


def test_only_the_most_frequent_values_have_a_column():
    values = [f"v{i}" for i in range(60) for _ in range(1 + (i < 50))] * 2
    assert encoded(pd.DataFrame({"kind": values})).shape[1] == 51


def test_kinds_come_from_dtypes_too():
    table = pd.DataFrame({"seen": pd.to_datetime(["2024-01-01", "2024-03-01"]), "kind": ["1", "2"]})
    table["kind"] = table["kind"].astype("category")
    assert next(iter(encoded(table))) == "seen (days)"
    assert "kind=1" in encoded(table)


REFUSED = {
    "a word among numbers": (
        {"heat": ["61", "warm", "63"]},
        "row 2, column 'heat': got 'warm', expected a number",
    ),
    "infinity": ({"heat": [1.0, 2.0, np.inf]}, "row 3, column 'heat': got 'inf', expected a number"),
    "a word among dates": (
        {"seen": ["2024-01-01", "2024-13-01", "2024-01-02"]},
        "row 2, column 'seen': got '2024-13-01', expected a date",
    ),
    "an empty column": ({"heat": [None, None]}, "column 'heat' is empty: leave it out"),
    "identifiers alone": ({"id": [f"a{i}" for i in range(60)]}, "looks like an identifier: leave it out"),
}


@pytest.mark.parametrize(("cells", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_learnt_is_named(cells, message):
    with pytest.raises(UsageError) as caught:
        TableEncoder().fit(pd.DataFrame(cells))
    assert message in str(caught.value)


def test_a_lone_column_that_counts_is_learnt():
    encoder = TableEncoder().fit(pd.DataFrame({"heat": range(60)}))
    assert list(encoder.feature_names_in_) == ["heat"]
    assert encoder.identifiers_ == ()


@pytest.mark.parametrize("names", [range(1700, 1760), [f"a{i}" for i in range(60)]], ids=["numbers", "text"])
def test_what_names_the_rows_is_left_out_as_if_by_hand(names):
    heat = pd.DataFrame({"heat": np.random.default_rng(0).normal(size=60)})
    table = heat.assign(id=names)
    encoder = TableEncoder().fit(table)
    assert encoder.identifiers_ == ("id",)
    np.testing.assert_array_equal(encoder.transform(table), TableEncoder().fit_transform(heat))
    np.testing.assert_array_equal(encoder.transform(heat), encoder.transform(table.assign(id="new")))


def test_bad_cells_of_later_chunks_are_named_by_their_row_in_the_file(table):
    encoder = TableEncoder().fit(table)
    chunk = table.assign(count=["1", "2", "three", "4"])
    chunk.index = pd.RangeIndex(1000, 1004)
    with pytest.raises(UsageError, match="row 1003, column 'count': got 'three', expected a number"):
        encoder.transform(chunk)
    with pytest.raises(UsageError, match="column 'on': got 'perhaps', expected true or false"):
        encoder.transform(table.assign(on="perhaps"))


def test_missing_and_unknown_columns_are_named(table):
    encoder = TableEncoder().fit(table)
    with pytest.raises(UsageError, match="there is no column 'heat'; did you mean 'heats'"):
        encoder.transform(table.rename(columns={"heat": "heats"}))
    with pytest.raises(UsageError, match="column 'heap' was not there in training; did you mean 'heat'"):
        encoder.transform(table.assign(heap=1))


def test_missing_cells_can_be_refused(table):
    with pytest.raises(UsageError, match="row 3, column 'heat': the cell is empty"):
        TableEncoder(missing="refuse").fit(table)
    encoder = TableEncoder(missing="refuse").fit(table.dropna())
    with pytest.raises(UsageError, match="row 3, column 'heat'"):
        encoder.transform(table)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"categories": "dummies"}, "got categories='dummies', expected"),
        ({"missing": "drop"}, "got missing='drop', expected"),
        ({"ignore": "heat"}, r"got ignore='heat', .* such as \('heat',\)"),
        ({"ignore": ("heap",)}, "there is no column 'heap'; did you mean 'heat'"),
        ({"ignore": ("heat", "on", "ready", "fuel", "seen", "count")}, "no column is left"),
    ],
)
def test_wrong_parameters_are_refused(table, options, reason):
    with pytest.raises(UsageError, match=reason):
        TableEncoder(**options).fit(table)


def test_an_array_is_refused():
    with pytest.raises(UsageError, match="expected a DataFrame"):
        TableEncoder().fit(np.ones((3, 2)))


def test_it_is_the_first_step_of_a_pipeline_that_is_saved(table, tmp_path):
    rows = pd.concat([table] * 5, ignore_index=True)
    pipeline = make_pipeline(TableEncoder(ignore=("count",)), MAW(epochs=1, random_state=0)).fit(rows)
    robustgen.save(pipeline, tmp_path / "model")
    loaded = robustgen.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.score_samples(rows), pipeline.score_samples(rows))
    assert loaded[0].columns_ == pipeline[0].columns_
    assert clone(loaded[0]).get_params() == pipeline[0].get_params()


WRITTEN = {
    "decimal points": (["1,234.5", "17", "0.25"], [1234.5, 17, 0.25]),
    "decimal commas": (["1.234,5", "17", "0,25"], [1234.5, 17, 0.25]),
    "spaces": (["1\u00a0234,5", "1 000", "0,25"], [1234.5, 1000, 0.25]),
    "apostrophes": (["1'234.5", "17", "0.25"], [1234.5, 17, 0.25]),
    "percent": (["12.5 %", "3%", "100 %"], [12.5, 3, 100]),
    "currency in front": (["$1,234.50", "-$3", "$ 0.25"], [1234.5, -3, 0.25]),
    "currency behind": (["1.234,50 €", "-3 €", "0,25 €"], [1234.5, -3, 0.25]),
    "a unit": (["12 kg", "3.5kg", "4"], [12, 3.5, 4]),
    "accounting": (["(1,200.00)", "15.00", "7.50"], [-1200, 15, 7.5]),
}


@pytest.mark.parametrize(("cells", "numbers"), WRITTEN.values(), ids=WRITTEN)
def test_numbers_are_read_as_people_write_them(cells, numbers):
    encoder = TableEncoder().fit(pd.DataFrame({"x": cells}))
    np.testing.assert_allclose(encoder.transform(pd.DataFrame({"x": cells}))[:, 0], numbers)
    assert encoder.text_columns() == ["x"]
    assert "column 'x' is read as numbers such as" in encoder.notes_[0]


DATED = {
    "month first": (["12/31/2023", "1/2/2024"], ["2023-12-31", "2024-01-02"]),
    "day first": (["31/12/2023", "1/2/2024"], ["2023-12-31", "2024-02-01"]),
    "points and times": (
        ["31.12.2023 10:00", "1.2.2024 00:30:15"],
        ["2023-12-31 10:00", "2024-02-01 00:30:15"],
    ),
    "names of months": (["31 Dec 2023", "1 Feb 2024"], ["2023-12-31", "2024-02-01"]),
}


@pytest.mark.parametrize(("cells", "dates"), DATED.values(), ids=DATED)
def test_dates_are_read_as_people_write_them(cells, dates):
    days = TableEncoder().fit_transform(pd.DataFrame({"x": cells}))[:, 0]
    np.testing.assert_allclose(
        days, (pd.to_datetime(dates, format="ISO8601") - pd.Timestamp(0)) / pd.Timedelta(1, "D")
    )


def test_a_notation_is_that_of_the_training_table_in_every_later_one():
    encoder = TableEncoder().fit(pd.DataFrame({"x": ["1.234,5", "17,5"], "d": ["31/12/2023", "1/2/2024"]}))
    new = encoder.transform(pd.DataFrame({"x": ["1.234"], "d": ["3/4/2024"]}))
    assert new[0, 0] == 1234
    assert encoder.inverse_transform(new)["d"].tolist() == ["2024-04-03"]
    with pytest.raises(
        UsageError, match=r"row 1, column 'x': got '1,234.5', expected a number such as 1.234,5"
    ):
        encoder.transform(pd.DataFrame({"x": ["1,234.5"], "d": ["3/4/2024"]}))


def test_one_cell_that_is_written_otherwise_is_a_bad_cell_and_no_other_notation():
    cells = [f"{i}.125" for i in range(1, 100)] + ["3.125,50"]
    with pytest.raises(UsageError, match=r"row 100, column 'x': got '3\.125,50'"):
        TableEncoder().fit(pd.DataFrame({"x": cells}))
    encoder = TableEncoder(bad_cells="missing").fit(pd.DataFrame({"x": cells}))
    assert encoder.notes_ == ("1 cells of column 'x' are not a number, and taken as missing",)


@pytest.mark.parametrize(
    ("cells", "said", "value"),
    [
        (["1,234", "5,678"], "'1,234' may be 1234.0 or 1.234, taken as 1234.0", 1234.0),
        (["01/02/2024", "05/06/2024"], "may be 2024-01-02 00:00:00 or 2024-02-01", 19724.0),
    ],
)
def test_an_ambiguous_column_is_said(cells, said, value):
    with pytest.warns(UserWarning, match=said):
        encoder = TableEncoder().fit(pd.DataFrame({"x": cells}))
    assert encoder.transform(pd.DataFrame({"x": cells}))[0, 0] == value


def test_declared_signs_and_patterns_decide():
    table = pd.DataFrame({"x": ["1,234", "5,678"], "d": ["01/02/2024", "05/06/2024"]})
    encoder = TableEncoder(decimal=",", date_format="%d/%m/%Y").fit(table)
    back = encoder.inverse_transform(encoder.transform(table))
    assert back["x"].tolist() == [1.234, 5.678]
    assert back["d"].tolist() == ["2024-02-01", "2024-06-05"]


def test_a_declared_type_is_the_column_s():
    table = pd.DataFrame(
        {"code": [1, 2] * 50, "id": range(100), "day": [*range(20240101, 20240126)] * 4, "x": ["1"] * 100}
    )
    types = {"code": "category", "id": "id", "day": "date", "x": "category"}
    encoder = TableEncoder(types=types, date_format="%Y%m%d").fit(table)
    assert [type(column).__name__ for column in encoder.columns_] == [
        "CategoryColumn",
        "DateColumn",
        "CategoryColumn",
    ]
    assert encoder.transform(table.drop(columns="id")).shape == (100, 5)


def test_other_words_for_missing_and_bad_cells_are_missing():
    table = pd.DataFrame(
        {"x": ["1", "-", "3"], "y": [1, -999, 3], "z": ["1", "2", "?"], "c": ["a", "-", "a"]}
    )
    encoder = TableEncoder(categories="indicators", na=("-", "-999"), bad_cells="missing").fit(table)
    numbers = pd.DataFrame(encoder.transform(table), columns=encoder.get_feature_names_out())
    assert numbers[["x", "y", "z"]].to_numpy().tolist() == [[1, 1, 1], [2, 2, 2], [3, 3, 1.5]]
    assert numbers["c is empty"].tolist() == [0, 1, 0]


def test_tables_of_other_libraries_are_those_of_pandas(table):
    pa = pytest.importorskip("pyarrow")
    expected = TableEncoder().fit(table)
    encoder = TableEncoder().fit(pa.Table.from_pandas(table))
    np.testing.assert_array_equal(encoder.transform(pa.Table.from_pandas(table)), expected.transform(table))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"types": {"x": "whole"}}, "got the type 'whole' of column 'x', expected one of number, category"),
        (
            {"types": {"x": "date"}, "bad_cells": "missing"},
            "column 'x' holds nothing that is a date such as",
        ),
        ({"types": {"y": "number"}}, "there is no column 'y'"),
        ({"types": {"x": "date"}}, "row 1, column 'x': got 'a', expected a date"),
        ({"decimal": ";"}, "got decimal=';'"),
        ({"thousands": "x"}, "got thousands='x'"),
        ({"decimal": ",", "thousands": ","}, "expected two signs"),
        ({"na": "-"}, r"got na='-', .* such as \('-',\)"),
        ({"bad_cells": "drop"}, "got bad_cells='drop', expected 'refuse' or 'missing'"),
    ],
)
def test_wrong_declarations_are_refused(options, reason):
    with pytest.raises(UsageError, match=reason):
        TableEncoder(**options).fit(pd.DataFrame({"x": ["a", "b"]}))


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(UsageError, match="got two columns named 'x'"):
        TableEncoder().fit(pd.DataFrame([[1, 2]], columns=["x", "x"]))


def test_a_table_of_polars_is_encoded_as_one_of_pandas():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "heat": rng.normal(size=50),
            "fuel": rng.choice(["oil", "gas"], 50),
            "on": rng.random(50) < 0.5,
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 99, 50), unit="h"),
            "took": pd.to_timedelta(rng.integers(0, 99, 50), unit="s"),
        }
    )
    table.loc[3, ["heat", "fuel"]] = np.nan, None
    other = pl.from_pandas(table)
    encoder = TableEncoder().fit(other)
    np.testing.assert_array_equal(encoder.transform(other), TableEncoder().fit_transform(table))
    coded = other.with_columns(pl.col("fuel").cast(pl.Categorical), pl.col("heat").cast(pl.Float32))
    np.testing.assert_allclose(encoder.transform(coded), encoder.transform(other), atol=1e-5)


@pytest.mark.parametrize("cells", [pl.struct(pl.lit(1).alias("a")), pl.lit([1, 2]), pl.lit(b"x")])
def test_cells_of_polars_that_are_no_values_are_one_line(cells):
    table = pl.DataFrame({"heat": [1.0, 2.0, 3.0]}).with_columns(cells.alias("odd"))
    with pytest.raises(UsageError, match="odd"):
        TableEncoder().fit(table)


def test_cells_of_polars_that_pandas_cannot_hold_are_one_line():
    with pytest.raises(UsageError, match="got a table of polars with cells that pandas cannot hold"):
        TableEncoder().fit(pl.DataFrame({"wide": pl.Series([1, 2, 3], dtype=pl.Int128)}))
