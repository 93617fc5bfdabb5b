"""Names of detectors, and what is handed to their constructors."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
