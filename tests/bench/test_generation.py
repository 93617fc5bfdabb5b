"""The task "generation": samples are measured, pictured and reported."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from sklearn.datasets import load_digits

from robustgen.bench.cell import run_cell
from robustgen.bench.folder import RunFolder
from robustgen.bench.generation import N_PICTURED, N_SAMPLES, SampleClassifier
from robustgen.bench.runner import Options, run_suite
from robustgen.bench.spec import Cell, DatasetSpec, Suite
from robustgen.bench.suites import read_suite
from robustgen.reporting import build_report
from tests.bench.suites import detector

HONEST, NOISY = detector("Parrot"), detector("Noise")
CELL = Cell("digits", "4", 0.3, 0, HONEST, task="generation")


def test_a_generator_that_repeats_its_training_rows_has_their_corruption():
    dirty, clean = (run_cell(Cell(**{**vars(CELL), "clean": clean})) for clean in (False, True))
    assert dirty.status == clean.status == "ok"
    assert dirty.metrics["inlier_fraction"] == pytest.approx(0.7, abs=0.06)
    assert clean.metrics["inlier_fraction"] > 0.93
    assert clean.metrics["frechet"] < dirty.metrics["frechet"]
    assert clean.metrics["density"] > 0.7


def test_noise_is_taken_for_noise():
    noise, honest = run_cell(Cell(**{**vars(CELL), "detector": NOISY})).metrics, run_cell(CELL).metrics
    assert noise["frechet"] > 2 * honest["frechet"]
    assert noise["coverage"] < honest["coverage"] / 2


def test_the_first_samples_are_kept():
    record = run_cell(CELL)
    assert record.samples["shape"] == [N_PICTURED, 8, 8]
    assert len(base64.b64decode(record.samples["pixels"])) == N_PICTURED * 64
    assert record.rows_per_second == pytest.approx(N_SAMPLES / record.score_seconds)


def test_a_detector_that_cannot_generate_fails_with_one_clear_line():
    record = run_cell(Cell(**{**vars(CELL), "detector": detector("Centre")}))
    assert record.status == "failed"
    assert "'centre' cannot generate: got no method sample" in record.message


def test_the_task_is_part_of_a_cells_key():
    assert CELL.key != Cell(**{**vars(CELL), "task": "detection"}).key


def test_the_classifier_knows_clean_labels():
    digits = load_digits()
    X, y = digits.images, digits.target
    classifier = SampleClassifier(0).fit(X[:1000], y[:1000], y[:1000] == 4)
    assert (classifier.accepts(X[1000:]) == (y[1000:] == 4)).mean() > 0.95
    assert classifier.features(X[:3]).shape == (3, 32)


def test_a_run_ends_in_a_report_with_pages_of_samples(tmp_path):
    sets = (DatasetSpec("digits", ("4",)),)
    suite = Suite("made", sets, (HONEST, NOISY), task="generation", corruption=(0.3,), baseline=None)
    records = run_suite(suite, RunFolder(tmp_path), Options(jobs=1))
    oracle, dirty = 0.0, 0.3
    assert {(one.detector, one.corruption) for one in records} == {
        (name, corruption) for name in ("parrot", "noise") for corruption in (oracle, dirty)
    }
    page = build_report(tmp_path).read_text(encoding="utf-8")
    assert "Trained at corruption 0.3, " in page
    assert (tmp_path / "figures" / "samples-1.png").stat().st_size > 1000
    assert "inlier_fraction" in (tmp_path / "metrics.csv").read_text(encoding="utf-8")
    assert "Recovered is" not in (tmp_path / "report.md").read_text(encoding="utf-8")
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["suite"]["task"] == "generation"


def test_the_built_in_suite_can_be_drawn():
    suite = read_suite("generation")
    assert {cell.task for cell in suite.cells()} == {"generation"}
    assert np.isin([cell.corruption for cell in suite.cells()], [0.0, 0.3]).all()
