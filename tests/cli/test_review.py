"""`robustgen review`: the conversation, the page, and what other commands make of the answers."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

import robustgen
from robustgen.cli import main
from robustgen.inputs.answers import contents

QUICK = ("--set", "epochs=3", "--set", "hidden_dims=[8, 4]", "--set", "latent_dim=2")


def run(*arguments, code=0, keys=None):
    ended = CliRunner().invoke(
        main, [str(argument) for argument in arguments], input=keys, catch_exceptions=False
    )
    assert ended.exit_code == code, ended.output
    return ended


@pytest.fixture
def boilers():
    """210 boilers, 60 of them of another make, alike among each other."""
    rng = np.random.default_rng(0)
    other = np.arange(210) >= 150
    heat = np.where(other, 90 + 0.2 * rng.normal(size=210), rng.normal(60, 5, size=210))
    return pd.DataFrame(
        {
            "heat": heat.round(2),
            "pressure": (heat / 10 + rng.normal(0, 0.1, size=210)).round(3),
            "flow": (other * 4 + rng.normal(0, 1, size=210) * np.where(other, 0.1, 1)).round(3),
            "fuel": rng.choice(["oil", "gas"], size=210),
        }
    )


@pytest.fixture
def data(tmp_path, boilers):
    boilers.to_csv(tmp_path / "boilers.csv", index=False)
    return tmp_path / "boilers.csv"


@pytest.fixture
def answers(tmp_path):
    return tmp_path / "answers.csv"


def said(path) -> list[str]:
    return pd.read_csv(path)["answer"].tolist()


def judged(data, answers, boilers, n=6):
    """Let a person who knows it all answer: the makes differ in their heat."""
    run("review", data, "-o", answers, "-n", n, keys="?" * n)
    table = pd.read_csv(answers)
    table["answer"] = np.where(boilers["heat"][table["row"] - 1] > 80, "outlier", "normal")
    table.to_csv(answers, index=False)


def test_rows_are_shown_with_their_group_and_what_is_odd_and_answers_are_written(data, answers):
    ended = run("review", data, "-o", answers, "-n", 4, keys="no?n")
    assert re.search(r"Row \d+ \(1 of 4\)\nIt stands for \d+ rows \(\d+ %\)", ended.output)
    assert "nearest normal row" in ended.output
    assert all(column in ended.output for column in ("heat", "pressure", "flow", "fuel"))
    assert said(answers) == ["normal", "outlier", "unsure", "normal"]
    assert "4 rows judged (2 normal, 1 outlier, 1 unsure)" in ended.output
    assert re.search(r"\d+ rows to learn from, \d+ left out; estimated contamination \d+ % \(", ended.output)
    assert "more answers would" in ended.output.lower()


def test_back_answers_anew_and_other_keys_mean_nothing(data, answers):
    run("review", data, "-o", answers, "-n", 3, keys="xnbo zns")
    assert said(answers) == ["outlier", "normal"]


def test_a_conversation_goes_on_where_it_stopped_and_then_asks_more(data, answers):
    run("review", data, "-o", answers, "-n", 4, keys="ns")
    ended = run("review", data, "-o", answers, "-n", 4, keys="noo")
    assert "(1 of 3)" in ended.output
    assert said(answers) == ["normal", "normal", "outlier", "outlier"]
    run("review", data, "-o", answers, "-n", 4, keys="nnnn")
    assert len(said(answers)) == 8
    assert pd.read_csv(answers)["row"].is_unique


def test_the_end_of_the_input_stops(data, answers):
    run("review", data, "-o", answers, "-n", 4, keys="n")
    assert said(answers) == ["normal"]


def test_nothing_is_lost_on_ctrl_c_in_a_terminal(data, answers):
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "robustgen", "review", data, "-o", answers, "-n", "4"]
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower) as process:
        os.close(follower)
        _until(leader, b"(1 of 4)", b"[s]top: ")
        _press(leader, b"o")
        _until(leader, b"(2 of 4)", b"[s]top: ")
        _press(leader, b"\x03")
        _until(leader, b"stopped")
        os.close(leader)
        assert process.wait(timeout=120) == 130
    assert said(answers) == ["outlier"]


def _press(leader, key):
    """Press a key once the command waits for one: what is typed before is thrown away."""
    while termios.tcgetattr(leader)[3] & termios.ICANON:
        time.sleep(0.01)
    os.write(leader, key)


def _until(leader, *expected):
    seen, deadline = b"", time.monotonic() + 120
    while not all(text in seen for text in expected):
        assert time.monotonic() < deadline, seen
        if select.select([leader], [], [], 1)[0]:
            seen += os.read(leader, 4096)


def test_answers_change_what_is_cleaned(tmp_path, data, answers, boilers):
    judged(data, answers, boilers)
    rule = ("--remove", "verdict", "--folds", 0)
    run("clean", data, "-o", tmp_path / "clean.csv", "--answers", answers, *rule, *QUICK)
    kept = pd.read_csv(tmp_path / "clean.csv")
    assert (kept["heat"] > 80).sum() == 0
    assert (kept["heat"] < 80).sum() > 130


def test_answers_serve_fit_after_rows_were_shuffled(tmp_path, data, answers, boilers):
    judged(data, answers, boilers)
    boilers.sample(frac=1, random_state=0).to_csv(tmp_path / "shuffled.csv", index=False)
    ended = run("fit", tmp_path / "shuffled.csv", "-o", tmp_path / "model", "--answers", answers, *QUICK)
    assert re.search(r"estimated contamination 2[0-9]\.[0-9] %", ended.output)
    scores = robustgen.load(tmp_path / "model").score_samples(boilers)
    assert scores[150:].max() < np.median(scores[:150])


def test_score_says_how_the_model_agrees_with_the_answers(tmp_path, data, answers, boilers):
    judged(data, answers, boilers)
    run("fit", data, "-o", tmp_path / "model", "--answers", answers, *QUICK)
    ended = run("score", tmp_path / "model", data, "-o", tmp_path / "scored.csv", "--answers", answers)
    assert "agrees with 6 of 6 answers" in ended.output


@pytest.mark.parametrize("command", ["fit", "clean"])
def test_a_row_that_was_changed_is_named(tmp_path, data, answers, boilers, command):
    judged(data, answers, boilers)
    row = pd.read_csv(answers)["row"][0]
    boilers.loc[row - 1, "heat"] = 1.0
    boilers.to_csv(data, index=False)
    ended = run(command, data, "-o", tmp_path / "out.csv", "--answers", answers, *QUICK, code=2)
    assert f"an answer for row {row}" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_answers_and_calibration_exclude_each_other(tmp_path, data, answers):
    run("review", data, "-o", answers, "-n", 2, keys="no")
    ended = run("fit", data, "-o", tmp_path / "m", "--answers", answers, "--calibration", 0.3, code=2)
    assert "--calibration" in ended.stderr


def questions_on(page) -> dict:
    text = page.read_text(encoding="utf-8")
    assert "http" not in re.sub(r"http-equiv|http://www.w3.org/\S*", "", text)
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])


def test_a_page_holds_the_rows_and_the_answers_so_far(tmp_path, data, answers, boilers):
    run("review", data, "-o", answers, "-n", 3, keys="ns")
    ended = run("review", data, "-o", answers, "-n", 3, "--page", tmp_path / "page.html")
    assert "2 rows to judge" in ended.output
    held = questions_on(tmp_path / "page.html")
    assert [line[1] for line in held["kept"]] == ["normal"]
    hashes = contents(boilers)
    for one in held["asked"]:
        assert one["content"] == hashes[one["place"]]
        assert {cell["column"] for cell in one["cells"]} == {"heat", "pressure", "flow", "fuel"}


def test_images_are_judged_on_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(20):
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(folder / f"{i:02}.png")
    run("review", folder, "-n", 3)
    held = questions_on(tmp_path / "review.html")
    assert all(one["picture"].startswith("data:image/png;base64,") for one in held["asked"])
    assert all(one["name"].endswith(".png") for one in held["asked"])
    assert all(len(one["around"]) == min(5, one["n_rows"] - 1) for one in held["asked"])


def test_an_array_is_shown_by_its_columns(tmp_path, answers):
    np.save(tmp_path / "X.npy", np.random.default_rng(0).normal(size=(40, 3)))
    ended = run("review", tmp_path / "X.npy", "-o", answers, "-n", 2, keys="nn")
    assert "column 3" in ended.output
