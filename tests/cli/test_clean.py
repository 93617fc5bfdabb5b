"""`robustgen clean` judges all rows, removes none unasked, and says what each category would lose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from robustgen.inputs.answers import contents, write_answers
from tests.cli.test_files import QUICK, run

COLUMNS = ["verdict", "score", "p_value", "reason", "group"]


@pytest.fixture
def boilers():
    """Return 160 boilers, six of which have another unit, and two copies."""
    rng = np.random.default_rng(0)
    heat = rng.normal(60, 5, size=160)
    table = pd.DataFrame(
        {
            "id": range(1001, 1161),
            "heat": heat.round(2),
            "pressure": (heat / 10 + rng.normal(0, 0.1, size=160)).round(3),
            "fuel": rng.choice(["oil", "gas"], size=160),
        }
    )
    table.loc[20:25, "pressure"] *= 1000
    table.loc[[70, 90], ["heat", "pressure", "fuel"]] = table.loc[5, ["heat", "pressure", "fuel"]].tolist()
    return table


@pytest.fixture
def data(tmp_path, boilers):
    boilers.to_csv(tmp_path / "boilers.csv", index=False)
    return tmp_path / "boilers.csv"


def clean(data, name, *options):
    output = data.with_name(name)
    return run("clean", data, "-o", output, *options, *QUICK), output


def test_all_rows_come_back_judged_and_none_is_removed(data, boilers):
    ended, output = clean(data, "t.csv", "--folds", 2, "--report", data.with_name("a.html"))
    triaged = pd.read_csv(output)
    assert list(triaged) == [*boilers, *COLUMNS]
    pd.testing.assert_frame_equal(triaged[list(boilers)], pd.read_csv(data))
    assert triaged["p_value"].between(0, 1).all()
    faulty = triaged.loc[20:25]
    assert (faulty["verdict"] == "outlier").all()
    assert (faulty["group"] == "pressure x 1000").all()
    assert faulty["reason"].str.startswith("pressure = ").all()
    assert "none removed, see --remove" in ended.output
    assert "fuel would lose: " in ended.output
    assert "left out 'id'" in ended.output
    page = data.with_name("a.html").read_text()
    assert "2 rows equal to an earlier one" in page
    assert "6 rows: pressure x 1000" in page
    assert "http:" not in page
    assert "https:" not in page


@pytest.mark.parametrize("share", [(), ("--contamination", "0.1")])
def test_a_fitted_model_calls_those_rows_outliers_that_clean_does(data, share):
    _, output = clean(data, "t.csv", "--folds", 0, *share)
    model, scored = data.with_name("model"), data.with_name("s.csv")
    run("fit", data, "-o", model, *share, *QUICK)
    run("score", model, data, "-o", scored)
    verdicts = (pd.read_csv(output)["verdict"] == "outlier").to_numpy()
    assert verdicts[20:26].all()
    np.testing.assert_array_equal(pd.read_csv(scored)["outlier"], verdicts)


def test_nothing_is_held_out_where_no_p_value_is_asked_for(data, boilers):
    _, output = clean(data, "t.csv", "--folds", 0)
    assert list(pd.read_csv(output)) == [*boilers, "verdict", "score", "reason", "group"]


@pytest.mark.parametrize("rule", ["0.05", "fdr=0.3", "estimate"])
def test_removed_and_kept_rows_are_all_rows_to_the_byte(data, rule):
    removed = data.with_name("r.csv")
    ended, output = clean(data, "k.csv", "--remove", rule, "--removed", removed)
    kept, lines = output.read_text().splitlines(), data.read_text().splitlines()
    assert set(kept) <= set(lines)
    gone = pd.read_csv(removed)
    assert len(kept) + len(gone) == len(lines)
    assert list(gone)[-5:] == COLUMNS
    assert f"{len(kept) - 1} rows kept, {len(gone)} removed by" in ended.output


def test_a_share_removes_the_lowest_scores(data):
    _, output = clean(data, "k.csv", "--remove", "0.0375", "--folds", 0)
    kept = pd.read_csv(output)
    assert len(kept) == 154
    assert not kept["id"].between(1021, 1026).any()


def test_a_rate_that_so_few_rows_cannot_reach_is_warned_of(data, boilers):
    ended, output = clean(data, "k.csv", "--remove", "fdr=0.01", "--folds", 2)
    assert len(pd.read_csv(output)) == len(boilers)
    assert "nothing is discovered at a rate of 0.01: 100 rows or more" in ended.stderr


def test_decisions_of_a_person_are_carried_out(data, boilers):
    hashes = contents(pd.read_csv(data))
    decided = {3: "outlier", 20: "normal", 70: "outlier"}
    write_answers(data.with_name("d.csv"), decided, range(1, 161), hashes)
    _, output = clean(data, "k.csv", "--folds", 0, "--remove", data.with_name("d.csv"))
    assert set(boilers["id"]) - set(pd.read_csv(output)["id"]) == {1004, 1071}


def test_columns_of_the_same_names_stay_and_the_new_ones_say_so(data, boilers):
    boilers.assign(group=boilers["fuel"]).to_csv(data, index=False)
    _, output = clean(data, "t.csv", "--folds", 0)
    names = [f"audit_{name}" for name in COLUMNS if name != "p_value"]
    assert list(pd.read_csv(output)) == [*boilers, "group", *names]


def test_a_category_that_vanishes_is_warned_of(data, boilers):
    boilers.loc[20:25, "fuel"] = "peat"
    boilers.to_csv(data, index=False)
    ended, _ = clean(data, "t.csv", "--folds", 0)
    assert "Warning: fuel = peat vanishes: 6 of 6 rows" in ended.output


def test_an_array_and_its_rows_are_listed_with_their_verdicts(tmp_path):
    rows = np.random.default_rng(0).normal(size=(80, 3))
    rows[7] += 50
    np.save(tmp_path / "rows.npy", rows)
    _, output = clean(tmp_path / "rows.npy", "t.csv", "--folds", 2, "--report", tmp_path / "a.html")
    listed = pd.read_csv(output)
    assert list(listed) == ["row", "verdict", "score", "p_value"]
    assert listed["score"].idxmin() == 7


def test_an_empty_column_is_a_finding_and_no_error(data, boilers):
    boilers.assign(void="").to_csv(data, index=False)
    clean(data, "t.csv", "--folds", 0, "--report", data.with_name("a.html"))
    assert "void is empty in all rows" in data.with_name("a.html").read_text()
