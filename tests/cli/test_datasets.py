"""`robustgen datasets`: what there is, where it is, and getting it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from robustgen.cli import main
from robustgen.data import names


@pytest.fixture
def datasets(monkeypatch):
    """Run the command where there is neither a local folder nor a network."""
    monkeypatch.delenv("ROBUSTGEN_DATA", raising=False)
    return lambda *arguments: CliRunner().invoke(main, ["datasets", *arguments])


def test_the_list_has_a_line_for_every_set(datasets):
    told = datasets("list").stdout
    for name in names():
        assert f"\n  {name} " in told
    assert "9.61 % outliers" in told
    assert "10 classes" in told


def test_a_kind_is_listed_alone(datasets):
    told = json.loads(datasets("list", "--kind", "text", "--json").stdout)
    assert {one["name"] for one in told} >= {"reuters21578", "newsgroups20"}
    assert {one["kind"] for one in told} == {"text"}


def test_the_list_says_where_each_set_is(datasets, tmp_path, monkeypatch):
    monkeypatch.setenv("ROBUSTGEN_DATA", str(tmp_path))
    monkeypatch.setenv("ROBUSTGEN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    for file in ("mnist.npz", "cache/cifar10.npz"):
        (tmp_path / file).touch()
    where = {one["name"]: one["where"] for one in json.loads(datasets("list", "--json").stdout)}
    expected = {
        "digits": "scikit-learn",
        "mnist": "folder",
        "cifar10": "cache",
        "covtype": "to fetch",
        "caltech101_32": "by hand",
    }
    assert {name: where[name] for name in expected} == expected


def test_info_tells_all_of_one_set_under_any_of_its_names(datasets):
    told = datasets("info", "cardio").stdout
    for line in ("name:         ad_6_cardio", "rows:         1831", "outlier_rate: 0.09612"):
        assert line in told.splitlines()
    assert "/Classical/6_cardio.npz (no published hash is known)" in told
    assert json.loads(datasets("info", "cardio", "--json").stdout)["shape"] == [21]


def test_fetch_says_where_the_sets_lie(datasets, tmp_path, monkeypatch):
    monkeypatch.setenv("ROBUSTGEN_DATA", str(tmp_path))
    np.savez(tmp_path / "covtype.npz", X=np.zeros((2, 54)), y=np.array([1, 2]))
    ended = datasets("fetch", "digits", "covtype")
    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[:2] == [
        "digits: ships inside scikit-learn",
        f"covtype: {tmp_path / 'covtype.npz'}",
    ]
    assert ended.stdout.splitlines()[2] == "next: robustgen bench --dataset digits"


def test_what_cannot_be_fetched_keeps_nothing_else_from_it(datasets):
    ended = datasets("fetch", "cardio", "caltech101_32", "digits")
    assert ended.exit_code == 1
    assert ended.stdout == "digits: ships inside scikit-learn\n"
    first, second = ended.stderr.splitlines()
    assert first.startswith("Error: ROBUSTGEN_OFFLINE is set")
    assert "'caltech101_32' cannot be built from its source, https://" in second


@pytest.mark.parametrize("command", ["info", "fetch"])
def test_a_misspelt_name_gets_the_nearest_ones(datasets, command):
    ended = datasets(command, "fasion_mnist")
    assert ended.exit_code == 2
    assert ended.stderr.startswith("Error: unknown dataset 'fasion_mnist'; did you mean 'fashion_mnist'")
    assert ended.stderr.count("\n") == 1


def test_a_wrong_kind_lists_the_right_ones(datasets):
    ended = datasets("list", "--kind", "sound")
    assert ended.exit_code == 2
    assert "'tabular', 'image', 'signal', 'clip', 'text', 'embedding'" in ended.stderr


def test_the_example_is_a_table_and_a_file_that_names_its_errors(datasets, tmp_path):
    said = datasets("example", str(tmp_path / "b.csv"), "--label", "faulty").stdout.splitlines()
    table, planted = (pd.read_csv(tmp_path / name) for name in ("b.csv", "b-planted.csv"))
    assert table["faulty"].to_numpy().nonzero()[0].tolist() == (planted["row"] - 1).tolist()
    assert "600 rows, 26 with planted errors" in said[0]
    assert said[-1].startswith("next: robustgen clean ")
