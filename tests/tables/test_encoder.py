"""Tables as numbers: every kind of column, every bad cell named."""

from __future__ import annotations

import numpy as np
import pandas as pd
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


def test_categories_and_booleans_become_how_odd_they_are(table):
    encoder = TableEncoder().fit(table)
    assert list(encoder.get_feature_names_out()) == [
        *("heat", "on (oddity)", "ready (oddity)", "fuel (oddity)"),
        *("seen (days)", "seen (week sin)", "seen (week cos)", "count"),
    ]
    with pytest.raises(UsageError, match="got numbers within groups, expected indicators"):
        encoder.inverse_transform(encoder.transform(table))


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
    "decimal commas": ({"heat": ["61,5", "1.062,0", "63"]}, "column 'heat': got '61,5' and the like"),
    "commas between thousands": ({"heat": ["1,061", "12,062", "63"]}, "got '1,061' and the like"),
    "an empty column": ({"heat": [None, None]}, "column 'heat' is empty: leave it out"),
    "identifiers alone": ({"id": [f"a{i}" for i in range(60)]}, "no column is left to learn from"),
}


@pytest.mark.parametrize(("cells", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_learnt_is_named(cells, message):
    with pytest.raises(UsageError) as caught:
        TableEncoder().fit(pd.DataFrame(cells))
    assert message in str(caught.value)


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
    assert clone(loaded[0]).get_params() == {
        "missing": "impute",
        "categories": "groups",
        "ignore": ("count",),
    }
