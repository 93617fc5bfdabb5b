"""Names of detectors, and what is handed to their constructors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, OutlierMixin

from robustgen._checks import UsageError
from robustgen.peers import PyODPeer, SklearnPeer
from robustgen.registry import DETECTORS, build, resolve


def test_variants_of_a_detector_are_parameters_of_one_class():
    assert resolve("rsrae").use == resolve("rsrae+").use == resolve("rsrae-robust").use
    assert resolve("rsrae-robust").parameters == {"robust": True}


def test_parameters_of_a_suite_are_stronger_than_those_of_the_name():
    spec = resolve("mine", use="rsrae+", parameters={"mode": "alternating", "epochs": 3})
    assert spec.name == "mine"
    assert spec.parameters == {"mode": "alternating", "epochs": 3}


def test_an_address_is_a_detector():
    assert resolve("tests.bench.stubs:Centre").use == "tests.bench.stubs:Centre"


@pytest.mark.parametrize(("name", "near"), [("rsre", "'rsrae'"), ("KNN", "'knn'"), ("isolation", "iforest")])
def test_an_unknown_detector_gets_the_nearest_names_or_all(name, near):
    with pytest.raises(UsageError, match=f"unknown detector '{name}'.*{near}"):
        resolve(name)


def test_the_seed_and_the_device_go_where_they_are_taken():
    seeded = build(resolve("tests.bench.stubs:Centre"), random_state=7, device="cpu")
    placed = build(resolve("tests.bench.stubs:Recorder"), random_state=7, device="cpu")
    assert seeded.random_state == 7
    assert placed.device == "cpu"
    assert build(resolve("tests.bench.stubs:Recorder")).device == "auto"


def test_a_seed_of_the_suite_is_kept():
    fixed = resolve("fixed", use="tests.bench.stubs:Centre", parameters={"random_state": 1})
    assert build(fixed, random_state=7).random_state == 1


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        ("pyod.models.copod:COPOD", PyODPeer),
        ("sklearn.ensemble:IsolationForest", SklearnPeer),
    ],
)
def test_detectors_of_other_libraries_come_as_peers(address, peer):
    assert type(build(resolve(address), random_state=3)) is peer
    assert build(resolve(address), random_state=3).random_state == 3


@pytest.mark.parametrize(
    ("address", "parameters", "message"),
    [
        ("nowhere.at.all:Thing", {}, "cannot be imported"),
        ("tests.bench.stubs:Nothing", {}, "has no 'Nothing'"),
        (":Centre", {}, "cannot be imported"),
        ("tests.bench.stubs:Centre", {"depth": 3}, "has no parameter .depth."),
        ("tests.bench.stubs:Scoreless", {}, "score_samples or decision_function"),
        ("tests.bench.stubs:os", {}, "is no class"),
    ],
)
def test_what_cannot_be_built_says_why(address, parameters, message):
    with pytest.raises(UsageError, match=message):
        build(resolve("mine", use=address, parameters=parameters))


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_of_the_registry_can_be_built(name):
    assert hasattr(build(DETECTORS[name], random_state=0), "score_samples")


def test_a_name_costs_no_import():
    code = (
        "import sys; from robustgen.registry import resolve; resolve('rsrae');"
        "sys.exit(any(m in sys.modules for m in ('torch', 'pyod', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_detector_is_built_without_the_bench():
    code = (
        "import sys; from robustgen.registry import build, resolve; build(resolve('rsrae'));"
        "sys.exit(any(m.startswith(('robustgen.bench', 'robustgen.reporting')) for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("group", [{"etha": 0.7}, 0.7])
def test_a_wrong_group_of_settings_is_named_where_it_is_fitted(group):
    with pytest.raises(UsageError, match="mixture"):
        build(resolve("maw", parameters={"mixture": group})).fit([[0.0], [1.0]])


class Measured:
    """Scores a row by its first entry, and remembers what it was given."""

    def fit(self, X):
        self.given_ = X
        return self

    def decision_function(self, X):
        return X[:, 0]


class OfImages(Measured, OutlierMixin, BaseEstimator):
    """The same, but takes images."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def test_a_detector_of_anyone_gets_vectors_unless_it_takes_images():
    images = np.zeros((5, 4, 4), dtype=np.uint8)
    vectors = build(resolve(f"{__name__}:Measured")).fit(images)
    assert (vectors.given_.shape, vectors.given_.dtype) == ((5, 16), np.float64)
    assert not hasattr(vectors, "predict")
    assert build(resolve(f"{__name__}:OfImages")).fit(images).given_.shape == (5, 4, 4)


LAUNCH = """
from pathlib import Path
from robustgen.bench.folder import RunFolder
from robustgen.bench.runner import Options, run_suite
from tests.bench.suites import small_suite
from robustgen.registry import resolve

if __name__ == "__main__":
    suite = small_suite(resolve("own_detector:Middle"), corruption=(0.0,))
    records = run_suite(suite, RunFolder(Path("run")), Options(jobs=1))
    print({(one.detector, one.status, one.message) for one in records})
"""


def test_a_file_in_the_current_directory_is_found_in_child_processes_too(tmp_path):
    (tmp_path / "own_detector.py").write_text(
        "class Middle:\n"
        "    def fit(self, X):\n"
        "        self.middle_ = X.mean(axis=0)\n"
        "        return self\n"
        "    def score_samples(self, X):\n"
        "        return -((X - self.middle_) ** 2).sum(axis=1)\n"
    )
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "launch.py").write_text(LAUNCH)  # like a console script, it lies elsewhere
    command = [sys.executable, "scripts/launch.py"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "{('own_detector:Middle', 'ok', None)}", done.stderr


def test_a_module_that_itself_misses_another_is_said_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "own_broken.py").write_text("import not_there_at_all\n")
    with pytest.raises(UsageError, match="No module named 'not_there_at_all'"):
        build(resolve("own_broken:Thing"))
