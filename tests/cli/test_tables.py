"""How a table is read: the same options in every command, the standard input among the files."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import robustgen
from robustgen.cli.main import main

SMALL = ("-d", "autoencoder", "--set", "epochs=2")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def european(folder):
    """A table as a program in Rome writes it: 1.234,5, days first, codes for categories, a dash for a gap."""
    rng = np.random.default_rng(0)
    price = [f"{1000 + 10 * value:,.2f}" for value in rng.normal(size=60)]
    table = pd.DataFrame(
        {
            "price": [text.translate(str.maketrans(",.", ".,")) for text in price],
            "day": [f"{1 + place % 28:02}.03.2024" for place in range(60)],
            "code": np.arange(60) % 3,
            "gap": ["-" if place % 10 == 0 else str(place % 7) for place in range(60)],
        }
    )
    path = folder / "roma.csv"
    table.to_csv(path, sep=";", index=False, encoding="latin-1")
    return path


def run(*arguments, stdin=None):
    done = CliRunner().invoke(main, list(map(str, arguments)), input=stdin)
    assert done.exit_code == 0, done.output
    return done


def test_a_table_of_another_country_is_read_as_it_is_meant(european):
    (european.parent / "types.json").write_text(json.dumps({"code": "category"}))
    run("fit", european, "-o", "model", *SMALL, "--na", "-", "--types", "types.json", "--encoding", "latin-1")
    encoder = robustgen.load("model")[0]
    kinds = {column.name: type(column).__name__ for column in encoder.columns_}
    assert kinds == {
        "price": "NumberColumn",
        "day": "DateColumn",
        "code": "CategoryColumn",
        "gap": "NumberColumn",
    }
    price = next(column for column in encoder.columns_ if column.name == "price")
    assert 990 < price.fill < 1010
    run("score", "model", european, "-o", "scored.csv", "--encoding", "latin-1")
    assert pd.read_csv("scored.csv", sep=";").shape[0] == 60


def test_the_standard_input_is_a_file_like_others(european):
    content = european.read_bytes()
    run("fit", european, "-o", "a", *SMALL, "--na", "-")
    run("fit", "-", "-o", "b", *SMALL, "--na", "-", stdin=content)
    rows = pd.read_csv(european, sep=";", dtype=str, na_values="-").assign(
        code=lambda t: t["code"].astype(int)
    )
    one, other = (robustgen.load(name) for name in "ab")
    np.testing.assert_array_equal(one.score_samples(rows), other.score_samples(rows))


def test_a_bad_cell_is_an_error_or_missing_on_request(folder):
    cells = [*map(str, np.random.default_rng(0).normal(size=60).round(3)), "abc"]
    pd.DataFrame({"x": cells, "y": range(61)}).assign(y=lambda t: t["y"] % 7).to_csv("d.csv", index=False)
    refused = CliRunner().invoke(main, ["fit", "d.csv", "-o", "model", *SMALL])
    assert refused.exit_code == 2
    assert "row 61" in refused.output or "line 62" in refused.output
    assert "'x'" in refused.output
    assert not (folder / "model").exists()
    run("fit", "d.csv", "-o", "model", *SMALL, "--bad-cells", "missing")


@pytest.mark.parametrize("option", [("--types", "t.json"), ("--missing", "refuse"), ("--ignore", "x")])
def test_what_the_model_remembers_is_not_said_again(folder, option):
    (folder / "t.json").write_text('{"x": "number"}')
    pd.DataFrame({"x": np.linspace(0, 1, 40).round(3) % 0.3, "y": np.arange(40) % 9}).to_csv(
        "d.csv", index=False
    )
    run("fit", "d.csv", "-o", "model", *SMALL)
    said = CliRunner().invoke(main, ["score", "model", "d.csv", "-o", "s.csv", *option])
    assert said.exit_code == 2
    assert f"got {option[0]}, which the model remembers" in said.output
    assert not (folder / "s.csv").exists()


def test_a_file_of_types_that_names_no_column_is_refused(folder):
    (folder / "t.json").write_text('{"z": "number"}')
    pd.DataFrame({"x": np.arange(40) % 9, "y": np.arange(40) % 7}).to_csv("d.csv", index=False)
    said = CliRunner().invoke(main, ["fit", "d.csv", "-o", "model", *SMALL, "--types", "t.json"])
    assert said.exit_code == 2
    assert "'z'" in said.output
    assert "Traceback" not in said.output


@pytest.mark.usefixtures("shared_workers", "without_drawings")
def test_the_bench_reads_a_table_as_fit_does(european):
    rows = pd.read_csv(european, sep=";", dtype=str)
    rows["bad"] = [int(place % 6 == 0) for place in range(60)]
    rows.to_csv("labelled.csv", sep=";", index=False)
    run(
        "bench", "--data", "labelled.csv", "--label", "bad", "--na", "-", "--detector", "tails",
        "--corruption", "0.1", "--output", "run", "--quiet",
    )  # fmt: skip
    records = [
        json.loads(line) for line in (european.parent / "run" / "records.jsonl").read_text().split("\n")[:-1]
    ]
    assert {record["status"] for record in records} == {"ok"}


def judged(path, *columns):
    """Write a clean table with columns of which the answers could be read."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"heat": rng.normal(60, 5, 60), "fuel": rng.choice(["oil", "gas"], 60)})
    for name in columns:
        table[name] = rng.normal(size=60) if name in ("score", "p_value") else rng.choice(["a", "b"], 60)
    table.to_csv(path, index=False)
    return path


@pytest.mark.filterwarnings("always:left out")
@pytest.mark.parametrize(
    "columns",
    [
        ("verdict", "score", "p_value", "reason", "group"),
        ("verdict", "score", "reason", "group"),
        ("score", "outlier", "audit_verdict", "audit_score", "audit_reason", "audit_group"),
    ],
)
def test_what_clean_and_score_have_appended_is_not_learnt(folder, columns):
    done = run("fit", judged(folder / "judged.csv", *columns), "-o", "a", *SMALL)
    assert f"Warning: left out '{columns[0]}', " in done.output
    run("fit", judged(folder / "plain.csv"), "-o", "b", *SMALL)
    encoders = [robustgen.load(name)[0] for name in ("a", "b")]
    assert [list(encoder.feature_names_in_) for encoder in encoders] == [["heat", "fuel"]] * 2


def test_columns_of_such_names_among_others_are_learnt(folder):
    table = pd.read_csv(judged(folder / "plain.csv", "score"))
    table[["score", "heat", "fuel"]].to_csv("plain.csv", index=False)
    run("fit", "plain.csv", "-o", "a", *SMALL)
    assert "score" in robustgen.load("a")[0].feature_names_in_


def test_clean_says_how_columns_were_read(european):
    done = run("clean", european, "-o", "t.csv", "--folds", 0, *SMALL, "--na", "-")
    assert "Note: column 'price' is read as " in done.output


def test_a_review_of_the_standard_input_is_refused(folder):
    done = CliRunner().invoke(main, ["review", "-"], input="a\n1\n")
    assert done.exit_code == 2
    assert "got -, expected a file" in done.output


def test_a_rate_that_cannot_be_reached_is_said_so(folder):
    data = judged(folder / "plain.csv")
    run("fit", data, "-o", "model", "--calibration", 0.1, *SMALL)
    done = run("score", "model", data, "-o", "s.csv", "--fdr", 0.1)
    assert (
        "no row can be discovered at a rate of 0.1 by 6 calibration rows: 9 or more are needed" in done.output
    )


def test_an_excel_table_is_read_as_its_csv_is(folder):
    table = pd.read_csv(judged(folder / "plain.csv"))
    table["seen"] = pd.date_range("2024-01-01", periods=len(table))
    table.loc[3, "heat"] = np.nan
    table.to_csv("plain.csv", index=False)
    table.to_excel("plain.xlsx", index=False)
    run("fit", "plain.xlsx", "-o", "model", *SMALL)
    for name in ("plain.xlsx", "plain.csv"):
        run("score", "model", name, "-o", f"{name}.csv")
    scores = [pd.read_csv(f"plain.{ending}.csv")["score"] for ending in ("xlsx", "csv")]
    np.testing.assert_allclose(*scores, rtol=1e-9)
