"""A small group is nothing odd, numbers are judged given their group, missing cells by how odd that is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from robustgen import RobustDetector, TableEncoder

N = 1000


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def encoded(table: pd.DataFrame, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    encoder = TableEncoder().fit(table)
    return pd.DataFrame(
        encoder.transform(table if rows is None else rows), columns=encoder.get_feature_names_out()
    )


def test_how_frequent_the_groups_are_changes_nothing(rng):
    numbers = pd.DataFrame(rng.normal(size=(N, 3)), columns=list("abc"))
    half, tenth = (numbers.assign(site=rng.choice(["N", "W"], N, p=[1 - p, p])) for p in (0.5, 0.1))
    np.testing.assert_array_equal(encoded(half), encoded(tenth))


def test_numbers_that_no_group_explains_stay_as_they_are(rng):
    table = pd.DataFrame({"a": rng.normal(size=N), "site": rng.choice(["N", "S"], N)})
    np.testing.assert_array_equal(encoded(table)["a"], table["a"])


def test_numbers_in_other_units_in_each_group_are_as_if_all_had_one_unit(rng):
    site = rng.choice(["N", "S", "W"], N, p=[0.6, 0.3, 0.1])
    plain = rng.normal(size=N)
    units = pd.Series(site).map({"N": 1.0, "S": 1000.0, "W": 0.01}).to_numpy()
    adjusted = encoded(pd.DataFrame({"a": plain * units + 5 * units, "site": site}))["a"]
    assert np.corrcoef(adjusted, plain)[0, 1] > 0.99


def test_a_group_of_a_few_rows_is_judged_with_all(rng):
    table = pd.DataFrame({"a": rng.normal(size=N), "site": np.repeat(["N", "S", "few"], [500, 480, 20])})
    table["a"] += 10 * (table["site"] == "S")
    few = table["site"] == "few"
    np.testing.assert_allclose(encoded(table)["a"][few], table["a"][few])


def test_notes_that_few_rows_have_are_nothing_odd_and_a_long_tail_of_names_is_not(rng):
    notes = np.full(N, None, dtype=object)
    notes[:30] = [f"call {k} back" for k in range(30)]
    tags = [f"tag {k}" for k in rng.zipf(1.7, N)]
    assert (encoded(pd.DataFrame({"note": notes, "tag": tags})) == 0).all(axis=None)


def test_a_category_is_odd_where_it_is_rare_and_not_where_rare_ones_are_the_rule(rng):
    fuel = np.array(["gas"] * 600 + ["oil"] * 398 + ["oli", "ga"])
    odd = encoded(pd.DataFrame({"fuel": fuel}))["fuel (oddity)"]
    assert (odd[:998] == 0).all()
    assert (odd[998:] > 1).all()
    many = np.array(["gas"] * 700 + [f"v{i // 2}" for i in range(300)])
    assert (encoded(pd.DataFrame({"fuel": many}))["fuel (oddity)"] == 0).all()


def test_a_value_that_training_has_not_seen_is_odder_than_any_other():
    table = pd.DataFrame({"fuel": ["gas"] * 600 + ["oil"] * 399 + ["peat"]})
    new = encoded(table, pd.DataFrame({"fuel": ["gas", "peat", "coal"]}))["fuel (oddity)"]
    assert new.is_monotonic_increasing
    assert new.nunique() == 3


def test_categories_that_do_not_go_together_are_odd():
    table = pd.DataFrame({"sex": ["m"] * 500 + ["f"] * 500, "role": ["father"] * 500 + ["mother"] * 500})
    table.loc[0, "role"] = "mother"
    odd = encoded(table)
    assert (odd.loc[0] > 1).all()
    assert (odd.loc[1:] == 0).all(axis=None)


def test_missing_cells_are_the_median_unless_it_is_odd_that_they_are_missing(rng):
    table = pd.DataFrame(rng.normal(size=(N, 4)), columns=list("abcd"))
    table.loc[:299, ["a", "b"]] = np.nan  # a panel that was not asked for
    table.loc[999] = np.nan
    numbers = encoded(table)
    np.testing.assert_allclose(numbers.loc[0, ["a", "b"]], table[["a", "b"]].median())
    assert (numbers.loc[999].filter(like="oddity") == numbers.loc[999].max()).all()
    assert numbers.loc[999].max() > 2


def test_no_category_vanishes_from_a_clean_table(rng):
    table = pd.DataFrame(rng.normal(size=(N, 4)), columns=list("abcd"))
    table["site"] = rng.choice(["N", "S", "W"], N, p=[0.5, 0.4, 0.1])
    table["on"] = rng.random(N) < 0.1
    X = TableEncoder().fit_transform(table)
    removed = pd.Series(RobustDetector(contamination="auto", epochs=5, random_state=0).fit(X).predict(X) < 0)
    assert removed.mean() < 0.02
    for column in ("site", "on"):
        assert removed.groupby(table[column]).mean().max() < 0.1


def test_empty_rows_are_a_finding(rng):
    table = pd.DataFrame(rng.normal(size=(N, 6)), columns=list("abcdef"))
    table.loc[:19] = np.nan
    X = TableEncoder().fit_transform(table)
    scores = pd.Series(RobustDetector(epochs=5, random_state=0).fit(X).training_scores_)
    assert scores.rank(pct=True)[:20].max() < 0.1


def test_none_of_the_few_values_of_a_number_is_odd_but_what_lies_far_from_all_is(rng):
    discount = rng.choice([0.0, 5.0, 10.0, 20.0], N, p=[0.7, 0.15, 0.1, 0.05])
    discount[:2] = -999, 5000
    odd = encoded(pd.DataFrame({"discount": discount, "site": rng.choice(["N", "S"], N)}))["discount"]
    assert (odd[2:] == 0).all()
    assert (odd[:2].abs() > 100).all()


def test_a_number_between_the_few_that_are_usual_is_odd_as_a_category_is(rng):
    discount = rng.choice([0.0, 5.0, 10.0, 20.0], N, p=[0.7, 0.15, 0.1, 0.05])
    discount[0] = 7.31  # swapped with another column
    odd = encoded(pd.DataFrame({"discount": discount}))["discount (oddity)"]
    assert odd[0] > 1
    assert (odd[1:] == 0).all()


def test_one_of_a_few_numbers_that_its_group_never_has_is_odd(rng):
    site = rng.choice(["N", "S"], N)
    wheels = np.where(site == "N", rng.choice([2.0, 4.0], N), rng.choice([6.0, 8.0], N))
    wheels[0] = 2.0 if site[0] == "S" else 8.0
    odd = encoded(pd.DataFrame({"wheels": wheels, "site": site}))
    assert (odd.filter(like="oddity").loc[0] > 1).all()
    assert (odd.filter(like="oddity").loc[1:] == 0).all(axis=None)


def test_neither_of_two_values_is_odd_and_many_values_stay_in_order(rng):
    table = pd.DataFrame({"switch": rng.choice([0.0, 1.0], N, p=[0.7, 0.3])})
    table["delay"] = np.where(rng.random(N) < 0.7, 0, np.exp(rng.normal(7, 1, N)))
    numbers = encoded(table)
    assert (numbers["switch"] == 0).all()
    assert (numbers["delay"].rank() == table["delay"].rank()).all()
    far = (numbers["delay"] - numbers["delay"].mean()).abs() / numbers["delay"].std()
    assert far.max() < 5


def test_few_values_lead_back_to_the_one_that_most_rows_have(rng):
    table = pd.DataFrame(
        {"a": rng.normal(size=N), "discount": rng.choice([0.0, 5.0, 9.0], N, p=[0.8, 0.1, 0.1])}
    )
    encoder = TableEncoder().fit(table)
    assert list(encoder.inverse_transform(encoder.transform(table))) == ["a"]


def test_a_seldom_empty_cell_is_nothing_odd_in_any_column(rng):
    table = pd.DataFrame(rng.normal(size=(5 * N, 3)), columns=list("abc"))
    table["site"] = rng.choice(["N", "S", "W"], 5 * N).astype(object)
    table["on"] = rng.choice([True, False], 5 * N).astype(object)
    table = table.mask(rng.random(table.shape) < 0.01)
    odd = encoded(table).filter(regex=r"\(")
    assert odd.shape[1] == 5
    assert (odd[table.isna().sum(axis=1) <= 2] == 0).all(axis=None)


def test_a_cell_that_its_group_always_or_never_misses_is_odd_where_it_is_otherwise(rng):
    table = pd.DataFrame({"flow": rng.normal(size=N), "site": rng.choice(["N", "E"], N, p=[0.8, 0.2])})
    table.loc[table["site"] == "E", "flow"] = np.nan  # that site has no such meter
    odd = encoded(table)["flow (oddity)"]
    assert (odd == 0).all()
    table.loc[table.index[table["site"] == "E"][0], "flow"] = 0.0
    table.loc[table.index[table["site"] == "N"][0], "flow"] = np.nan
    odd = encoded(table)["flow (oddity)"]
    assert (odd > 1).sum() == 2
    table.loc[table.index[table["site"] == "N"][:20], "flow"] = np.nan  # now and then in the other site, too
    assert (encoded(table)["flow (oddity)"] > 0).sum() == 1


def test_a_gap_where_training_had_none_is_as_odd_as_a_category_it_had_not_seen(rng):
    table = pd.DataFrame(
        {"a": rng.normal(size=N), "b": rng.normal(size=N), "fuel": rng.choice(["x", "y"], N)}
    )
    new = encoded(table, pd.DataFrame({"a": [np.nan, 0.0], "b": [0.0, 0.0], "fuel": ["x", "z"]}))
    assert (new["a"][0] - table["a"].median()) / table["a"].std() > 1
    assert new["fuel (oddity)"].tolist()[0] == 0 < new["fuel (oddity)"][1]


def test_no_small_group_vanishes_from_a_table_with_gaps(rng):
    table = pd.DataFrame(rng.normal(size=(5 * N, 3)), columns=list("abc"))
    shares = 1 / np.arange(1, 31)
    table["operator"] = rng.choice([f"op-{k}" for k in range(30)], 5 * N, p=shares / shares.sum())
    table["night"] = rng.choice([True, False], 5 * N).astype(object)
    table["checked"] = (rng.random(5 * N) < 0.005).astype(int)
    table["wait"] = np.where(rng.random(5 * N) < 0.95, np.nan, rng.exponential(size=5 * N))
    table = table.mask(rng.random(table.shape) < 0.01)
    X = TableEncoder().fit_transform(table)
    removed = RobustDetector(contamination=0.01, n_members=2, epochs=3, random_state=0).fit(X).predict(X) < 0
    for column in ("operator", "night", "checked"):
        assert pd.Series(removed).groupby(table[column].astype("str").to_numpy()).mean().max() < 0.1
    assert removed[table["wait"].notna()].mean() < 0.1
