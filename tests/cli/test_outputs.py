"""No command writes over what it reads, by whatever name: it refuses before any work, and changes nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from robustgen.cli import main
from tests.cli.test_bench import SUITE
from tests.reporting import fabricate
from tests.reporting.fabricate import line

QUICK = ("-d", "vae", "--set", "epochs=1", "--set", "hidden_dims=[4]", "--set", "latent_dim=2")


def content(folder: Path) -> dict[str, str]:
    """Return what lies in a folder: the hash of each file, and where each link leads."""
    below = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {
        name: str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in below.items()
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Inputs of every command, each with links to it; what is refused leaves it as it is."""
    here = tmp_path_factory.mktemp("here")
    rng = np.random.default_rng(0)
    pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc")).to_csv(here / "rows.csv", index=False)
    rows = pd.read_csv(here / "rows.csv")
    pd.DataFrame({"row": [1], "answer": ["normal"]}).to_csv(here / "answers.csv", index=False)
    rows.assign(faulty=np.arange(40) % 4 == 0).to_csv(here / "labelled.csv", index=False)
    (here / "tiny.toml").write_text(SUITE)
    ended = CliRunner().invoke(main, ["fit", str(here / "rows.csv"), "-o", str(here / "model"), *QUICK])
    assert ended.exit_code == 0, ended.output
    (here / "images").mkdir()
    for i in range(4):
        Image.fromarray(rng.integers(0, 255, (8, 8), dtype=np.uint8)).save(here / f"images/{i}.png")
    for name in ("run_a", "run_b"):
        fabricate.write(here / name, [line("knn", "wine")], fabricate.manifest())
    (here / "sub").mkdir()
    (here / "sub/up").symlink_to(here)
    for name in INPUTS:
        (here / f"link-{name}").symlink_to(here / name)
        if (here / name).is_file():
            (here / f"hard-{name}").hardlink_to(here / name)
    return here


REMOVED = ("--remove", "0.1", "--removed")
INPUTS = ("rows.csv", "answers.csv", "labelled.csv", "tiny.toml", "model", "images", "run_a", "run_b")
NAMES = {
    "by its name": lambda name, folder: name,
    "by another path": lambda name, folder: f"./sub/../{name}",
    "by its absolute path": lambda name, folder: folder / name,
    "in capitals": lambda name, folder: name.upper(),
    "by a link": lambda name, folder: f"link-{name}",
    "by a hard link": lambda name, folder: f"hard-{name}",
    "by a link to its folder": lambda name, folder: f"sub/up/{name}",
}
BENCH = ("bench", "--detector", "knn", "--data", "labelled.csv", "--label", "faulty")
COMMANDS = {
    "fit -o, data": ("rows.csv", lambda path: ("fit", "rows.csv", "-o", path)),
    "fit -o, answers": (
        "answers.csv", lambda path: ("fit", "rows.csv", "--answers", "answers.csv", "-o", path)
    ),
    "fit -o, images": ("images", lambda path: ("fit", "images", "-o", path)),
    "score -o, data": ("rows.csv", lambda path: ("score", "model", "rows.csv", "-o", path)),
    "score -o, model": ("model", lambda path: ("score", "model", "rows.csv", "-o", path)),
    "score -o, answers": (
        "answers.csv", lambda path: ("score", "model", "rows.csv", "--answers", "answers.csv", "-o", path)
    ),
    "sample -o, model": ("model", lambda path: ("sample", "model", "-o", path)),
    "clean -o, data": ("rows.csv", lambda path: ("clean", "rows.csv", "-o", path)),
    "clean -o, images": ("images", lambda path: ("clean", "images", "-o", path)),
    "clean --removed, data": (
        "rows.csv", lambda path: ("clean", "rows.csv", "-o", "k.csv", *REMOVED, path)
    ),
    "clean --report, data": ("rows.csv", lambda path: ("clean", "rows.csv", "-o", "k.csv", "--report", path)),
    "clean --removed, answers": (
        "answers.csv",
        lambda path: ("clean", "rows.csv", "--answers", "answers.csv", "-o", "k.csv", *REMOVED, path),
    ),
    "review -o, data": ("rows.csv", lambda path: ("review", "rows.csv", "-o", path)),
    "review --page, data": ("rows.csv", lambda path: ("review", "rows.csv", "--page", path)),
    "bench --output, data": ("labelled.csv", lambda path: (*BENCH, "--output", path)),
    "bench --output, suite": ("tiny.toml", lambda path: ("bench", "--suite", "tiny.toml", "--output", path)),
    "bench --output, images": (
        "images", lambda path: ("bench", "--detector", "knn", "--data", "images", "--output", path)
    ),
    "compare --output, a run": ("run_b", lambda path: ("compare", "run_a", "run_b", "--output", path)),
}  # fmt: skip


def refused(folder, monkeypatch, *arguments) -> str:
    monkeypatch.chdir(folder)
    before = content(folder)
    ended = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert ended.exit_code == 2, ended.output
    assert ended.stderr.startswith("Error: got --")
    assert ended.stderr.count("\n") == 1
    assert content(folder) == before
    return ended.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", NAMES)
def test_no_output_is_an_input_by_whatever_name(folder, monkeypatch, command, name):
    read, arguments = COMMANDS[command]
    path = NAMES[name](read, folder)
    if name == "by a hard link" and (folder / read).is_dir():
        pytest.skip("folders have no hard links")
    assert "is the input" in refused(folder, monkeypatch, *arguments(path))


WITHIN = {
    "a model among the images": ("fit", "images", "-o", "images/model"),
    "scores among the images": ("score", "model", "images", "-o", "link-images/s.csv"),
    "a folder within": ("clean", "images", "-o", "images/kept"),
    "a run among the images": ("bench", "--detector", "knn", "--data", "images", "--output", "images/run"),
    "a comparison in a run": ("compare", "run_a", "run_b", "--output", "run_a/compared"),
}


@pytest.mark.parametrize("arguments", WITHIN.values(), ids=WITHIN)
def test_no_output_lies_in_an_input(folder, monkeypatch, arguments):
    assert "which lies in the input" in refused(folder, monkeypatch, *arguments)


@pytest.mark.parametrize("run", [".", "sub/up", "./sub/.."])
@pytest.mark.parametrize("command", [BENCH, ("bench", "--suite", "tiny.toml")], ids=["data", "suite"])
def test_no_run_folder_holds_an_input(folder, monkeypatch, command, run):
    """A report replaces whole folders of it, such as tables/, in which a user's table may lie."""
    assert "which holds the input" in refused(folder, monkeypatch, *command, "--output", run)


TWICE = {
    "kept and removed": ("clean", "rows.csv", "-o", "k.csv", *REMOVED, "./k.csv"),
    "kept and the report": ("clean", "rows.csv", "-o", "k.csv", "--report", "K.csv"),
    "removed and the report": (
        "clean", "rows.csv", "-o", "k.csv", *REMOVED, "r.csv", "--report", "sub/up/r.csv"
    ),
    "answers and the page": ("review", "rows.csv", "-o", "a.csv", "--page", "sub/../a.csv"),
    "answers and the page of images": ("review", "images", "-o", "review.html"),
}  # fmt: skip


@pytest.mark.parametrize("arguments", TWICE.values(), ids=TWICE)
def test_no_output_is_another(folder, monkeypatch, arguments):
    assert "for one file" in refused(folder, monkeypatch, *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "rows.csv", "-o", "sub"),
        ("score", "model", "rows.csv", "-o", "sub"),
        ("sample", "model", "-o", "sub"),
        ("clean", "rows.csv", "-o", "sub"),
        ("clean", "rows.csv", "-o", "k.csv", *REMOVED, "sub"),
        ("clean", "rows.csv", "-o", "k.csv", "--report", "sub"),
        ("clean", "images", "-o", "sub"),
        ("review", "rows.csv", "-o", "sub"),
        ("review", "rows.csv", "--page", "sub"),
        (*BENCH, "--output", "answers.csv"),
        ("compare", "run_a", "run_b", "--output", "answers.csv"),
    ],
    ids=" ".join,
)
def test_no_file_replaces_a_folder_and_no_folder_a_file(folder, monkeypatch, arguments):
    monkeypatch.chdir(folder)
    before = content(folder)
    ended = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert ended.exit_code == 2
    assert ended.stderr.startswith("Error: ")
    assert content(folder) == before
