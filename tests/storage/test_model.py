"""Model files: what comes back is what was saved, and a bad file gets one line."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import robustgen
from robustgen import VQVAE, Autoencoder, CodebookTraining, ConformalDetector, Quantisation, RobustTraining
from robustgen._checks import UsageError
from robustgen._storable import HOMES, addresses
from robustgen.storage import container
from tests.detectors.builders import DETECTORS, grey_images, text, vectors


@pytest.fixture(params=DETECTORS)
def build(request: pytest.FixtureRequest):
    return DETECTORS[request.param]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model"


@pytest.fixture
def saved(path):
    Autoencoder(epochs=1, random_state=0).fit(vectors()).save(path)
    return path


def there_and_back(detector, path):
    robustgen.save(detector, path)
    return robustgen.load(path)


@pytest.mark.parametrize("make", [vectors, grey_images, text], ids=["vectors", "images", "text"])
def test_scores_are_equal_to_the_last_bit(build, make, path):
    X = make()
    detector = build(epochs=2).fit(X)
    loaded = there_and_back(detector, path)
    np.testing.assert_array_equal(loaded.decision_function(X), detector.decision_function(X))
    np.testing.assert_array_equal(loaded.transform(X), detector.transform(X))
    assert type(loaded) is type(detector)
    assert loaded.get_params() == detector.get_params()
    unstored = set(getattr(type(detector), "unstored", ()))
    assert set(vars(loaded)) == set(vars(detector)) - unstored


@pytest.mark.parametrize("name", [name for name, build in DETECTORS.items() if hasattr(build(), "sample")])
def test_samples_are_those_of_the_saved_detector(name, path):
    options = {"prior_epochs": 1} if hasattr(DETECTORS[name](), "prior_epochs") else {}
    detector = DETECTORS[name](epochs=2, **options).fit(vectors())
    expected = detector.sample(5, random_state=0)  # fits a prior where there is one
    np.testing.assert_array_equal(there_and_back(detector, path).sample(5, random_state=0), expected)


def test_a_loaded_detector_is_saved_as_the_same_content(build, path):
    loaded = there_and_back(build(epochs=2).fit(vectors()), path)
    first = container.read(path)
    loaded.save(path)
    second = container.read(path)
    assert second.document == first.document
    for name, array in first.arrays.items():
        np.testing.assert_array_equal(second.arrays[name], array)


def test_history_and_names_come_back(path):
    X = pd.DataFrame(vectors(), columns=list("abcdef"))
    detector = Autoencoder(epochs=3, random_state=0).fit(X).set_output(transform="pandas")
    loaded = there_and_back(detector, path)
    np.testing.assert_array_equal(loaded.history_["reconstruction"], detector.history_["reconstruction"])
    np.testing.assert_array_equal(loaded.history_.stopped_at, detector.history_.stopped_at)
    assert list(loaded.transform(X)) == list(detector.get_feature_names_out())
    with pytest.raises(ValueError, match="feature names"):
        loaded.score_samples(X.rename(columns={"a": "z"}))


def test_a_conditional_prior_comes_back(path):
    detector = VQVAE(quantisation={"n_codes": 8}, epochs=2, prior_epochs=1, random_state=0).fit(vectors())
    detector.fit_prior(labels=np.arange(60) % 3)
    made = detector.sample(4, labels=[0, 1, 2, 0], random_state=0)
    loaded = there_and_back(detector, path)
    np.testing.assert_array_equal(loaded.sample(4, labels=[0, 1, 2, 0], random_state=0), made)


def test_every_kind_of_parameter_comes_back(path):
    parameters = {
        "robust": RobustTraining(keep=0.7, weighting="soft"),
        "codebook_training": CodebookTraining(batch_norm=True, bypass_epochs=1),
        "training": {"patience": 3, "clip_norm": float("inf"), "precision": "float32"},
        "contamination": np.float32(0.2),
        "epochs": np.int64(2),
        "hidden_dims": [8, 4],
        "quantisation": Quantisation(n_codes=8),
    }
    detector = VQVAE(**parameters, random_state=np.random.RandomState(3)).fit(vectors())
    loaded = there_and_back(detector, path)
    found = loaded.get_params()
    assert {name: found[name] for name in parameters} == parameters
    assert [type(found[name]) for name in parameters] == [type(value) for value in parameters.values()]
    np.testing.assert_array_equal(loaded.random_state.random(5), detector.random_state.random(5))


def test_a_pipeline_comes_back(path):
    X = pd.DataFrame(vectors() * 1e6, columns=list("abcdef"))
    pipeline = make_pipeline(StandardScaler(), Autoencoder(epochs=1, scaling=None, random_state=0)).fit(X)
    loaded = there_and_back(pipeline, path)
    np.testing.assert_array_equal(loaded.score_samples(X), pipeline.score_samples(X))


def test_a_detector_of_ones_own_comes_back_once_it_is_defined(path):
    class Mine(Autoencoder):
        pass

    loaded = there_and_back(Mine(epochs=1).fit(vectors()), path)
    assert type(loaded) is Mine


def test_what_was_trained_elsewhere_is_loaded_here(saved):
    content = container.read(saved)
    content.document["model"]["parameters"]["device"] = "cuda:77"  # no machine of ours has so many
    container.write(saved, content)
    loaded = robustgen.load(saved)
    assert loaded.device == "auto"
    assert loaded.score_samples(vectors()).shape == (60,)
    assert robustgen.load(saved, device="cpu").device == "cpu"


def test_the_header_says_what_the_file_is(saved):
    with safe_open(saved, framework="numpy") as file:
        document = json.loads(file.metadata()["document"])
    assert document["model"]["object"] == "robustgen.detectors.autoencoder:Autoencoder"
    assert document["versions"]["robustgen"] == robustgen.__version__
    assert b"pickle" not in saved.read_bytes()


def refused(path) -> str:
    with pytest.raises(UsageError) as caught:
        robustgen.load(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_any_changed_byte_is_refused(saved):
    whole = saved.read_bytes()
    for place in np.random.default_rng(0).integers(len(whole), size=200):
        changed = bytearray(whole)
        changed[place] ^= 1 + place % 255
        saved.write_bytes(changed)
        refused(saved)


@pytest.mark.parametrize("cut", [0, 7, 100, -1])
def test_a_cut_file_is_refused(saved, cut):
    saved.write_bytes(saved.read_bytes()[:cut])
    assert "damaged" in refused(saved)


def test_other_files_are_refused(path):
    path.write_text("a,b\n1,2\n")
    assert "no model of robustgen" in refused(path)
    save_file({"weight": np.ones(3)}, path)
    assert "no model of robustgen" in refused(path)
    with pytest.raises(FileNotFoundError):
        robustgen.load(path.with_name("nowhere"))


@pytest.mark.parametrize(("step", "remedy"), [(-1, "fit the model and save it again"), (1, "upgrade")])
def test_another_format_is_refused(saved, step, remedy):
    written = str(container.FORMAT + step)
    with safe_open(saved, framework="numpy") as file:
        metadata = file.metadata()
    save_file({"x": np.zeros(1)}, saved, metadata | {"format": written})
    assert f"in format {written}, expected format {container.FORMAT}: {remedy}" in refused(saved)


@pytest.mark.parametrize(
    "address",
    [
        "robustgen.detectors.autoencoder:Autoencodr",
        "os:system",
        "subprocess:Popen",
        "robustgen.storage.container:Path",  # in a module of ours, but not declared storable there
        "robustgen.detectors.autoencoder:Any",
        "Autoencoder",
        "",
    ],
)
def test_an_unknown_class_is_refused(saved, address):
    content = container.read(saved)
    content.document["model"]["object"] = address
    container.write(saved, content)
    message = refused(saved)
    assert f"holds the class '{address}'" in message
    assert "did you mean 'robustgen.detectors.autoencoder:Autoencoder'" in message or "codr" not in address
    assert "did you mean" not in message or address.startswith("robustgen.")


@pytest.mark.parametrize("module", ["antigravity", "robustgen.__main__", "robustgen.cli.main", "this"])
def test_a_file_makes_no_module_be_imported_that_declares_no_storable_class(saved, module, monkeypatch):
    monkeypatch.delitem(sys.modules, module, raising=False)
    content = container.read(saved)
    content.document["model"]["object"] = f"{module}:main"
    container.write(saved, content)
    refused(saved)
    assert module not in sys.modules


def test_every_module_that_declares_a_storable_class_is_listed():
    for found in pkgutil.walk_packages(robustgen.__path__, "robustgen."):
        if not found.name.startswith(("robustgen.cli", "robustgen.__main__", "robustgen.peers")):
            importlib.import_module(found.name)
    homes = {address.partition(":")[0] for address in addresses()} - {"robustgen._storable"}  # its doctest
    assert {home for home in homes if home.startswith("robustgen.")} == HOMES


def test_classes_of_one_name_live_beside_each_other(path):
    class Autoencoder(robustgen.Autoencoder):
        pass

    theirs = there_and_back(Autoencoder(epochs=1).fit(vectors()), path)
    ours = there_and_back(robustgen.Autoencoder(epochs=1).fit(vectors()), path)
    assert (type(theirs), type(ours)) == (Autoencoder, robustgen.Autoencoder)


def test_a_class_that_was_defined_anew_is_not_taken_for_the_former_one(path):
    def define():
        class Mine(Autoencoder):
            pass

        return Mine

    former = define()(epochs=1).fit(vectors())
    assert type(there_and_back(define()(epochs=1).fit(vectors()), path)) is not type(former)
    with pytest.raises(UsageError, match="as it was defined last"):
        robustgen.save(former, path)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model["parameters"].update({"no such parameter": 1}),
        lambda model: model["parameters"].update({"epochs": {"no such kind": 1}}),
        lambda model: model["state"].pop("latent_dim_"),
        lambda model: model["state"]["net_"]["module"].popitem(),
    ],
)
def test_a_file_of_another_version_is_refused_where_it_does_not_fit(saved, change):
    content = container.read(saved)
    change(content.document["model"])
    container.write(saved, content)
    assert f"robustgen {robustgen.__version__} wrote it" in refused(saved)


def test_a_class_that_is_not_storable_is_named(path):
    X = np.arange(20).reshape(10, 2) % 3
    pipeline = make_pipeline(OneHotEncoder(sparse_output=False), Autoencoder(epochs=1)).fit(X)
    with pytest.raises(UsageError, match=r"cannot save Pipeline.steps.0.1, which is of type OneHotEncoder"):
        robustgen.save(pipeline, path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"random_state": np.random.default_rng(0)}, r"random_state, which is of type Generator"),
        ({"training": {"patience": 1j}}, r"training.patience, which is of type complex"),
        ({"training": {1: 2}}, r"its key 1 is no text"),
        ({"latent_dim": np.array(["2026"], dtype="M8[Y]")}, r"an array of datetime64"),
    ],
)
def test_a_value_that_a_file_cannot_hold_is_named(change, reason, path):
    detector = Autoencoder(epochs=1).fit(vectors()).set_params(**change)
    with pytest.raises(UsageError, match=reason):
        detector.save(path)
    assert not path.exists()


def test_parameters_that_no_longer_fit_the_net_are_refused(path):
    detector = Autoencoder(epochs=1).fit(vectors()).set_params(hidden_dims=(3,))
    with pytest.raises(UsageError, match="changed after its fit"):
        detector.save(path)


def test_an_unfitted_detector_is_refused(path):
    with pytest.raises(NotFittedError):
        Autoencoder().save(path)


def test_a_calibrated_detector_comes_back(path):
    X = vectors(80)
    conformal = ConformalDetector(Autoencoder(epochs=1, random_state=0), random_state=0).fit(X)
    loaded = there_and_back(conformal, path)
    np.testing.assert_array_equal(loaded.p_values(X), conformal.p_values(X))
    np.testing.assert_array_equal(loaded.outlier_probability(X), conformal.outlier_probability(X))
