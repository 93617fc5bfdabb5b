"""The example of a scoring service answers what score_samples does, without robustgen or torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest

from robustgen import Autoencoder
from tests.detectors.builders import vectors

SERVICE = Path(__file__).parents[2] / "docs" / "examples" / "scoring_service.py"
ALONE = (
    "import sys, runpy; sys.modules |= {'torch': None, 'robustgen': None}; runpy.run_path(sys.argv.pop(1))"
)


@pytest.fixture(scope="module")
def detector():
    return Autoencoder(epochs=2, random_state=0).fit(vectors())


@pytest.fixture
def address(detector, tmp_path):
    detector.to_onnx(tmp_path / "model.onnx")
    command = [sys.executable, "-c", ALONE, str(SERVICE), str(tmp_path / "model.onnx"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
        yield service.stdout.readline().strip()
        service.terminate()


def ask(address: str, rows: object) -> dict[str, object]:
    with urlopen(address, data=json.dumps(rows).encode(), timeout=60) as answer:
        return json.load(answer)


def test_it_answers_the_scores_and_outlives_a_bad_request(address, detector):
    with pytest.raises(HTTPError, match="400"):
        ask(address, [["no number"]])
    scores = ask(address, vectors()[:3].tolist())["scores"]
    np.testing.assert_allclose(scores, detector.score_samples(vectors()[:3]), rtol=1e-5)


def test_it_has_thirty_lines_of_code():
    lines = SERVICE.read_text().partition('"""\n\n')[2].splitlines()
    assert len([line for line in lines if line.strip()]) <= 30
