"""The exported score is the detector's score."""

from __future__ import annotations

import sys
from functools import cache

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.exceptions import NotFittedError

from robustgen import MAW, VQVAE, Autoencoder, RobustDetector
from robustgen._checks import UsageError
from tests.detectors.builders import DETECTORS, colour_images, grey_images, signals, vectors

TOLERANCE = 1e-5  # float32 against float64
WITHOUT_ONNX = "maw, KL, drawn, members"  # its codes need the eigenvectors of a matrix

IN_ONNX = [
    ("autoencoder, members", colour_images),
    ("rsrae, robust, batch norm", vectors),
    ("maw", vectors),
    ("vae, robust", grey_images),
    ("vqvae", vectors),
    ("sqvae", vectors),
    ("rvqvae", vectors),
    ("default", vectors),
    ("default", colour_images),
    ("default", signals),
]
BUILDERS = DETECTORS | {"default": lambda **options: RobustDetector(n_members=2, random_state=0, **options)}


EXPORTED_ANYWAY = {name for name, make in IN_ONNX if make is vectors}  # on their way to ONNX


@pytest.fixture(scope="module", autouse=True)
def _operators_read_once():
    """Let torch read the sources of ONNX's operators for the first export only: that takes a third of one."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry  # seconds, for this module alone

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ONNXRegistry, "from_torchlib", staticmethod(cache(ONNXRegistry.from_torchlib)))
        yield


def close(scores, expected):
    np.testing.assert_allclose(scores, expected, rtol=TOLERANCE, atol=TOLERANCE * np.abs(expected).max())


@pytest.mark.parametrize("make", [vectors, grey_images])
@pytest.mark.parametrize("name", DETECTORS)
def test_the_scoring_function_is_score_samples(name, make):
    X = make()
    detector = DETECTORS[name](epochs=2).fit(X)
    scores = detector.scoring_function()(torch.from_numpy(X.astype(float)))
    assert scores.dtype == torch.float64
    close(scores.numpy(), detector.score_samples(X))


@pytest.mark.parametrize("name", sorted(set(DETECTORS) - EXPORTED_ANYWAY - {WITHOUT_ONNX}))
def test_torch_exports_it_for_any_number_of_rows(name):
    X = vectors()
    detector = DETECTORS[name](epochs=2).fit(X)
    free = ({0: torch.export.Dim("n")},)
    program = torch.export.export(
        detector.scoring_function(), (torch.from_numpy(X[:2]),), dynamic_shapes=free
    )
    close(program.module()(torch.from_numpy(X)).numpy(), detector.score_samples(X))


@pytest.mark.parametrize(("name", "make"), IN_ONNX, ids=[name for name, _ in IN_ONNX])
def test_onnx_runtime_gives_the_scores_of_any_number_of_rows(name, make, tmp_path):
    X = make().astype(float)
    detector = BUILDERS[name](epochs=2).fit(X)
    detector.to_onnx(tmp_path / "model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for rows in (X, X[:1], X[:7]):
        (scores,) = session.run(["score"], {"X": rows})
        close(scores, detector.score_samples(rows))


def test_a_score_that_onnx_cannot_say_is_refused(tmp_path):
    detector = MAW(mixture={"n_draws": 1}, epochs=1, random_state=0).fit(vectors())
    with pytest.raises(UsageError, match="the score of this MAW cannot be written as ONNX"):
        detector.to_onnx(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_missing_packages_are_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(UsageError, match=r"pip install 'robustgen\[onnx\]'"):
        Autoencoder(epochs=1).fit(vectors()).to_onnx(tmp_path / "model.onnx")


def test_an_unfitted_detector_is_refused(tmp_path):
    with pytest.raises(NotFittedError):
        VQVAE().to_onnx(tmp_path / "model.onnx")


def test_the_detector_keeps_its_own_net():
    detector = Autoencoder(epochs=1, random_state=0).fit(vectors())
    expected = detector.score_samples(vectors())
    detector.scoring_function()
    np.testing.assert_array_equal(detector.score_samples(vectors()), expected)
