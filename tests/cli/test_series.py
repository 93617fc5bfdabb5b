"""A series by its file: windows are learnt, points are scored, rows come back as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import robustgen
from robustgen.cli.main import main

SMALL = ("-d", "autoencoder", "--set", "epochs=5", "--window", 32)


@pytest.fixture
def sensor(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    values = np.sin(2 * np.pi * np.arange(900)[:, None] / 25) + 0.05 * rng.normal(size=(900, 2))
    values[600:606, 1] += 3
    stamps = pd.date_range("2026-01-01", periods=900, freq="min")
    pd.DataFrame({"stamp": stamps, "heat": values[:, 0], "flow": values[:, 1]}).to_csv(
        "sensor.csv", index=False
    )
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_points_come_back_with_scores_p_values_and_the_channel_that_is_wrong(sensor):
    fitted = run("fit", "sensor.csv", "--time", "stamp", "--calibration", "0.3", *SMALL, "-o", "model")
    assert fitted.exit_code == 0, fitted.output
    assert "SeriesDetector of 900 rows" in fitted.output
    scored = run("score", "model", "sensor.csv", "-o", "scored.csv", "--explain", "1")
    assert scored.exit_code == 0, scored.output
    table, given = pd.read_csv("scored.csv"), pd.read_csv("sensor.csv")
    pd.testing.assert_frame_equal(table[given.columns.tolist()], given)
    np.testing.assert_allclose(
        table["score"], robustgen.load("model").score_samples(given), rtol=1e-6, atol=1e-8
    )
    faulty = table[600:606]
    assert faulty["outlier"].all()
    assert faulty["reason"].str.startswith("flow").all()
    assert faulty["p_value"].max() == table["p_value"].min()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--time", "stamp"), "got --time stamp without --window"),
        (("--time", "when", "--window", 32), "got no column 'when', expected one with the time"),
        (("--window", 32), "name the column of the time"),
        (("--time", "stamp", "--window", 2000), "got a series of 900 points, expected 2000 or more"),
        (("--time", "stamp", "--window", 32, "--ignore", "flow"), "got --ignore with --window"),
    ],
)
def test_what_makes_no_series_is_said_in_one_line(sensor, options, message):
    failed = run("fit", "sensor.csv", "-o", "model", *options)
    assert failed.exit_code != 0
    assert message in failed.output
    assert len(failed.output.strip().splitlines()) == 1
