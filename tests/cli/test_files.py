"""`robustgen fit`, `score`, `sample` and `clean`: a user's files in, files out, one line for each fault."""

from __future__ import annotations

import html
import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image
from scipy.io import wavfile

import robustgen
from robustgen import RSRAE
from robustgen.cli import main
from robustgen.inference.p_values import discoveries

QUICK = ("--set", "epochs=3", "--set", "hidden_dims=[8, 4]", "--set", "latent_dim=2")


def run(*arguments, code=0):
    ended = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert ended.exit_code == code, ended.output
    return ended


def refused(*arguments) -> str:
    ended = run(*arguments, code=2)
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    return ended.stderr


@pytest.fixture
def boilers():
    """60 boilers, heat and pressure in line, and 6 that are not."""
    rng = np.random.default_rng(0)
    heat = rng.normal(60, 5, size=66)
    table = pd.DataFrame(
        {
            "id": [f"boiler {i}" for i in range(66)],
            "heat": heat.round(2),
            "pressure": (heat / 10 + rng.normal(0, 0.1, size=66)).round(3),
            "fuel": rng.choice(["oil", "gas"], size=66),
            "on": rng.random(66) < 0.9,
            "seen": pd.date_range("2024-01-01", periods=66).strftime("%Y-%m-%d"),
        }
    )
    table.loc[60:, "pressure"] = 40.0
    table.loc[5, "fuel"] = None
    return table


@pytest.fixture
def data(tmp_path, boilers):
    boilers.to_csv(tmp_path / "boilers.csv", index=False)
    return tmp_path / "boilers.csv"


@pytest.fixture
def model(tmp_path, data):
    run("fit", data, "-o", tmp_path / "model", "-d", "rsrae", "--ignore", "id", *QUICK)
    return tmp_path / "model"


def test_rows_come_back_with_scores(tmp_path, data, model, boilers):
    ended = run("score", model, data, "-o", tmp_path / "scored.csv")
    scored = pd.read_csv(tmp_path / "scored.csv")
    assert list(scored) == [*boilers, "score", "outlier"]
    pd.testing.assert_frame_equal(scored[list(boilers)], pd.read_csv(data))
    loaded = robustgen.load(model)
    np.testing.assert_allclose(scored["score"], loaded.score_samples(boilers), rtol=1e-9)
    np.testing.assert_array_equal(scored["outlier"], loaded.predict(boilers) == -1)
    assert f"66 rows, {scored['outlier'].sum()} outliers" in ended.output


def test_the_reason_names_the_column_that_is_out_of_line(tmp_path, data, model):
    page = tmp_path / "page.html"
    run("score", model, data, "-o", tmp_path / "scored.csv", "--explain", 2, "--report", page)
    scored = pd.read_csv(tmp_path / "scored.csv").set_index("id")
    assert f"of the {len(scored)} rows of" in page.read_text()
    assert "the model's threshold" in html.unescape(page.read_text())
    reason = scored.loc["boiler 62", "reason"]
    assert reason.startswith("pressure = 40 (")
    assert reason.count(" %)") == 2
    assert scored["reason"].isna().equals(~scored["outlier"])


def test_a_category_is_the_same_among_numbers_and_among_words(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"code": rng.choice(["0123", "A7", "B8"], 60), "heat": rng.normal(size=60)})
    table.to_csv(tmp_path / "rows.csv", index=False)
    run("fit", tmp_path / "rows.csv", "-o", tmp_path / "model", *QUICK)
    scores = []
    for name, last in (("numbers", "0123,1"), ("words", "A7,1"), ("gaps", ",1")):
        (tmp_path / f"{name}.csv").write_text(f"code,heat\n0123,0.5\n{last}\n")
        run("score", tmp_path / "model", tmp_path / f"{name}.csv", "-o", tmp_path / "scored.csv")
        scores.append(pd.read_csv(tmp_path / "scored.csv")["score"][0])
    assert scores == [scores[0]] * 3


def test_the_seed_decides_the_scores(tmp_path, data):
    for name in ("a", "b"):
        run("fit", data, "-o", tmp_path / name, "--ignore", "id", "--random-state", 7, *QUICK)
        run("score", tmp_path / name, data, "-o", tmp_path / f"{name}.csv")
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()


def test_parameters_are_read_as_what_they_look_like(tmp_path, data):
    settings = ("--set", "scaling=none", "--set", "loss=l21", "--set", "robust=true", *QUICK)
    run("fit", data, "-o", tmp_path / "model", "-d", "autoencoder", "--ignore", "id", *settings)
    detector = robustgen.load(tmp_path / "model")[-1]
    read = (detector.scaling, detector.loss, detector.robust, detector.epochs, detector.hidden_dims)
    assert read == (None, "l21", True, 3, [8, 4])


def test_a_calibrated_model_gives_p_values_and_a_false_discovery_rate(tmp_path, data):
    run("fit", data, "-o", tmp_path / "model", "--ignore", "id", "--calibration", 0.5, *QUICK)
    page = tmp_path / "page.html"
    run("score", tmp_path / "model", data, "-o", tmp_path / "scored.csv", "--fdr", 0.2, "--report", page)
    assert "at most 20 % of these false" in page.read_text()
    scored = pd.read_csv(tmp_path / "scored.csv")
    conformal = robustgen.load(tmp_path / "model")
    np.testing.assert_allclose(scored["p_value"], conformal.p_values(pd.read_csv(data)), rtol=1e-9)
    np.testing.assert_array_equal(scored["outlier"], discoveries(scored["p_value"].to_numpy(), 0.2))


def test_equal_rows_are_told_the_same_one_by_one_and_together(tmp_path):
    """A tie at the threshold stays one, for the decision and the p-value, whatever rows stand beside it."""
    table = pd.DataFrame({"a": np.ones(60), "b": np.r_[2.0, np.ones(59)], "c": np.ones(60)})
    table.to_csv(tmp_path / "rows.csv", index=False)
    table[1:2].to_csv(tmp_path / "one.csv", index=False)
    fit = ("fit", tmp_path / "rows.csv", "-o", tmp_path / "model", "-d", "rsrae", "--calibration", 0.5)
    run(*fit, *QUICK)
    scored = []
    for name in ("rows", "one"):
        run("score", tmp_path / "model", tmp_path / f"{name}.csv", "-o", tmp_path / "scored.csv")
        scored.append(pd.read_csv(tmp_path / "scored.csv"))
    together, alone = scored
    assert together["outlier"][1:].nunique() == together["p_value"][1:].nunique() == 1
    assert alone["outlier"][0] == together["outlier"][1]
    assert alone["p_value"][0] == together["p_value"][1]


def test_samples_of_a_table_are_a_table(tmp_path, data, boilers):
    run("fit", data, "-o", tmp_path / "model", "-d", "vae", "--ignore", "id", *QUICK)
    run("sample", tmp_path / "model", "-n", 5, "-o", tmp_path / "new.csv")
    new = pd.read_csv(tmp_path / "new.csv")
    assert list(new) == ["heat", "pressure", "fuel", "on", "seen"]
    assert set(new["fuel"]) <= {"oil", "gas"}
    assert len(new) == 5


QUICK_IMAGES = ("-d", "vae", "--set", "epochs=1")


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for place, pixels in enumerate(np.random.default_rng(0).integers(0, 256, (12, 8, 8), dtype=np.uint8)):
        Image.fromarray(pixels).save(folder / f"{place:02}.png")
    return folder


def test_images_are_scored_cleaned_and_sampled(tmp_path, images):
    run("fit", images, "-o", tmp_path / "model", "-d", "vae", "--set", "epochs=1")
    run("score", tmp_path / "model", images, "-o", tmp_path / "scored.csv")
    assert pd.read_csv(tmp_path / "scored.csv")["file"].tolist() == [f"{i:02}.png" for i in range(12)]
    run("sample", tmp_path / "model", "-n", 5, "-o", tmp_path / "grid.png")
    with Image.open(tmp_path / "grid.png") as grid:
        assert grid.size == (24, 16)  # three by two images
    run("clean", images, "-o", tmp_path / "kept", "-d", "vae", "--set", "epochs=1", "--remove", 0.25,
        *("--report", tmp_path / "audit.html", "--folds", 2))  # fmt: skip
    assert len(list((tmp_path / "kept").iterdir())) == 9
    page = (tmp_path / "audit.html").read_text()
    assert page.count('<g id="drawn-') == 12  # each once
    assert "<b>00.png</b>" in page
    assert '"options": " --folds 2 --detector vae --set epochs=1"' in page


def test_the_page_of_odd_images_says_how_they_were_read_and_one_image_is_refused(tmp_path, images):
    Image.new("RGBA", (9, 5)).save(images / "00.png")
    report = ("--report", tmp_path / "audit.html", "--folds", 0)
    ended = run("clean", images, "-o", tmp_path / "s.csv", *report, "--resize", "8x6", *QUICK_IMAGES)
    again = "-o kept --folds 0 --resize 8x6 --detector vae --set epochs=1 --remove decision.csv"
    assert again in ended.output
    assert "--resize 8x6" in (tmp_path / "audit.html").read_text()
    alone = tmp_path / "alone"
    alone.mkdir()
    Image.new("L", (9, 5)).save(alone / "00.png")
    assert "minimum of 2" in refused("clean", alone, "-o", tmp_path / "t.csv", *report, *QUICK_IMAGES)


def test_arrays_and_parquet_too(tmp_path, boilers):
    boilers.drop(columns="id").to_parquet(tmp_path / "rows.parquet")
    np.save(tmp_path / "rows.npy", boilers[["heat", "pressure"]].to_numpy())
    for name, scored, kept in (("rows.parquet", "s.parquet", "k.parquet"), ("rows.npy", "s.csv", "k.npy")):
        run("fit", tmp_path / name, "-o", tmp_path / "model", *QUICK)
        run("score", tmp_path / "model", tmp_path / name, "-o", tmp_path / scored)
        run("clean", tmp_path / name, "-o", tmp_path / kept, "--remove", 0.5, "--folds", 0, *QUICK)
    assert "score" in pd.read_parquet(tmp_path / "s.parquet")
    assert np.load(tmp_path / "k.npy").shape == (33, 2)


@pytest.mark.parametrize(
    "name", ["rows.csv", "rows.csv.gz", "rows.parquet", "rows.npy", "rows.npz", "images"]
)
@pytest.mark.parametrize("command", ["clean", "score"])
def test_an_input_that_changes_meanwhile_leaves_no_result(
    tmp_path, boilers, images, name, command, monkeypatch
):
    """One number changes while the model learns or scores; size and rows stay the same."""
    table = boilers[["heat", "pressure"]]
    for change in (0.0, 10.0):
        table.loc[3, "heat"] = 50 + change
        WRITERS[name](tmp_path / name, table.round(3))
        if change == 0 and command == "score":
            run("fit", tmp_path / name, "-o", tmp_path / "model", "-d", "rsrae", *QUICK)
        if change == 0:
            before = sorted(path for path in tmp_path.rglob("*"))
            original = (tmp_path / name).read_bytes() if name != "images" else None
    changed = (tmp_path / name).read_bytes() if name != "images" else b"another"
    if original is not None:
        (tmp_path / name).write_bytes(original)

    real = RSRAE.score_samples if command == "score" else RSRAE.fit

    def meanwhile(*arguments):
        found = real(*arguments)
        (images / "05.png" if name == "images" else tmp_path / name).write_bytes(changed)
        return found

    monkeypatch.setattr(RSRAE, "score_samples" if command == "score" else "fit", meanwhile)
    if command == "score" and name == "images":
        ended = run("score", tmp_path / "model", images, "-o", tmp_path / "s.csv")  # the pixels are in memory
        assert ended.exit_code == 0
        return
    first = (tmp_path / "model", tmp_path / name) if command == "score" else (tmp_path / name, *KEEPING)
    ending = ".csv" if command == "score" and name in ("rows.npy", "rows.npz") else name.removeprefix("rows")
    quick = () if command == "score" else ("-d", "rsrae", *QUICK)
    assert "has changed while it was read" in refused(
        command, *first, "-o", tmp_path / f"out{ending}", *quick
    )
    assert sorted(path for path in tmp_path.rglob("*")) == before


KEEPING = ("--remove", 0.1, "--folds", 0)
WRITERS = {
    "rows.csv": lambda path, table: table.to_csv(path, index=False),
    "rows.csv.gz": lambda path, table: table.to_csv(path, index=False),
    "rows.parquet": lambda path, table: table.to_parquet(path),
    "rows.npy": lambda path, table: np.save(path, table.to_numpy()),
    "rows.npz": lambda path, table: np.savez(path, X=table.to_numpy()),
    "images": lambda path, table: None,
}


def test_clean_reads_its_table_twice(tmp_path, data, monkeypatch):
    opened = []
    real = Path.open

    def noted(self, *arguments, **options):
        if self == data:
            opened.append(arguments)
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", noted)
    arguments = ("--removed", tmp_path / "r.csv", "--report", tmp_path / "a.html")
    run("clean", data, "-o", tmp_path / "k.csv", *KEEPING, *arguments, *QUICK)
    run("clean", data, "-o", tmp_path / "t.csv", "--folds", 0, *QUICK)
    assert len(opened) == 4


def test_a_cell_of_any_length_and_a_quoted_line_after_a_space_come_back(tmp_path):
    rows = [f"{i}, {'x' * 140_000 if i == 3 else 'x y'}" for i in range(40)]
    text = "a, b\n" + "\n".join(rows) + '\n5, "line\nbreak"\n'
    (tmp_path / "d.csv").write_text(text)
    run(
        "clean",
        tmp_path / "d.csv",
        "-o",
        tmp_path / "k.csv",
        *KEEPING,
        "--removed",
        tmp_path / "r.csv",
        *QUICK,
    )
    removed = (tmp_path / "r.csv").read_text()
    kept = (tmp_path / "k.csv").read_text()
    assert kept.count("\n") + removed.count("\n") == text.count("\n") + 1  # two headers
    run("fit", tmp_path / "d.csv", "-o", tmp_path / "m", *QUICK)
    run("score", tmp_path / "m", tmp_path / "d.csv", "-o", tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_text().startswith("a, b,score,outlier\n0, x y,")


def test_reasons_are_no_formulas(tmp_path, boilers):
    table = boilers.drop(columns="id").rename(columns={"pressure": "=cmd|' /C calc'!A0"})
    table.to_csv(tmp_path / "d.csv", index=False)
    run("clean", tmp_path / "d.csv", "-o", tmp_path / "t.csv", "--folds", 0, *QUICK)
    reasons = pd.read_csv(tmp_path / "t.csv")["reason"].dropna()
    assert reasons.str.startswith("'=cmd").any()
    assert not reasons.str.startswith("=").any()


def test_a_name_that_is_no_utf_8_is_written_with_escapes(tmp_path, images):
    (images / "07.png").rename(images / os.fsdecode(b"caf\xe9.png"))
    (images / "08.png").rename(images / "=8.png")
    run("fit", images, "-o", tmp_path / "m", "-d", "vae", "--set", "epochs=1")
    run("score", tmp_path / "m", images, "-o", tmp_path / "s.csv")
    names = pd.read_csv(tmp_path / "s.csv")["file"].tolist()
    assert "caf\\xe9.png" in names
    assert "./=8.png" in names
    arguments = ("--removed", tmp_path / "r.csv", "--report", tmp_path / "a.html", "-d", "vae", "--folds", 0)
    run("clean", images, "-o", tmp_path / "kept", *arguments, "--set", "epochs=1", "--remove", 0.01)
    assert (tmp_path / "kept" / os.fsdecode(b"caf\xe9.png")).exists()


@pytest.fixture
def sounds(tmp_path):
    """Ten tones near 440 Hz and two of noise, a quarter of a second at 8 kHz."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    rng = np.random.default_rng(0)
    time = np.arange(400) / 1600
    for place in range(10):
        write_sound(folder / f"{place:02}.wav", 0.5 * np.sin(2 * np.pi * rng.uniform(420, 460) * time), 1600)
    for place in (10, 11):
        write_sound(folder / f"{place:02}.wav", rng.uniform(-0.5, 0.5, 400), 1600)
    return folder


def write_sound(path, wave, rate):
    wavfile.write(path, rate, (32767 * wave).astype(np.int16))


def test_sounds_are_learnt_scored_cleaned_and_sampled(tmp_path, sounds):
    learning = ("-d", "vae", "--set", "epochs=1")
    run("fit", sounds, "-o", tmp_path / "model", *learning)
    assert robustgen.load(tmp_path / "model").rate_ == 1600
    run("score", tmp_path / "model", sounds, "-o", tmp_path / "scored.csv")
    assert list(pd.read_csv(tmp_path / "scored.csv")["file"][:2]) == ["00.wav", "01.wav"]
    run("clean", sounds, "-o", tmp_path / "kept", *learning, "--remove", 0.25, "--folds", 0)
    assert len(list((tmp_path / "kept").glob("*.wav"))) == 9
    run("sample", tmp_path / "model", "-n", 3, "-o", tmp_path / "made.wav")
    rate, wave = wavfile.read(tmp_path / "made.wav")
    assert (rate, len(wave)) == (1600, 3 * (400 + 400))
    run("sample", tmp_path / "model", "-n", 3, "-o", tmp_path / "made")
    assert [path.name for path in sorted((tmp_path / "made").iterdir())] == ["1.wav", "2.wav", "3.wav"]
    run("score", tmp_path / "model", tmp_path / "made", "-o", tmp_path / "again.csv")
    assert "samples of this model are .wav or a folder or .npy" in refused(
        "sample", tmp_path / "model", "-o", tmp_path / "made.png"
    )


def test_the_default_finds_noise_among_tones(tmp_path, sounds):
    run("clean", sounds, "-o", tmp_path / "judged.csv", "--set", "epochs=2", "--folds", 0)
    assert set(pd.read_csv(tmp_path / "judged.csv").nsmallest(2, "score")["file"]) == {"10.wav", "11.wav"}


def test_sounds_of_other_rates_are_resampled_to_what_the_model_has_learnt(tmp_path, sounds):
    run("fit", sounds, "-o", tmp_path / "model", "-d", "vae", "--set", "epochs=1")
    (tmp_path / "fine").mkdir()
    wave = np.stack([np.sin(np.arange(800) / 2)] * 2, axis=1) / 2
    write_sound(tmp_path / "fine" / "a.wav", wave, 3200)
    ended = run("score", tmp_path / "model", tmp_path / "fine", "-o", tmp_path / "scored.csv")
    assert "1 rows" in ended.output
    write_sound(tmp_path / "fine" / "a.wav", wave[:700], 3200)
    assert "got rows of shape (1, 350)" in refused(
        "score", tmp_path / "model", tmp_path / "fine", "-o", tmp_path / "scored.csv"
    )


def test_sounds_that_are_unlike_are_made_alike_or_passed_over_by_every_command(tmp_path, sounds):
    write_sound(sounds / "00.wav", np.zeros((900, 2)), 3200)
    (sounds / "01.wav").write_bytes((sounds / "01.wav").read_bytes()[:30])
    quick = ("-d", "vae", "--set", "epochs=1", "--skip-unreadable")
    assert "--rate 3200" in refused("fit", sounds, "-o", tmp_path / "m", *quick)
    assert "01.wav' is not a readable sound" in refused("fit", sounds, "-o", tmp_path / "m", "--mono")
    options = ("--rate", 1600, "--mono", "--seconds", 0.25)
    ended = run("fit", sounds, "-o", tmp_path / "m", *quick, *options)
    assert "11 rows" in ended.output
    assert "01.wav' is not a readable sound" in ended.output
    run("review", sounds, "--page", tmp_path / "page.html", "-n", 2, *options, "--skip-unreadable")
    assert "data:image/png" in (tmp_path / "page.html").read_text()
    assert "leave out --resize" in refused("fit", sounds, "-o", tmp_path / "m", "--resize", "8x8")
    (tmp_path / "table.csv").write_text("a\n1\n")
    assert "leave out --rate" in refused("fit", tmp_path / "table.csv", "-o", tmp_path / "m", "--rate", 8)


@pytest.mark.parametrize("row_type", ["signals"])
def test_what_rows_of_an_array_are_is_declared(tmp_path, row_type):
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(12, 2, 40)))
    run(
        "fit",
        tmp_path / "rows.npy",
        "-o",
        tmp_path / "m",
        "-d",
        "vae",
        "--set",
        "epochs=1",
        "--row-type",
        row_type,
    )
    assert robustgen.load(tmp_path / "m").row_type_ == row_type
    run("score", tmp_path / "m", tmp_path / "rows.npy", "-o", tmp_path / "s.csv")
    run("sample", tmp_path / "m", "-n", 2, "-o", tmp_path / "made.npy")
    assert np.load(tmp_path / "made.npy").shape == (2, 2, 40)


def test_the_model_decides_whether_images_are_grey(tmp_path, images):
    for place in range(0, 12, 3):
        with Image.open(images / f"{place:02}.png") as image:
            image.convert("RGB").save(images / f"{place:02}.png")
    run("fit", images, "-o", tmp_path / "colour", "-d", "vae", "--set", "epochs=1")
    (tmp_path / "alone").mkdir()
    shutil.copy(images / "01.png", tmp_path / "alone")
    run("score", tmp_path / "colour", images, "-o", tmp_path / "a.csv")
    run("score", tmp_path / "colour", tmp_path / "alone", "-o", tmp_path / "b.csv")
    both = pd.read_csv(tmp_path / "a.csv").set_index("file")["score"]
    np.testing.assert_allclose(pd.read_csv(tmp_path / "b.csv")["score"], both["01.png"], rtol=1e-6)
    run("fit", tmp_path / "alone", images, "-o", tmp_path / "x", code=2)
    shutil.copytree(images, tmp_path / "grey")
    for path in (tmp_path / "grey").iterdir():
        with Image.open(path) as image:
            image.convert("L").save(path)
    run("fit", tmp_path / "grey", "-o", tmp_path / "m", "-d", "vae", "--set", "epochs=1")
    run("score", tmp_path / "m", images, "-o", tmp_path / "c.csv")


def test_odd_images_are_resized_or_passed_over_by_every_command(tmp_path, images):
    Image.new("L", (9, 5)).save(images / "00.png")
    (images / "01.png").write_bytes((images / "01.png").read_bytes()[:60])
    options = ("--resize", "8x6", "--skip-unreadable")
    quick = ("-d", "vae", "--set", "epochs=1")
    assert "--resize 5x9" in refused("fit", images, "-o", tmp_path / "m", *quick, "--skip-unreadable")
    assert "01.png' is not a readable image" in refused(
        "fit", images, "-o", tmp_path / "m", "--resize", "8x6"
    )
    for ended in (
        run("fit", images, "-o", tmp_path / "m", *quick, *options),
        run("score", tmp_path / "m", images, "-o", tmp_path / "s.csv", *options),
        run("clean", images, "-o", tmp_path / "kept", *KEEPING, *quick, *options),
    ):
        assert "; 1 passed over:" in ended.output
        assert "01.png' is not a readable image" in ended.output
    assert len(pd.read_csv(tmp_path / "s.csv")) == 11
    assert "leave out --resize" in refused("fit", tmp_path / "s.csv", "-o", tmp_path / "m", "--resize", "8x8")
    assert "got --resize 8" in refused("fit", images, "-o", tmp_path / "m", "--resize", "8")


def test_a_run_that_is_stopped_ends_in_one_line_and_leaves_nothing(tmp_path, data, monkeypatch):
    def stopped(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(RSRAE, "fit", stopped)
    for command in ("fit", "clean"):
        ended = run(command, data, "-o", tmp_path / "o.csv", "-d", "rsrae", "--ignore", "id", code=130)
        assert ended.stderr == "stopped\n"
    assert list(tmp_path.iterdir()) == [data]


def test_a_warning_of_a_library_is_one_line_without_its_source(tmp_path, data, monkeypatch):
    real = RSRAE.fit

    def warned(*arguments):
        warnings.warn("lbfgs failed\n  to converge", RuntimeWarning, stacklevel=1)
        return real(*arguments)

    monkeypatch.setattr(RSRAE, "fit", warned)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        ended = run("fit", data, "-o", tmp_path / "m", "-d", "rsrae", "--ignore", "id", *QUICK)
    assert ended.stderr == "Warning: lbfgs failed to converge\n"


REMOVED = ("--remove", "0.1", "--removed")
FAULTS = {
    "no such file": (("fit", "nowhere.csv", "-o", "m"), "there is no file 'nowhere.csv'"),
    "no such detector": (("fit", "boilers.csv", "-o", "m", "-d", "rsre"), "did you mean 'rsrae'"),
    "a peer": (("fit", "boilers.csv", "-o", "m", "-d", "knn"), "no detector 'knn' can be saved"),
    "a wrong setting of a group": (
        ("fit", "boilers.csv", "-o", "m", "-d", "maw", "--ignore", "id", "--set", "mixture.etha=0.7"),
        "did you mean 'eta'",
    ),
    "a value and its settings": (
        ("fit", "boilers.csv", "-o", "m", "--set", "robust=true", "--set", "robust.keep=0.7"),
        "got --set robust.keep=0.7 after --set robust=True",
    ),
    "a wrong parameter": (("fit", "boilers.csv", "-o", "m", "--set", "epoch=3"), "did you mean 'epochs'"),
    "no value": (("fit", "boilers.csv", "-o", "m", "--set", "epochs"), "expected key=value"),
    "a wrong value": (("fit", "boilers.csv", "-o", "m", "--ignore", "id", "--set", "epochs=0"), "1 or more"),
    "no share": (("fit", "boilers.csv", "-o", "m", "--contamination", "few"), "a share in (0, 0.5] or auto"),
    "too large a share": (
        ("fit", "boilers.csv", "-o", "m", "--ignore", "id", "--contamination", "0.7"), "contamination=0.7"
    ),
    "no such column": (("fit", "boilers.csv", "-o", "m", "--ignore", "ids"), "did you mean 'id'"),
    "an empty cell": (
        ("fit", "boilers.csv", "-o", "m", "--ignore", "id", "--missing", "refuse"), "row 6, column 'fuel'"
    ),
    "no such folder": (("fit", "boilers.csv", "-o", "no/m"), "there is no folder no"),
    "a calibration of all": (("fit", "boilers.csv", "-o", "m", "--calibration", "1"), "got --calibration 1"),
    "a misspelt model": (("score", "modle", "boilers.csv", "-o", "s.csv"), "did you mean 'model'"),
    "a folder for a model": (("score", ".", "boilers.csv", "-o", "s.csv"), "Error: Is a directory: '.'"),
    "no model": (("score", "boilers.csv", "boilers.csv", "-o", "s.csv"), "is no model of robustgen"),
    "not calibrated": (("score", "model", "boilers.csv", "-o", "s.csv", "--fdr", "0.1"), "--calibration 0.3"),
    "no rate": (("score", "model", "boilers.csv", "-o", "s.csv", "--fdr", "2"), "got --fdr 2"),
    "a missing column": (("score", "model", "less.csv", "-o", "s.csv"), "there is no column 'heat'"),
    "an unknown column": (("score", "model", "more.csv", "-o", "s.csv"), "column 'extra' was not there"),
    "an unreadable cell": (("score", "model", "bad.csv", "-o", "s.csv"), "row 3, column 'heat': got 'hot'"),
    "an array for a table": (("score", "model", "rows.npy", "-o", "s.csv"), "was fitted on a table"),
    "no generator": (("sample", "model", "-o", "s.csv"), "RSRAE, does not generate"),
    "an array without columns": (("fit", "rows.npy", "-o", "m", "--ignore", "id"), "has no columns"),
    "text named Parquet": (("clean", "boilers.csv", "-o", "k.parquet"), "are .csv or .csv.gz"),
    "scores named Parquet": (("score", "model", "boilers.csv", "-o", "s.parquet"), "are .csv or .csv.gz"),
    "a score that is there": (("score", "model", "scored.csv", "-o", "s.csv"), "has a column 'score'"),
    "removed rows with their columns": (
        ("clean", "audited.csv", "-o", "k.csv", *REMOVED, "r.csv"), "has a column 'audit_score'"
    ),
    "two results in one file": (
        ("clean", "boilers.csv", "-o", "k.csv", *REMOVED, "./k.csv"), "give each a name of its own"
    ),
    "a rule that is none": (("clean", "boilers.csv", "-o", "k.csv", "--remove", "all"), "got --remove all"),
    "too large a share to remove": (("clean", "boilers.csv", "-o", "k.csv", "--remove", "0.7"), "(0, 0.5]"),
    "no decisions": (
        ("clean", "boilers.csv", "-o", "k.csv", "--remove", "no.csv"), "there is no file 'no.csv'"
    ),
    "removed rows of no removal": (
        ("clean", "boilers.csv", "-o", "k.csv", "--removed", "r.csv"), "--removed without --remove"
    ),
    "one fold": (("clean", "boilers.csv", "-o", "k.csv", "--folds", "1"), "0 or a number of 2 or more"),
    "a rate without p-values": (
        ("clean", "boilers.csv", "-o", "k.csv", "--folds", "0", "--remove", "fdr=0.1"), "needs p-values"
    ),
    "one row": (("fit", "one.npy", "-o", "m"), "minimum of 2"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), FAULTS.values(), ids=FAULTS)
def test_what_a_user_can_mend_is_one_line_and_leaves_no_file(
    tmp_path, model, boilers, monkeypatch, arguments, message
):
    boilers.drop(columns="heat").to_csv(tmp_path / "less.csv", index=False)
    boilers.assign(extra=1).to_csv(tmp_path / "more.csv", index=False)
    boilers.assign(heat=["1", "2", "hot", *["4"] * 63]).to_csv(tmp_path / "bad.csv", index=False)
    boilers.assign(score=1, outlier=0).to_csv(tmp_path / "scored.csv", index=False)
    boilers.assign(score=1, audit_score=0).to_csv(tmp_path / "audited.csv", index=False)
    np.save(tmp_path / "rows.npy", np.ones((5, 2)))
    np.save(tmp_path / "one.npy", np.ones((1, 2)))
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert message in refused(*arguments)
    assert sorted(tmp_path.iterdir()) == before


def test_samples_need_an_ending_that_fits(tmp_path, data):
    run("fit", data, "-o", tmp_path / "model", "-d", "vae", "--ignore", "id", *QUICK)
    assert "are .csv" in refused("sample", tmp_path / "model", "-o", tmp_path / "grid.png")


def test_fit_says_which_column_names_the_rows(tmp_path, data):
    ended = run("fit", data, "-o", tmp_path / "model", *QUICK)
    assert "left out 'id'" in ended.output
